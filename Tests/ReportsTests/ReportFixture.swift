// SPDX-License-Identifier: Apache-2.0

import Foundation
import LabEngine

/// Reports for tests.
enum ReportFixture {
    /// One with that verdict, and with all that goes with it.
    static func report(_ verdict: Verdict = .passed) throws -> RunReport {
        let json = """
            {"id":"r1","scenario":"smoke","variant":"release","accel":"tcg","accel_reason":"no KVM: it hangs",
             "pmu":"simulated","seed":7,"cpus":2,"memory_mib":512,"verdict":"\(verdict.rawValue)",
             "reason":\(verdict == .inconclusive ? "\"disk full\"" : "null"),"duration_s":2.1,"guest_ready_s":0.6,
             "findings":\(verdict == .failed ? Self.finding : "[]"),
             "energy":{"records":1,"lost":0,"total_uj":5,"max_error_uj":0},
             "conservation":{"compared":true,"scope":"cpu","cpu_s":8,"idle_s":2,"untraced_s":0.5,
                             "uncounted_s":0.25,"blur":0.0001},
             "residue":{"items":0,"unseen":["leaks were not looked for"]},
             "steps":[{"name":"load <it>","status":"passed","duration_s":0.4,"depth":0},
                      {"name":"work","status":"not-reached","depth":1}],
             "notes":[],"phases":[],"directory":"results/r1"}
            """
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(RunReport.self, from: Data(json.utf8))
    }

    private static let finding = """
        [{"class":"panic","title":"kernel panic: <boom> & \\"more\\"","signature":"s","location":"a.c:8",
          "count":1,"evidence":["line \\u001b[31m one","line ]]> two"],"consequences":[]}]
        """
}
