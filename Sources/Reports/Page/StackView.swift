// SPDX-License-Identifier: Apache-2.0

import Evidence
import LabEngine

/// The decoded stack of a finding, as the page of a run shows it: a line a function, the innermost first, those that the
/// compiler inlined included, with the source around each place that can be found.
struct StackView {
    /// Functions whose source is unfolded at once; the others unfold at a touch.
    private static let open = 3

    private let finding: Finding
    private let sources: [String: StoredRun.Source]
    private var unfolded = 0
    /// The functions.
    private(set) var frames: [RunPage.Frame] = []

    /// The stack, as much of it as there is room for.
    init(_ finding: Finding, _ sources: [String: StoredRun.Source], _ room: inout PageAllowance) {
        (self.finding, self.sources) = (finding, sources)
        for frame in finding.frames {
            for call in frame.inlined {
                add(call.function, "", call.location, "inlined", frame, &room)
            }
            add(
                frame.function, Self.symbol(frame), frame.location, frame.isReliable ? nil : "a guess", frame,
                &room)
        }
    }

    private mutating func add(
        _ name: String, _ symbol: String, _ place: String?, _ remark: String?, _ frame: StackFrame,
        _ room: inout PageAllowance
    ) {
        guard let name = room.take(name, limit: 512, markup: 220), let symbol = room.take(symbol, limit: 512)
        else {
            return
        }
        var remark = remark
        var code: [RunPage.SourceLine] = []
        if let place, place == finding.location {
            remark = [remark, "the line above"].compactMap(\.self).joined(separator: ", ")
        } else if let source = place.flatMap({ sources[$0] }) {
            code = RunPage.sourceLines(source, &room)
        }
        let isOpen = !code.isEmpty && unfolded < Self.open
        if isOpen { unfolded += 1 }
        frames.append(
            .init(
                name: name, symbol: symbol, place: place.flatMap { room.take($0, limit: 1024) },
                remark: remark,
                kind: !frame.isReliable ? "guess" : frame.module == nil ? "kernel" : "module", code: code,
                hasCode: !code.isEmpty, isOpen: isOpen))
    }

    private static func symbol(_ frame: StackFrame) -> String {
        let suffix =
            frame.symbol.hasPrefix(frame.function) ? String(frame.symbol.dropFirst(frame.function.count)) : ""
        let offset = frame.offset.map { "+0x" + String($0, radix: 16) } ?? ""
        let size = frame.offset == nil ? "" : frame.size.map { "/0x" + String($0, radix: 16) } ?? ""
        return suffix + offset + size + (frame.module.map { " [\($0)]" } ?? "")
    }
}
