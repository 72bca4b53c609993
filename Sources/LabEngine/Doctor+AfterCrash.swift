// SPDX-License-Identifier: Apache-2.0

import Artifacts

extension DoctorReport {
    /// What reading and keeping memory dumps takes. Without it runs come to the same verdicts, with less to go on.
    static func afterCrash(_ store: ArtifactStore) async -> [Check] {
        var checks = [await drgn(store)]
        checks.append(
            optional(
                "zstd", without: "memory dumps are compressed with gzip, which takes ten times as long",
                fix: "apt install zstd"))
        checks.append(
            optional(
                "gdb", without: "pacctlab debug has drgn only, --gdb does not work", fix: "apt install gdb"))
        return checks
    }

    private static func drgn(_ store: ArtifactStore) async -> Check {
        let name = "drgn"
        if await DrgnBuilder(store: store).isBuilt() {
            return Check(
                name: name, status: .ok, detail: "\(DrgnBuilder.version), in the cache", fix: nil)
        }
        guard HostProgram.find("python3") != nil else {
            return Check(
                name: name, status: .limited,
                detail: "not installed, and there is no python3: memory dumps are kept and not read",
                fix: "apt install python3-venv && pacctlab build drgn")
        }
        return Check(
            name: name, status: .limited,
            detail: "not installed yet: the first crash tries to, from the index that pip is configured with",
            fix: "pacctlab build drgn (it needs python3-venv)")
    }

    private static func optional(_ program: String, without: String, fix: String) -> Check {
        let path = HostProgram.find(program)
        return Check(
            name: program, status: path == nil ? .limited : .ok,
            detail: path.map { "\($0)" } ?? "not installed; \(without)", fix: path == nil ? fix : nil)
    }
}
