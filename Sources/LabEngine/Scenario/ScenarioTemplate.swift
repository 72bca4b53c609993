// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage

/// A scenario file to begin with.
public struct ScenarioTemplate: Sendable {
    private static let schemaComment = "# yaml-language-server: $schema="

    private let library: ScenarioLibrary

    /// Templates from a checkout's scenarios.
    public init(library: ScenarioLibrary) { self.library = library }

    /// Writes the file of a new scenario, which can be run as it is.
    ///
    /// - Parameters:
    ///   - nameOrPath: Its name, for a file of that name in the current folder, or the file's path.
    ///   - origin: The scenario that it begins as a copy of; nil: one with a comment on everything.
    /// - Returns: The file's path.
    /// - Throws: ``LabError`` when there is such a file already, or it cannot be written.
    public func write(_ nameOrPath: String, from origin: String?) throws -> FilePath {
        let path = FilePath(ScenarioLibrary.isPath(nameOrPath) ? nameOrPath : "\(nameOrPath).yaml")
        let name = path.stem ?? nameOrPath
        guard !name.isEmpty, name.unicodeScalars.allSatisfy(Self.isNameCharacter) else {
            throw LabError(
                .badInput, "\"\(name)\" is no name for a scenario.",
                remedy: "Use letters, digits, dashes and underscores.")
        }
        let text = try origin.map { try copy(of: $0, name: name) } ?? Self.commented(name)
        let schema = Self.schemaComment + library.schemaPath.string + "\n"
        do {
            // Never over what somebody wrote.
            try Data((schema + text).utf8).write(
                to: URL(fileURLWithPath: path.string), options: [.withoutOverwriting])
        } catch CocoaError.fileWriteFileExists {
            throw LabError(
                .badInput, "\(path) is there already.", remedy: "Choose another name, or remove it first.")
        } catch {
            throw LabError(.badInput, "\(path) cannot be written: \(error.localizedDescription)")
        }
        return path
    }

    private static func isNameCharacter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-"
                || scalar == "_")
    }

    /// The text of a scenario with another name, and without its own schema. Files that ride along keep their places.
    private func copy(of origin: String, name: String) throws -> String {
        let scenario = try library.scenario(origin)
        let lines = try library.text(of: origin).split(separator: "\n", omittingEmptySubsequences: false)
        var text = lines.filter { !$0.hasPrefix(Self.schemaComment) }.map { line in
            line.hasPrefix("name:") ? "name: \(name)" : String(line)
        }.joined(separator: "\n")
        let written = try Scenario(yaml: text, file: origin)
        guard written.name == name, written.carried.isEmpty else {
            // The file is in another form than usual: its meaning is kept, its comments are not.
            var copy = scenario
            copy.name = name
            text = try copy.yaml()
            return text
        }
        return text
    }

    private static func commented(_ name: String) -> String {
        """
        # A scenario: what to do in a guest, and what must hold. Run it with
        #     pacctlab run \(name).yaml                    the module kmod/pacct_energy on the usual kernel
        #     pacctlab run \(name).yaml --variant debug    on a kernel that checks everything
        # and check it without running it with
        #     pacctlab scenario check \(name).yaml
        name: \(name)
        description: Load the module, give it some work, unload it.
        # Words to select it by, as in "pacctlab suite --tag quick".
        tags: [mine]
        # Where it makes sense, if not everywhere:
        # variants: [release, debug]
        # min_cpus: 2
        # Programs and data of yours, relative to this file; "run" finds programs by their names, and all are in /job.
        # carry: [./my-program, data.txt]
        # Look every second at numbers that must not grow with the tasks that come and go: slab objects, perf events, ...
        # sample: 1s

        # What is done, in this order. A step that fails ends the run, but for unloads, which are always done.
        steps:
          - load: module
            # As for insmod. Ten lines of log for each process would be too many here.
            parameters: log_records=0
          - name: a line of shell
            run: for i in 1 2 3 4 5; do echo $i | sha1sum > /dev/null; done
            # How long it may take by the guest's clock; 60s if nothing is said.
            limit: 30s
          - name: processes that come and go
            # A load of the agent's: the same seed does the same. Others: \(workloads)
            workload: fork-storm
            count: 50
            tasks: 4
          # At the same time; what is in the background lasts as long as the others.
          - together:
              - run: stress-ng --cpu 1 --quiet
                background: true
              - wait: 500ms
          # Something that must be so: a file's content, or the kernel log's.
          - check: log
            lacks: "something bad"
          # Over and over. An error that is allowed is no failure.
          # - repeat: 10
          #   steps:
          #     - load: module
          #       allow: [ENOMEM]
          #     - unload: module
          # While allocations fail (on the variants debug, kcsan and rt), or while nobody reads the module's records:
          # - fault: failslab
          #   probability: 10
          #   steps: [{ wait: 1s }]
          # - suspend: records
          #   steps: [{ wait: 1s }]
          - unload: module

        # What must hold besides: that no step failed and the kernel did not complain is a matter of course.
        expect:
          records: 50
          # Bounds of energy in microjoules:
          # energy: { total: { at_most: 5000000 }, processes: { stress-ng-cpu: { at_least: 1 } } }
          # A bug that is known: the run passes with just this finding.
          # finding: { class: null_deref, function: my_hook }
          # A judge that is not asked, which the report then says:
          # judges: { residue: off }

        """
    }

    private static var workloads: String {
        "exec-chain, threads, vfork, ping-pong, page-faults, signals, timers ..."
    }
}
