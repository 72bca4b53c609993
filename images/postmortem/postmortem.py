# SPDX-License-Identifier: Apache-2.0
"""Reads a guest's memory and prints what it finds, one JSON object a line.

    postmortem.py VMCORE VMLINUX MODULE...

The memory was written by a guest that may be out to do harm: this process has limits on its time, memory and
files, everything it follows is bounded, and what cannot be read becomes a line of kind "problem". Lines are
printed as soon as they are known, so that whatever ends this process leaves the rest in peace.
"""

import json
import os
import resource
import sys

import drgn

import modules
import pacct
import tasks

# A line is never longer than this, bytes: pacctlab cuts longer ones.
LINE_LIMIT = 60000
LOG_LIMIT = 4 << 20
CPU_SECONDS = 120
ADDRESS_SPACE = 8 << 30


def confine():
    """Gives up what reading a dump does not need."""
    for name, value in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        hard = resource.getrlimit(name)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(name, (value, value))
    # No debug information is fetched from anywhere.
    os.environ.pop("DEBUGINFOD_URLS", None)


def emit(kind, **fields):
    """Prints one object; what would be too long is left out, and said."""
    line = json.dumps({"kind": kind, **fields})
    if len(line) > LINE_LIMIT:
        line = json.dumps({"kind": "problem", "text": f"a {kind} of {len(line)} bytes was left out"})
    print(line, flush=True)


def attempt(what, work):
    """Does one part. Its failure, whatever it is, must not take the others with it."""
    try:
        work()
    except Exception as error:  # a damaged dump can make any of drgn's helpers fail in any way
        emit("problem", text=f"{what}: {type(error).__name__}: {error}"[:2000])


def print_log(prog):
    """The kernel's own ring buffer, oldest record first, in the form of the console."""
    from drgn.helpers.linux.printk import get_printk_records

    total = 0
    chunk = []
    size = 0
    for record in get_printk_records(prog):
        seconds, nanoseconds = divmod(record.timestamp, 1000000000)
        caller = ""
        if record.caller_tid is not None:
            caller = f"[{'T%d' % record.caller_tid:>6s}]"
        elif record.caller_cpu is not None:
            caller = f"[{'C%d' % record.caller_cpu:>6s}]"
        for text in record.text.decode(errors="replace").split("\n"):
            line = f"[{seconds:5d}.{nanoseconds // 1000:06d}]{caller} {text}"
            total += len(line)
            # JSON may need six bytes for one.
            if size + 6 * len(line) > LINE_LIMIT - 100:
                emit("log", lines=chunk)
                chunk, size = [], 0
            chunk.append(line[:8000])
            size += 6 * min(len(line), 8000) + 4
        if total > LOG_LIMIT:
            emit("problem", text="the rest of the kernel log was left out: it is too long")
            break
    if chunk:
        emit("log", lines=chunk)


def main():
    confine()
    dump, *symbols = sys.argv[1:]
    prog = drgn.Program()
    prog.set_core_dump(dump)
    attempt("debug information", lambda: prog.load_debug_info(symbols))
    attempt("kernel log", lambda: print_log(prog))
    attempt("CPUs", lambda: tasks.print_cpus(prog, emit, attempt))
    attempt("tasks", lambda: tasks.print_blocked(prog, emit, attempt))
    attempt("modules", lambda: modules.print_modules(prog, emit, attempt))
    attempt("pacct_energy", lambda: pacct.print_state(prog, emit, attempt))
    emit("end")


main()
