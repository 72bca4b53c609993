// SPDX-License-Identifier: Apache-2.0

/// What the header of a report says, and where the guilty function is to be found.
struct Diagnosis {
    /// Where the guilty function is.
    enum Guilt: Sendable {
        /// The report names none, and needs none.
        case nobody
        /// The report should name one, and is torn before that.
        case torn
        /// The first frame that is not innocent.
        case stack
        /// This one, or, when it is innocent, the first of its callers that is not.
        case named(Text)
        /// Like `named`, but without a stack it stays a guess.
        case checked(Text)
        /// Like `named`, but also a function that does little more than taking a lock may be it.
        case locked(Text)
        /// This one; the text is nothing but its name.
        case function(Text)
        /// The first frame that is not innocent, of those that follow a line of the report.
        case stackAt(line: Int)
        /// The entry into what the CPU was busy with.
        case stall
        /// The same, below the timer interrupt that noticed.
        case interrupted
        /// What the task waits for.
        case hang
        /// The two accesses of a data race, as the header names them.
        case race(Text)

        /// Whether the answer depends on the call trace alone, so that a torn one makes it a guess.
        var needsTrace: Bool {
            switch self {
            case .nobody, .torn, .named, .locked, .function, .race: false
            case .stack, .checked, .stackAt, .stall, .interrupted, .hang: true
            }
        }
    }

    var crashClass: CrashClass
    /// The title without the function.
    var title: String
    var guilt: Guilt
    /// Follows the function in the title.
    var suffix = ""
    /// Tells this bug from others with the same title and function: names of locks, for example. Must be
    /// the same in each boot.
    var detail: String?
    /// Whether it is about another CPU than the one that says so, so that the other one's backtrace counts.
    var isAboutAnotherCPU = false
    /// Whether corpora of crashes call it a crash, as opposed to the lab alone.
    var isCrash = true
}
