// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import Artifacts

struct ArtifactStoreTests {
    let folder: TemporaryFolder
    let store: ArtifactStore
    let builds = Locked(0)

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.store()
    }

    private func key(_ value: String = "a") async throws -> ArtifactKey {
        try ArtifactKey([("content", value)])
    }

    @discardableResult
    private func artifact(
        _ value: String = "a", kind: String = "thing", pause: Duration = .zero,
        progress: BuildProgress = .silent
    ) async throws -> Artifact {
        try await store.artifact(
            kind: kind, key: try await key(value), inputsDescription: "thing \(value)", progress: progress
        ) { work in
            builds.update { $0 += 1 }
            try await Task.sleep(for: pause)
            try Files.write(value, to: work.appending("content"))
        }
    }

    private func expectNothing(_ location: SourceLocation = #_sourceLocation) async throws {
        let isThere = store.contains(kind: "thing", key: try await key())
        #expect(try work.isEmpty && !isThere, sourceLocation: location)
    }

    private var work: [String] { get throws { try Files.names(in: store.root.appending("work")) } }

    @Test func whatIsThereIsNotBuiltAgain() async throws {
        let first = try await artifact()
        let second = try await artifact()
        #expect(first.wasBuilt && !second.wasBuilt && builds.value == 1 && first.path == second.path)
        #expect(try Files.text(second.path.appending("content")) == "a")
        #expect(second.manifest.description == "thing a" && second.manifest.inputs.first?.value == "a")
        #expect(second.manifest.bytes > 0 && second.manifest.buildSeconds >= 0)
        #expect(try await artifact("b").path != first.path)
        #expect(try work.isEmpty)
    }

    @Test func keysTellInputsApart() async throws {
        let keys = [
            try ArtifactKey([("a", "b"), ("c", "d")]), try ArtifactKey([("a", "b=1:c=1:d")]),
            try ArtifactKey([("c", "d"), ("a", "b")]), try ArtifactKey([("a", "b\n1:c=1:d")]),
            try ArtifactKey([("ab", ""), ("c", "d")]), try ArtifactKey([]),
        ]
        #expect(Set(keys.map(\.hash)).count == keys.count)
        #expect(keys.allSatisfy { $0.hash.count == 32 })
        #expect(try ArtifactKey([("a", "b"), ("c", "d")]).hash == keys[0].hash)
    }

    @Test func tasksThatAskAtOnceBuildOnce() async throws {
        let events = Events()
        let paths = try await withThrowingTaskGroup(of: Artifact.self) { group in
            for _ in 0..<8 {
                group.addTask { try await artifact(pause: .seconds(2), progress: events.progress) }
            }
            var found: [Artifact] = []
            for try await one in group { found.append(one) }
            return found
        }
        #expect(builds.value == 1 && Set(paths.map(\.path)).count == 1)
        #expect(paths.filter(\.wasBuilt).count == 1)
        #expect(events.lines.contains { $0.contains("(process \(getpid()))") && $0.contains("thing a") })
    }

    @Test func aFailedBuildLeavesNothing() async throws {
        struct Broken: Error {}
        await #expect(throws: Broken.self) {
            try await store.artifact(kind: "thing", key: key(), inputsDescription: "x") { work in
                try Files.write("half", to: work.appending("content"))
                throw Broken()
            }
        }
        try await expectNothing()
        #expect(try await artifact().wasBuilt)
    }

    @Test func aCancelledBuildLeavesNothing() async throws {
        let task = Task { try await artifact(pause: .seconds(1000)) }
        #expect(await Processes.holds { builds.value == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await expectNothing()
    }

    /// Who waits for another's build gives up at once when cancelled.
    @Test func aCancelledWaiterStopsWaiting() async throws {
        let builder = Task { try await artifact(pause: .seconds(1000)) }
        #expect(await Processes.holds { builds.value == 1 })
        let waiter = Task { try await artifact() }
        try await Task.sleep(for: .milliseconds(100))
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        builder.cancel()
        _ = await builder.result
    }

    @Test(arguments: ["", "{", "null", "{\"format\": 2}"])
    func aManifestThatIsDamagedIsNotBelieved(_ text: String) async throws {
        let path = try await artifact().path
        try Files.write(text, to: path.appending(ArtifactManifest.name))
        try Files.write("stale", to: path.appending("stale"))
        let again = try await artifact()
        #expect(again.wasBuilt && !Files.exists(again.path.appending("stale")))
    }

    /// A folder that was copied to another's place, or a file named as one.
    @Test func anotherArtifactsManifestIsNotBelieved() async throws {
        let (one, two) = (try await artifact("a").path, try await artifact("b").path)
        try Files.remove(two)
        try Files.rename(one, to: two)
        #expect(try Files.text(try await artifact("b").path.appending("content")) == "b")
    }

    @Test func whatKilledBuildsLeftIsSweptAndLivingOnesAreNot() async throws {
        let work = store.root.appending("work")
        let left = work.appending("thing-0123-99999-abc")
        try Files.createDirectory(left.appending("deep"))
        try Files.write("x", to: left.appending("deep/file"))
        let builder = Task { try await artifact(pause: .seconds(1000)) }
        #expect(await Processes.holds { builds.value == 1 })
        _ = try folder.store()
        let names = try Files.names(in: work)
        #expect(names.count == 1 && names.first?.contains("-\(getpid())-") == true)
        builder.cancel()
        _ = await builder.result
    }
}

struct ArtifactStorePruneTests {
    let folder: TemporaryFolder
    let store: ArtifactStore

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.store()
    }

    private func artifact(_ value: String, kind: String = "thing") async throws -> Artifact {
        try await store.artifact(
            kind: kind, key: try ArtifactKey([("content", value)]), inputsDescription: value
        ) { try Files.write(value, to: $0.appending("content")) }
    }

    /// Sets when an artifact was last used, in seconds before now.
    private func age(_ path: FilePath, _ seconds: Int) {
        var times = [timespec(), timespec()]
        let then = time(nil) - seconds
        times = times.map { _ in timespec(tv_sec: then, tv_nsec: 0) }
        utimensat(AT_FDCWD, path.appending(ArtifactManifest.name).string, times, 0)
    }

    @Test func theListNamesEverythingLastUsedFirst() async throws {
        for (value, days) in [("old", 9), ("older", 19), ("new", 0)] {
            age(try await artifact(value).path, days * 86400)
        }
        _ = try await artifact("k", kind: "kernel")
        try folder.write("x", to: "cache/trees/module-1/src/a.c")
        try folder.write("half", to: "cache/downloads/abc")
        try folder.write("cc", to: "cache/ccache/0/1")
        // Not the store's: what the host can do, a folder without a manifest.
        try folder.write("{}", to: "cache/probe.json")
        try folder.write("x", to: "cache/thing/0123/content")
        let list = try store.list()
        #expect(Set(list.map(\.kind)) == ["thing", "kernel", "tree", "download", "ccache"])
        #expect(list.filter { $0.kind == "thing" }.map(\.description) == ["new", "old", "older"])
        #expect(list.count == 7 && list.allSatisfy { $0.bytes > 0 })
        #expect(list.map(\.lastUsed) == list.map(\.lastUsed).sorted(by: >))
    }

    @Test func useIsRemembered() async throws {
        let path = try await artifact("a").path
        age(path, 86400 * 30)
        _ = try await artifact("a")
        #expect(try store.prune(.olderThan(.seconds(86400))).removed.isEmpty)
    }

    @Test func everyPolicyTakesWhatItSays() async throws {
        for (value, days) in [("a", 1), ("b", 3), ("c", 5)] {
            age(try await artifact(value).path, days * 86400)
            age(try await artifact(value, kind: "kernel").path, days * 86400)
        }
        let old = try store.prune(.olderThan(.seconds(4 * 86400)))
        #expect(old.removed.map(\.description) == ["c", "c"] && old.bytesFreed > 0)
        #expect(try store.prune(.keepNewest(1)).removed.map(\.description) == ["b", "b"])
        #expect(try store.list().map(\.description) == ["a", "a"])
        #expect(try store.prune(.keepNewest(0)).removed.count == 2)
        _ = try await artifact("d")
        #expect(try store.prune(.all).removed.count == 1)
        #expect(try store.list().isEmpty)
    }

    @Test func whatIsInUseStays() async throws {
        var used: Artifact? = try await artifact("used")
        _ = try await artifact("idle")
        let tree = try await store.tree(named: "t", purpose: "t", progress: .silent)
        let report = try store.prune(.all)
        #expect(report.removed.map(\.description) == ["idle"])
        #expect(Set(report.inUse.map(\.kind)) == ["thing", "tree"])
        #expect(Files.exists(try #require(used).path.appending("content")) && Files.exists(tree.path))
        // A copy of the value is as good as the value.
        var copy = used
        used = nil
        #expect(try store.prune(.all).removed.isEmpty && copy != nil)
        copy = nil
        #expect(try store.prune(.all).removed.map(\.description) == ["used"])
        withExtendedLifetime(tree) {}
    }

    @Test func pruningTakesWhatWasHalfDone() async throws {
        try folder.write("half", to: "cache/downloads/abc")
        try folder.write("cc", to: "cache/ccache/0/1")
        try folder.write("x", to: "cache/work/thing-0-1-2/x")
        #expect(try store.prune(.all).removed.map(\.kind).sorted() == ["ccache", "download"])
        for name in ["downloads", "work"] {
            #expect(try Files.names(in: store.root.appending(name)).isEmpty)
        }
        #expect(!Files.exists(store.root.appending("ccache")))
    }

    @Test func numbersAreRemembered() {
        #expect(store.estimate("steps", default: 12) == 12)
        store.remember(99, as: "steps")
        #expect(store.estimate("steps", default: 12) == 99)
    }

    @Test(arguments: ["", "x", "-5", "999999999999999999999999"])
    func aDamagedNumberIsNotBelieved(_ text: String) throws {
        try folder.write(text, to: "cache/estimates/steps")
        #expect(store.estimate("steps", default: 12) == 12)
    }
}

/// Build folders that live on from one build to the next.
struct BuildTreeTests {
    let folder: TemporaryFolder
    let store: ArtifactStore

    init() throws {
        folder = try TemporaryFolder()
        store = try folder.store()
    }

    private func tree() async throws -> BuildTree {
        try await store.tree(named: "t", purpose: "test", progress: .silent)
    }

    private func use(settle: Bool) async throws {
        let tree = try await tree()
        try Files.write("object", to: tree.path.appending("a.o"))
        if settle { try tree.settle() }
    }

    @Test func whatWasLeftInOrderIsUsedAgain() async throws {
        try await use(settle: true)
        let tree = try await tree()
        #expect(!tree.isFresh && Files.exists(tree.path.appending("a.o")))
    }

    @Test func whatWasNotLeftInOrderIsGone() async throws {
        try await use(settle: false)
        #expect(try await tree().isFresh)
        // Using it takes the mark away, so that a crash is noticed also the second time.
        try await use(settle: true)
        _ = try await tree()
        let tree = try await tree()
        #expect(tree.isFresh && !Files.exists(tree.path.appending("a.o")))
    }

    @Test func aMarkFromTheFutureIsNotBelieved() async throws {
        try await use(settle: true)
        let future = [timespec](repeating: timespec(tv_sec: time(nil) + 3600, tv_nsec: 0), count: 2)
        utimensat(AT_FDCWD, store.treePath("t").appending("settled").string, future, 0)
        #expect(try await tree().isFresh)
    }

    @Test func oneAtATime() async throws {
        let inside = Locked(0)
        let most = Locked(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    let tree = try await tree()
                    let now = inside.update { count in
                        count += 1
                        return count
                    }
                    most.update { $0 = max($0, now) }
                    try await Task.sleep(for: .milliseconds(20))
                    inside.update { $0 -= 1 }
                    withExtendedLifetime(tree) {}
                }
            }
            try await group.waitForAll()
        }
        #expect(most.value == 1)
    }
}
