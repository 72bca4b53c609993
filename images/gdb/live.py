# SPDX-License-Identifier: Apache-2.0
"""Follows a running guest in gdb up to a moment, and hands over there.

    PACCTLAB_GDB=FILE gdb VMLINUX -x live.py

FILE is JSON:
    socket      where QEMU's stub listens
    modules     files of modules, by their names
    sources     [from, to]: where sources were when they were compiled, and where they are
    moment      {"kind": "start"}
                {"kind": "symbol", "symbol": NAME, "ignore": N}
                {"kind": "time", "nanoseconds": N}
                {"kind": "crash", "place": {"symbol", "offset"} or null, "ignore": N}
                {"kind": "count", "place": ...}: counts how often the place is passed before the first report
    answer      where "count" writes its number
"""

import json
import os

import gdb

with open(os.environ["PACCTLAB_GDB"], encoding="utf-8") as file:
    SESSION = json.load(file)

# Where the kernel begins to report that something is wrong, on the way of every kind of report.
REPORTS = (
    "oops_enter", "vpanic", "__warn", "kasan_report", "kasan_report_invalid_free", "kasan_report_async",
    "debug_locks_off", "__schedule_bug", "dump_stack_lvl",
)
# Sections with code and variables.
WANTED = (".init.text", ".exit.text", ".text", ".rodata", ".data", ".bss")


class Modules(gdb.Breakpoint):
    """Gives gdb the symbols of each module where it was loaded.

    do_init_module() is called when a module's sections are in place and nothing of it has run.
    """

    def __init__(self):
        # At its very first instruction: there the argument still is in its register.
        super().__init__("*do_init_module", internal=True)
        self.silent = True
        # Whether to stop there in fact: breakpoints cannot be made while gdb decides whether to stop.
        self.stops = True
        self.loaded = {}

    def stop(self):
        if not self.stops:
            self.load()
        return self.stops

    def load(self):
        module = gdb.parse_and_eval("(struct module *)$rdi").dereference()
        name = module["name"].string()
        path = SESSION["modules"].get(name)
        if path is None:
            return
        if name in self.loaded:
            gdb.execute(f"remove-symbol-file -a {self.loaded[name]:#x}", to_string=True)
        sections = self.sections(module)
        text = sections.pop(".text", 0)
        places = "".join(f" -s {section} {address:#x}" for section, address in sections.items())
        gdb.execute(f"add-symbol-file {path} {text:#x}{places}", to_string=True)
        self.loaded[name] = text

    @staticmethod
    def sections(module):
        """Addresses by names, from what the kernel shows below /sys/module/NAME/sections."""
        attributes = module["sect_attrs"].dereference()
        pointer = attributes["grp"]["bin_attrs"]
        found = {}
        for index in range(128):
            attribute = pointer[index]
            if int(attribute) == 0:
                break
            name = attribute["attr"]["name"].string()
            if name.startswith(WANTED):
                found[name] = int(attribute["private"])
        return found


class Counter(gdb.Breakpoint):
    """Counts, and never stops."""

    passed = 0

    def stop(self):
        self.passed += 1
        return False


def is_known(symbol):
    return gdb.lookup_global_symbol(symbol) is not None or gdb.lookup_static_symbol(symbol) is not None


def address(place):
    """The breakpoint's location; None as long as the symbol's module is not loaded."""
    if not is_known(place["symbol"]):
        return None
    return f"*((unsigned long)&{place['symbol']} + {place['offset']})"


class Journey:
    """From the beginning to the moment that is asked for."""

    def __init__(self, moment):
        self.moment = moment
        self.modules = Modules()
        self.kind = moment["kind"]
        self.reports = []
        self.target = None

    def prepare(self):
        if self.kind == "symbol":
            self.target = gdb.Breakpoint(self.moment["symbol"])
            self.target.ignore_count = self.moment.get("ignore", 0)
        elif self.kind == "time":
            # What the timer was set to is still there when its interrupt comes.
            self.target = gdb.Breakpoint("*hrtimer_interrupt", temporary=True)
            self.target.condition = (
                f"((struct clock_event_device *)$rdi)->next_event >= {self.moment['nanoseconds']}"
            )
        elif self.kind in ("crash", "count"):
            self.reports = [gdb.Breakpoint(name, internal=True) for name in REPORTS if is_known(name)]
            self.arm()

    def arm(self):
        """The place can be named once its module is there."""
        place = self.moment.get("place")
        where = address(place) if place and self.target is None else None
        if where is None:
            return
        if self.kind == "count":
            self.target = Counter(where, internal=True)
        else:
            self.target = gdb.Breakpoint(where)
            self.target.ignore_count = self.moment.get("ignore", 0)

    def go(self):
        self.prepare()
        if self.kind == "start":
            return
        stops = []
        gdb.events.stop.connect(stops.append)
        while True:
            stops.clear()
            gdb.execute("continue", to_string=True)
            # Of a guest that switches itself off QEMU may say that it stopped, or that it exited, or be gone without a
            # word, which is an error by itself.
            if not stops:
                raise gdb.error("it has exited")
            if isinstance(stops[-1], gdb.SignalEvent) and stops[-1].stop_signal == "SIGQUIT":
                raise gdb.error("it has switched itself off")
            hit = stops[-1].breakpoints if isinstance(stops[-1], gdb.BreakpointEvent) else []
            if self.modules not in hit:
                break
            self.modules.load()
            if self.kind in ("crash", "count"):
                self.arm()
        gdb.events.stop.disconnect(stops.append)

    def hand_over(self):
        """What was only there to get here goes."""
        self.modules.stops = False
        for breakpoint in self.reports:
            breakpoint.delete()


def connect():
    for line in (
        "set confirm off", "set pagination off", "set breakpoint pending on", "set remotetimeout 60",
        "set architecture i386:x86-64",
    ):
        gdb.execute(line, to_string=True)
    for old, new in SESSION["sources"]:
        gdb.execute(f"set substitute-path {old} {new}", to_string=True)
    gdb.execute(f"target remote {SESSION['socket']}", to_string=True)
    # QEMU would hold back interrupts and time during a single step, and gdb takes one to get over a breakpoint: the
    # run would not be the same any more. With 7 instead of 1 it does.
    gdb.execute("maintenance packet qqemu.sstep=1", to_string=True)


def main():
    connect()
    journey = Journey(SESSION["moment"])
    try:
        journey.go()
    except gdb.error as error:
        print(f"The guest was over before it got there: {error}")
        gdb.execute("quit 1")
    journey.hand_over()
    if journey.kind == "count":
        with open(SESSION["answer"], "w", encoding="utf-8") as answer:
            json.dump({"passed": journey.target.passed if journey.target else 0}, answer)
        gdb.execute("kill", to_string=True)
        gdb.execute("quit 0")
    if journey.kind == "start":
        gdb.execute("frame")


main()
