// SPDX-License-Identifier: Apache-2.0

/// A run of a campaign, as Slurm gets it.
struct SlurmRun: Sendable, Codable, Hashable {
    /// The number of its cell.
    var cell: Int64
    /// Its seed.
    var seed: Int64
    /// The how manieth attempt it is, from 1.
    var attempt: Int
}

/// Knows which runs are with Slurm, and decides what becomes of each. Nothing is asked, read or submitted here.
struct SlurmDesk {
    /// A task of an array.
    struct Place: Hashable, Comparable {
        /// The batch, which is one array.
        var batch: Int
        /// The task's number in it.
        var index: Int

        static func < (first: Place, second: Place) -> Bool {
            (first.batch, first.index) < (second.batch, second.index)
        }
    }

    /// A run that was submitted.
    struct Task: Equatable {
        let place: Place
        let run: SlurmRun
        /// What Slurm said last; nil: it never said anything.
        var sighting: SlurmSighting?
        /// Looks in a row that found it neither waiting nor running, nor its result.
        fileprivate var misses = 0
    }

    /// What became of a task.
    enum Fate: Equatable {
        /// Its result is there.
        case result(Task)
        /// It will never have one, and is to be submitted again, if it can be made sure that it does not run late.
        case again(Task, String)
        /// It will never have one, and that is that.
        case unanswered(Task, String)
        /// Slurm never had it, and that was no attempt.
        case unknown(Task)
    }

    /// Looks without a trace until a task counts as gone. A shared folder may show a file some seconds after another
    /// machine wrote it.
    private static let patience = 4

    let attempts: Int
    private(set) var tasks: [Place: Task] = [:]
    /// Runs to be submitted again.
    private(set) var waiting: [SlurmRun] = []

    init(attempts: Int) { self.attempts = attempts }

    /// Runs that are with Slurm, or will be.
    var outstanding: Int { tasks.count + waiting.count }

    /// How many runs are to be submitted now. Not one by one as they end: arrays are what Slurm is good at.
    func room(most: Int) -> Int {
        let free = most - tasks.count
        return tasks.isEmpty || free >= max(1, most / 4) ? max(0, free) : 0
    }

    /// Takes note of a batch that was, or may have been, submitted.
    mutating func submitted(_ batch: Int, _ runs: [(index: Int, run: SlurmRun)]) {
        for (index, run) in runs {
            let place = Place(batch: batch, index: index)
            tasks[place] = Task(place: place, run: run)
        }
    }

    /// Drops all but the last attempt of each run: an earlier one was given up when the later one was submitted.
    mutating func keepLastAttempts() {
        var last: [SlurmRun: Task] = [:]
        for task in tasks.values.sorted(by: { $0.place < $1.place }) {
            var key = task.run
            key.attempt = 0
            if task.run.attempt >= last[key]?.run.attempt ?? 0 { last[key] = task }
        }
        tasks = Dictionary(last.values.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Which tasks have something to be gathered.
    func results(_ places: Set<Place>) -> [Task] {
        places.sorted().compactMap { tasks[$0] }
    }

    /// Takes a look at everything, and says what is decided, in the order of the tasks.
    ///
    /// - Parameters:
    ///   - sightings: What Slurm says.
    ///   - results: Tasks whose result is there.
    mutating func look(_ sightings: [Place: SlurmSighting], results: Set<Place>) -> [Fate] {
        tasks.keys.sorted().compactMap { place in
            guard var task = tasks[place] else { return nil }
            if results.contains(place) { return .result(task) }
            task.sighting = sightings[place] ?? task.sighting
            let phase = sightings[place]?.phase
            let isAlive = phase == .pending || phase == .active
            task.misses = isAlive ? 0 : task.misses + 1
            tasks[place] = task
            return task.misses < Self.patience ? nil : fate(of: task)
        }
    }

    private func fate(of task: Task) -> Fate {
        guard let sighting = task.sighting else { return .unknown(task) }
        let node = sighting.node.isEmpty ? "" : " on \(sighting.node)"
        let reason =
            switch sighting.phase {
            case .limited where sighting.state == "OUT_OF_MEMORY":
                "the task needed more memory than it was granted\(node) (OUT_OF_MEMORY); --task-memory grants more"
            case .limited:
                "the task was still running at Slurm's time limit\(node) (\(sighting.state)); --task-time gives more"
            case .completed: "the task ended\(node) without a result"
            case .pending, .active: "the task is gone\(node), and left no result"
            case .lost: "the task was lost\(node) (\(sighting.state))"
            }
        return sighting.phase == .limited ? .unanswered(task, reason) : lost(task, reason)
    }

    /// What becomes of a task that began and will have no result.
    func lost(_ task: Task, _ reason: String) -> Fate {
        task.run.attempt < attempts
            ? .again(task, reason) : .unanswered(task, "\(reason); \(attempts) attempts were lost")
    }

    /// Whether a run is with Slurm.
    func isWithSlurm(_ run: SlurmRun) -> Bool { tasks.values.contains { $0.run == run } }

    /// A task is dealt with.
    mutating func settle(_ task: Task) { tasks[task.place] = nil }

    /// A task is dealt with, and its run is to be submitted again.
    mutating func submitAgain(_ task: Task, isNewAttempt: Bool = true) {
        settle(task)
        var run = task.run
        if isNewAttempt { run.attempt += 1 }
        waiting.append(run)
    }

    /// Takes runs that wait to be submitted again, the longest waiting first.
    mutating func takeWaiting(_ count: Int) -> [SlurmRun] {
        let taken = waiting.prefix(count)
        waiting.removeFirst(taken.count)
        return Array(taken)
    }

    /// Tasks that Slurm has not given a node yet.
    var pending: [Task] {
        tasks.values.filter { $0.sighting?.phase == .pending }.sorted { $0.place < $1.place }
    }
}
