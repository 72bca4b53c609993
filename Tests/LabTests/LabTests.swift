// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Everything that boots guests. As many tests at once as there are cores: a guest without KVM takes a whole one.
@Suite("Guests", .roomForGuests)
enum LabTests {}

/// Makes a test wait until there is room for its guests.
struct RoomForGuests: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        let isAlone = test.traits.contains { $0 is WholeMachine }
        let room = isAlone ? GuestRoom.cores : 1
        await GuestRoom.shared.enter(room)
        do {
            try await function()
            await GuestRoom.shared.leave(room)
        } catch {
            await GuestRoom.shared.leave(room)
            throw error
        }
    }
}

/// For tests that run several guests themselves.
struct WholeMachine: SuiteTrait, TestTrait {
    let isRecursive = true
}

extension Trait where Self == RoomForGuests {
    static var roomForGuests: Self { Self() }
}

extension Trait where Self == WholeMachine {
    static var wholeMachine: Self { Self() }
}

/// Room for as many guests as there are cores. Who came first is let in first: a test that wants all of it must not
/// wait for ever.
private actor GuestRoom {
    static let shared = GuestRoom()
    static let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)

    private var free = cores
    private var waiting: [(room: Int, enter: CheckedContinuation<Void, Never>)] = []

    func enter(_ room: Int) async {
        if waiting.isEmpty, room <= free {
            free -= room
            return
        }
        await withCheckedContinuation { waiting.append((room, $0)) }
    }

    func leave(_ room: Int) {
        free += room
        while let next = waiting.first, next.room <= free {
            free -= next.room
            waiting.removeFirst().enter.resume()
        }
    }
}
