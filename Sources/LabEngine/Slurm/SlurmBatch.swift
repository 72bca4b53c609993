// SPDX-License-Identifier: Apache-2.0

/// Some runs of one cell that are one job array: everything that a task needs to know, `batch.json` of its folder.
struct SlurmBatch: Sendable, Codable {
    /// Its number in the campaign: the name of its folder.
    var number: Int
    /// The campaign's folder: run folders go there.
    var campaign: String
    /// The scenario as YAML: what its file says by then is not asked.
    var scenario: String
    /// What everything in it was built to, by keys of the shared cache.
    var inputs: RunInputs
    /// The module under test.
    var module: SoakModule
    /// Which accelerator is wanted: each node finds out itself what it can do.
    var accelerator: RunRequest.AcceleratorChoice
    /// The runs, by the task's number.
    var runs: [SlurmRun]
}

/// What a task leaves: whole, or not there.
struct SlurmResult: Sendable, Codable {
    /// Which run it is.
    var run: SlurmRun
    /// The node that it ran on.
    var node: String
    /// What it came to.
    var report: RunReport
}
