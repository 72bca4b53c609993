// SPDX-License-Identifier: Apache-2.0

import CFuzz
import Evidence
import Glibc

// A console and a streamed kernel log, as a hostile guest may write them.
//
// Up to the first byte 0xFF the input is the console; what follows are records of /dev/kmsg, separated by
// NUL. Whatever the bytes: no crash, no time beyond libFuzzer's -timeout, and what comes out is
// bounded by what went in.
func checkKernelLog(_ bytes: [UInt8]) {
    let end = bytes.firstIndex(of: 0xFF) ?? bytes.endIndex
    let console = Array(bytes[..<end])
    let kmsg = bytes[end...].dropFirst().split(separator: 0).map(Array.init)
    let log = MergedKernelLog(kmsg: kmsg, console: console)
    // A record may have several lines; no line is made up.
    let newlines = bytes.count { $0 == UInt8(ascii: "\n") }
    let escapes = bytes.count { $0 == UInt8(ascii: "\\") }
    precondition(log.lines.count <= 1 + newlines + escapes + kmsg.count, "lines out of nothing")

    let text = Array(log.text.utf8)
    check(CrashClassifier().classify(text), of: text)
    check(CrashClassifier().classify(bytes), of: bytes)
    let energy = EnergyLogParser().parse(log)
    precondition(energy.records.count <= log.lines.count)
}

func check(_ findings: [Finding], of log: [UInt8]) {
    // A line may hold another CPU's line, which begins with a bracket, and is taken apart.
    let lines = 1 + log.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "[") }
    precondition(findings.count <= lines, "more findings than lines")
    for finding in findings {
        precondition(!finding.title.isEmpty && !finding.signature.isEmpty)
        precondition(finding.evidence.count <= lines, "evidence out of nothing")
        precondition(finding.count >= 1)
    }
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        checkKernelLog(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
