// SPDX-License-Identifier: Apache-2.0

import LabEngine

/// ``LabEngine/SoakStanding`` as `pacctlab soak status --json` prints it, too, for the API's document.
extension JSONValue {
    private static let rate: JSONValue = .record([
        "hits": .count, "tries": .count, "share": .real, "low": .real, "high": .real,
    ])

    /// A bug.
    static let signature: JSONValue = .record(
        [
            "signature": .text, "title": .text, "runs": .count, "first": .seconds, "last": .seconds,
            "evidence": .text, "cells": .list(.text), "seeds": .list(.whole), "rate": rate,
            "kind": .oneOf(["deterministic", "flaky", "open"]),
            "trend": .oneOf(["rising", "falling", "steady"]),
        ], optional: ["location": .text])

    private static let cell: JSONValue = .record([
        "name": .text, "variant": .text, "passed": .count, "failed": .count, "inconclusive": .count,
        "clean_runs_needed": .count, "rate": rate,
    ])

    private static let trend: JSONValue = .record(
        [
            "cell": .text, "series": .text, "unit": .text, "runs": .count, "forks": .count, "slope": .real,
            "mean": .real, "verdict": .oneOf(["passed", "failed", "inconclusive"]),
        ], optional: ["low": .real, "high": .real, "mean_low": .real, "mean_high": .real])

    private static let change: JSONValue = .record([
        "version": .text, "before": .text, "first": .seconds, "runs_before": .count, "runs_after": .count,
        "items": .list(
            .record([
                "what": .text, "unit": .text, "before": .real, "after": .real, "low": .real, "high": .real,
                "answer": .oneOf(["better", "worse", "same"]),
            ])),
    ])

    /// How a campaign stands. It is open: what is said of a campaign grows.
    static let standing: JSONValue = .record(
        [
            "campaign": .text, "state": .oneOf(["running", "paused", "stopping", "ended"]), "is_alive": .flag,
            "module": .text, "target": .real, "directory": .text, "other_versions": .count,
            "run_seconds": .seconds, "cells": .list(cell), "signatures": .list(signature),
            "trends": .list(trend), "changes": .list(change),
        ], optional: ["reason": .text], isOpen: true)
}
