// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LabEngine

@Suite struct ModuleSymbolsTests {
    private static let listing = """
        Section Headers:
        [Nr] Name                 Type         Addr             Off      Size     ES Flags Lk Inf Al
        [ 3] .text                PROGBITS     0000000000000000 000000a0 0000130b  0 AX     0   0 16
        [ 7] .init.text           PROGBITS     0000000000000000 000013d0 000000cf  0 AX     0   0 16

        Symbol table [53] '.symtab' contains 270 entries:
          Num:            Value   Size Type    Bind   Vis          Ndx Name
            1: 0000000000000000      0 SECTION LOCAL  DEFAULT        3
            2: 0000000000000000      0 FILE    LOCAL  DEFAULT      ABS a.c
            3: 0000000000000100     25 FUNC    LOCAL  DEFAULT        3 estimate
            4: 0000000000000120     60 FUNC    LOCAL  DEFAULT        3 start
            5: 0000000000000160     35 FUNC    LOCAL  DEFAULT        3 estimate
            6: 0000000000000190     60 FUNC    LOCAL  DEFAULT        3 stop
            7: 0000000000000000    207 FUNC    LOCAL  DEFAULT        7 canary_init
            8: 0000000000000000    207 FUNC    GLOBAL DEFAULT        7 init_module
            9: 00000000000001d0     20 FUNC    LOCAL  DEFAULT        3 twin
           10: 00000000000001f0     20 FUNC    LOCAL  DEFAULT        3 twin
           11: 0000000000000210     20 FUNC    LOCAL  DEFAULT        3 last
           12: 0000000000000000      0 NOTYPE  GLOBAL DEFAULT    UNDEF printk
        """

    private let symbols = ModuleSymbols(listing: listing)

    @Test func tellsFunctionsOfOneNameApartByTheirSize() {
        #expect(
            symbols.places(of: "estimate", offset: 5, size: 0x20) == [.init(section: ".text", address: 0x105)]
        )
        #expect(
            symbols.places(of: "estimate", offset: 5, size: 0x30) == [.init(section: ".text", address: 0x165)]
        )
    }

    @Test func saysSoWhenItCannotTell() {
        #expect(symbols.places(of: "twin", offset: 1, size: 0x20).count == 2)
        #expect(symbols.places(of: "estimate", offset: 0, size: nil).count == 2)
    }

    @Test func findsOtherSections() {
        #expect(
            symbols.places(of: "init_module", offset: 0x10, size: 0xf1)
                == [.init(section: ".init.text", address: 0x10)])
    }

    @Test func believesTheOnlyOneOfAName() {
        // The kernel may have symbols in between that the listing has not.
        #expect(
            symbols.places(of: "start", offset: 4, size: 0x3c) == [.init(section: ".text", address: 0x124)])
        #expect(
            symbols.places(of: "last", offset: 4, size: 0xdf0) == [.init(section: ".text", address: 0x214)])
    }

    @Test func findsNothingWhereThereIsNothing() {
        #expect(symbols.places(of: "printk", offset: 0, size: nil).isEmpty)
        #expect(symbols.places(of: "estimate", offset: 0x4000, size: 0x20).isEmpty)
        #expect(ModuleSymbols(listing: "").places(of: "estimate", offset: 0, size: nil).isEmpty)
    }
}
