// SPDX-License-Identifier: Apache-2.0

import Artifacts
import Testing

@testable import LabEngine

@Suite("What a module needs of kernels")
struct AbiReportTests {
    private let old = KernelExports(
        symvers: """
            0x11111111\tsame\tvmlinux\tEXPORT_SYMBOL\t
            0x22222222\tchanges\tvmlinux\tEXPORT_SYMBOL_GPL\t
            0x33333333\tgoes\tdrivers/x\tEXPORT_SYMBOL\t
            0x44444444\tspaced\tvmlinux\tEXPORT_SYMBOL_GPL\tSPACE
            0x55555555\tother\tvmlinux\tEXPORT_SYMBOL\t
            no line of it
            """)
    private let new = KernelExports(
        symvers: """
            0x11111111\tsame\tvmlinux\tEXPORT_SYMBOL\t
            0x2222222f\tchanges\tvmlinux\tEXPORT_SYMBOL_GPL\t
            0x44444444\tspaced\tvmlinux\tEXPORT_SYMBOL_GPL\tSPACE
            0x66666666\tcomes\tvmlinux\tEXPORT_SYMBOL\t
            """)

    private func needs(_ names: [(String, UInt32?)], spaces: [String] = [], license: String = "GPL")
        -> ModuleNeeds
    {
        ModuleNeeds(symbols: names.map { .init(name: $0.0, crc: $0.1) }, namespaces: spaces, license: license)
    }

    private func problems(_ needs: ModuleNeeds) -> [String: AbiReport.Problem] {
        let report = AbiReport(module: "m", needs: needs, kernel: "a", exports: old)
        return Dictionary(
            uniqueKeysWithValues: report.needs.compactMap { entry in entry.problem.map { (entry.symbol, $0) }
            })
    }

    @Test("Module.symvers is read, and what is no line of it is left out")
    func symvers() {
        #expect(old.symbols.count == 5 && old.symbols["goes"]?.owner == "drivers/x")
        #expect(old.symbols["changes"]?.isGPLOnly == true && old.symbols["spaced"]?.namespace == "SPACE")
        let none = KernelExports(symvers: "0x00000000\tx\tvmlinux\tEXPORT_SYMBOL\t\n")
        #expect(none.symbols["x"]?.crc == nil)
    }

    @Test("Missing, another type, GPL only, a namespace that is not imported: each is a problem, and named")
    func kinds() {
        #expect(problems(needs([("same", 0x1111_1111), ("changes", 0x2222_2222)])).isEmpty)
        #expect(problems(needs([("nowhere", nil)])) == ["nowhere": .missing])
        #expect(problems(needs([("same", 0x1111_1112)])) == ["same": .crcDiffers])
        #expect(problems(needs([("changes", nil)], license: "Proprietary")) == ["changes": .gplOnly])
        #expect(problems(needs([("spaced", nil)])) == ["spaced": .namespace])
        #expect(problems(needs([("spaced", nil)], spaces: ["SPACE"])).isEmpty)
    }

    @Test("Between two kernels: what concerns the module, or all of it; a build that the other refuses fails")
    func difference() {
        let fits = needs([("same", 0x1111_1111)])
        var report = AbiReport(module: "m", needs: fits, kernel: "a", exports: old)
        report.compare(fits, old, with: new, of: "b", isWhole: false)
        #expect(report.verdict == .passed && report.against?.gone == [] && report.against?.changed == [])
        report.compare(fits, old, with: new, of: "b", isWhole: true)
        #expect(report.against?.gone == ["goes", "other"] && report.against?.new == ["comes"])
        #expect(report.against?.changed == ["changes"] && report.verdict == .passed)
        let breaks = needs([("same", 0x1111_1111), ("changes", 0x2222_2222), ("goes", 0x3333_3333)])
        var broken = AbiReport(module: "m", needs: breaks, kernel: "a", exports: old)
        #expect(broken.verdict == .passed)
        broken.compare(breaks, old, with: new, of: "b", isWhole: false)
        #expect(broken.verdict == .failed && broken.against?.gone == ["goes"])
        #expect(broken.against?.problems.map(\.problem) == [.crcDiffers, .missing])
    }
}
