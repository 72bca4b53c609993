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
        /// The access of a data race that was seen first, and the other one.
        case race
    }

    var crashClass: CrashClass
    /// The title without the function.
    var title: String
    var guilt: Guilt
    /// Follows the function in the title.
    var suffix = ""
}

/// A kind of report: the words that give it away, and what to make of it.
struct ReportRule: Sendable {
    /// Stands in the header line.
    let marker: StaticString
    /// The diagnosis of a report whose header has the marker, the text from the marker on. Nil when it is
    /// something harmless that happens to have these words.
    let diagnose: @Sendable (_ report: Report, _ header: Text) -> Diagnosis?

    init(_ marker: StaticString, _ diagnose: @escaping @Sendable (Report, Text) -> Diagnosis?) {
        self.marker = marker
        self.diagnose = diagnose
    }

    /// A rule that always makes the same of it.
    init(_ marker: StaticString, _ crashClass: CrashClass, _ title: String, _ guilt: Diagnosis.Guilt) {
        self.init(marker) { _, _ in Diagnosis(crashClass: crashClass, title: title, guilt: guilt) }
    }
}
