// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import LabEngine
import Synchronization

/// A campaign as it goes on: server-sent events (WHATWG HTML, 9.2), one with each change.
struct Events {
    private static let interval = Duration.seconds(1)
    /// So often something is written, whatever happens: only then a listener who is gone is noticed.
    private static let heartbeat = 5
    /// Listeners look so much more rarely than looking takes: a tenth of one CPU at most is theirs.
    private static let patience = 10.0
    static let listeners = 32

    private let board: Board
    private let seats: Seats

    init(_ board: Board, seats: Int = listeners) {
        self.board = board
        self.seats = Seats(seats)
    }

    var endpoint: Endpoint {
        Endpoint(
            path: "/api/events", query: [.campaign],
            description: .init(
                operation: "events",
                summary: "A campaign as it goes on: an event \"standing\" now and with each change.",
                mediaType: "text/event-stream", schema: .text),
            answer: { call in
                let campaign = call.query[.campaign] ?? ""
                // Before the answer begins: afterwards nobody can be told that there is none.
                _ = try await Offload.run { [board] in try board.campaign(campaign) }
                guard let seat = seats.take() else {
                    throw Problem(
                        status: .serviceUnavailable, detail: "\(Self.listeners) listen already.",
                        headers: [.retryAfter: "30"])
                }
                return Response(
                    status: .ok, headers: [.contentType: "text/event-stream"],
                    body: .init { [board] writer in
                        defer { withExtendedLifetime(seat) {} }
                        try await Self.follow(campaign, board, &writer)
                        try await writer.finish(nil)
                    })
            })
    }

    private static func follow(
        _ campaign: String, _ board: Board, _ writer: inout any ResponseBodyWriter
    ) async throws {
        var last: StandingEvent?
        var silence = 0
        try await writer.write(ByteBuffer(string: "retry: 3000\n\n"))
        while !Task.isCancelled {
            let now = try await Offload.run {
                StandingEvent(try board.snapshot(campaign, patience: patience))
            }
            if now != last {
                let json = try now.contractJSON(pretty: false)
                try await writer.write(ByteBuffer(string: "event: standing\ndata: \(json)\n\n"))
                (last, silence) = (now, 0)
            } else if silence >= heartbeat {
                try await writer.write(ByteBuffer(string: ": nothing new\n\n"))
                silence = 0
            }
            silence += 1
            try await Task.sleep(for: interval)
        }
    }
}

/// How many listen. Each has a connection of its own.
private final class Seats: Sendable {
    /// One of them, given back with the last who holds it.
    final class Seat: Sendable {
        private let seats: Seats
        init(_ seats: Seats) { self.seats = seats }
        deinit { seats.free.add(1, ordering: .relaxed) }
    }

    private let free: Atomic<Int>

    init(_ count: Int) { free = Atomic(count) }

    func take() -> Seat? {
        if free.subtract(1, ordering: .relaxed).oldValue > 0 { return Seat(self) }
        free.add(1, ordering: .relaxed)
        return nil
    }
}
