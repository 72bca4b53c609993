// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Hypervisor
import Logging
import SystemPackage

/// The lab: a checkout, a cache and a hypervisor, ready to run scenarios.
public struct Lab: Sendable {
    /// The checkout.
    public let home: LabHome
    private let store: ArtifactStore
    /// A hypervisor that cannot be opened makes every run inconclusive; it is no reason to end without a report.
    private let hypervisor: Result<Hypervisor, LabError>
    private let progress: BuildProgress
    let paths: LabPaths
    private let onCompleted: (@Sendable (RunReport) throws -> Void)?

    /// How to open a lab.
    public struct Configuration: Sendable {
        /// Places on the host.
        public var paths = LabPaths()
        /// The libvirt connection; nil: the embedded driver.
        public var connection: String?
        /// Who watches over the guests should pacctlab be killed.
        public var guardian: Guardian.Launch = .reexecute
        /// Told what is being done.
        public var progress = BuildProgress.silent
        /// Told of every run that is over, when its folder is whole: writes its page. What it throws is why the run is no
        /// pass.
        public var onCompleted: (@Sendable (RunReport) throws -> Void)?
        /// Where libvirt's and our own messages go.
        public var logger = Logger(label: "pacctlab")

        /// Everything at its default.
        public init() {}
    }

    /// Opens a lab, does `work` in it, and takes every guest down, whatever happens.
    ///
    /// - Throws: `ArtifactError` when there is no checkout or no cache; what `work` throws.
    public static func with<Output: Sendable>(
        _ configuration: Configuration, _ work: (Lab) async throws -> Output
    ) async throws -> Output {
        let home = try LabHome.find()
        let store = try ArtifactStore(paths: configuration.paths)
        let hypervisor = await open(configuration)
        let lab = Lab(
            home: home, store: store, hypervisor: hypervisor, progress: configuration.progress,
            paths: configuration.paths, onCompleted: configuration.onCompleted)
        do {
            let output = try await work(lab)
            await lab.close()
            return output
        } catch {
            await lab.close()
            throw error
        }
    }

    private static func open(_ configuration: Configuration) async -> Result<Hypervisor, LabError> {
        do {
            return .success(
                try await Hypervisor.open(
                    Hypervisor.Configuration(
                        uri: configuration.connection, cacheDirectory: configuration.paths.cache,
                        guardian: configuration.guardian, logger: configuration.logger)))
        } catch {
            return .failure(LabError(.trouble, "The hypervisor cannot be used: \(error)"))
        }
    }

    private func close() async {
        if case .success(let hypervisor) = hypervisor { await hypervisor.close() }
    }

    /// Runs a scenario to its verdict. Trouble of the lab is a verdict too: inconclusive.
    ///
    /// - Parameters:
    ///   - progress: Told what is being done; nil: as the lab was opened.
    ///   - prepared: What ``prepareRuns(_:_:)`` made for this scenario and a request that differs in the seed at most;
    ///     nil: made for this run.
    ///   - spares: Has a guest ready, perhaps.
    /// - Throws: ``LabError``, ``ScenarioError`` or `ArtifactError` when what was asked for makes no sense.
    public func run(
        _ scenario: Scenario, _ request: RunRequest, progress: BuildProgress? = nil,
        prepared: PreparedRuns? = nil, spares: SpareGuests? = nil
    ) async throws -> CompletedRun {
        var driver = RunDriver(
            home: home, store: store, opened: hypervisor, progress: progress ?? self.progress)
        driver.prepared = prepared
        driver.spares = spares
        return try await driver.run(scenario, request).told(to: onCompleted)
    }

    /// A run that could not even be begun: inconclusive, with a folder that says why.
    ///
    /// - Throws: ``LabError`` when the folder cannot be made.
    func notRun(_ scenario: Scenario, _ request: RunRequest, reason: String) throws -> RunReport {
        let folder = try RunFolder(
            results: request.results, scenario: scenario.name, variant: request.kernel.variant,
            seed: request.seed)
        return try RunDraft(scenario: scenario, request: request, folder: folder).inconclusive(reason)
            .told(to: onCompleted).report
    }

    /// Guests that are restored ahead of their runs; nil without a hypervisor. To be closed.
    public func spareGuests() -> SpareGuests? {
        (try? hypervisor.get()).map { SpareGuests(hypervisor: $0) }
    }

    /// Builds everything that runs of the scenario share, and saves the guest that they are restored from, so that
    /// each of them costs no more than itself.
    ///
    /// - Throws: As ``run(_:_:progress:prepared:)``, and also where a run would be inconclusive or fail.
    public func prepareRuns(_ scenario: Scenario, _ request: RunRequest) async throws -> PreparedRuns {
        try await RunDriver(home: home, store: store, opened: hypervisor, progress: progress)
            .prepare(scenario, request)
    }

    /// Builds everything that runs on other machines share, and saves the guest that they are restored from: in the
    /// cache, which they have as well.
    ///
    /// - Throws: As ``prepareRuns(_:_:)``.
    func prepareElsewhere(_ scenario: Scenario, _ request: RunRequest) async throws -> PreparedRuns {
        try await RunDriver(home: home, store: store, opened: hypervisor, progress: progress)
            .prepareElsewhere(scenario, request)
    }

    /// Finds in the cache what another machine has made for the scenario's runs.
    ///
    /// - Throws: ``LabError`` when something is not there.
    func prepared(
        as inputs: RunInputs, _ scenario: Scenario, _ request: RunRequest
    ) async throws -> PreparedRuns {
        try await RunDriver(home: home, store: store, opened: hypervisor, progress: progress)
            .prepared(as: inputs, scenario, request)
    }

    /// Does a past run again, with the very same inputs, and compares.
    ///
    /// - Parameter results: Where the second run's folder goes.
    /// - Throws: ``LabError`` when it cannot be done again as it was.
    public func replay(_ past: PastRun, results: FilePath) async throws -> ReplayReport {
        let request = past.request(results: results)
        var driver = RunDriver(home: home, store: store, opened: hypervisor, progress: progress)
        driver.prepared = try await driver.prepared(like: past, request)
        return ReplayReport(
            past, try await driver.run(past.scenario, request).told(to: onCompleted).report)
    }

    /// Does a past run again with gdb on the guest, on this process's terminal, and returns when gdb has ended.
    ///
    /// - Parameters:
    ///   - moment: Where gdb stops first.
    ///   - commands: For gdb once it is there; with any, there is no prompt.
    ///   - whenTerminalIsTaken: Called when gdb takes the terminal, and when it gives it back.
    /// - Returns: gdb's exit status, and whether what the guest did up to its end was what the past run did.
    /// - Throws: ``LabError`` when it cannot be done again as it was.
    public func debug(
        _ past: PastRun, at moment: ReplayMoment, commands: [String],
        whenTerminalIsTaken: @escaping @Sendable (Bool) -> Void
    ) async throws -> DebuggedReplay {
        let driver = RunDriver(home: home, store: store, opened: hypervisor, progress: progress)
        return try await LiveReplay(
            driver: driver, past: past, moment: moment, commands: commands,
            whenTerminalIsTaken: whenTerminalIsTaken
        ).run()
    }

    /// Builds everything that a run needs, or finds it in the cache, and boots nothing.
    public func prepare(_ scenario: Scenario, _ request: RunRequest) async throws {
        _ = try await Preparation(home: home, store: store, progress: progress)
            .materials(for: scenario, request: request, provenance: .simulated)
    }

    /// Opens a shell in a guest, on this process's terminal, and returns when it has ended.
    ///
    /// - Parameter whenConnected: Called when the terminal becomes the guest's, which still has to boot.
    /// - Returns: The last lines of the guest's console when it crashed; nil when the shell was left.
    /// - Throws: As ``run(_:_:)``, and also where a run would be inconclusive.
    public func shell(
        _ request: RunRequest, loadingModule: Bool, window: TerminalWindow,
        whenConnected: @escaping @Sendable () -> Void
    ) async throws -> [String]? {
        let driver = RunDriver(home: home, store: store, opened: hypervisor, progress: progress)
        let shell = GuestShell(
            driver: driver, request: request, loadsModule: loadingModule, whenConnected: whenConnected)
        guard case .crashed(let lines) = try await shell.run(window) else { return nil }
        return lines
    }

    /// Finds out what the host can do.
    ///
    /// - Parameter fresh: Probes KVM again, whatever an earlier probe has found.
    public func examine(fresh: Bool) async -> DoctorReport {
        var verdict: KVMVerdict?
        var problem: String?
        switch hypervisor {
        case .success(let hypervisor): verdict = await hypervisor.probeKVM(fresh: fresh)
        case .failure(let error): problem = error.message
        }
        return await DoctorReport.examine(
            paths: paths, store: store, verdict: verdict, hypervisorProblem: problem)
    }

    /// Finds out whether guests of this host can have its PMU, and why.
    func virtualPMU() async -> PmuReport.Host {
        switch hypervisor {
        case .success(let hypervisor): PmuReport.Host(await hypervisor.probeKVM())
        case .failure(let error): PmuReport.Host(hasVirtualPmu: false, reason: error.message, advice: nil)
        }
    }

    /// Ends every guest at once, without any tidying up.
    public func killAll() {
        if case .success(let hypervisor) = hypervisor { hypervisor.killAll() }
    }
}
