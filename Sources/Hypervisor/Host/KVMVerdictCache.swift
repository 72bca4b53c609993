// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// Keeps a verdict for as long as nothing that it depends on has changed: this boot of the host,
/// QEMU, and what the host says about KVM.
struct KVMVerdictCache {
    struct Key: Codable, Equatable {
        var bootID: String
        var emulator: String
        var version: String
        var user: UInt32
        var host: KVMProbe.Host
    }

    private struct Entry: Codable {
        var key: Key
        var verdict: KVMVerdict
    }

    let path: FilePath

    init(cacheDirectory: FilePath) { path = cacheDirectory.appending("kvm.json") }

    /// The verdict for the key, if it is the one that is kept.
    func verdict(for key: Key) -> KVMVerdict? {
        guard let bytes = SmallFile.read(path.string),
            let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes)), entry.key == key
        else { return nil }
        return entry.verdict
    }

    /// Keeps a verdict. Nothing depends on it: the next probe only takes longer.
    func keep(_ verdict: KVMVerdict, for key: Key) {
        guard let data = try? JSONEncoder().encode(Entry(key: key, verdict: verdict)) else { return }
        FileSystem.makeFolders(path.removingLastComponent())
        // "atomic" writes beside it and renames.
        try? data.write(to: URL(filePath: path.string), options: .atomic)
    }
}
