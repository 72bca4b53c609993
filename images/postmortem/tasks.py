# SPDX-License-Identifier: Apache-2.0
"""What every CPU was doing, and what blocked tasks wait for."""

from drgn.helpers.linux.cpumask import for_each_present_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import cpu_curr, get_task_state

FRAME_LIMIT = 64
# Tasks whose stacks are printed, and tasks that are looked at.
TASK_LIMIT = 64
WALK_LIMIT = 100000
# As lockdep has it: MAX_LOCK_DEPTH.
LOCK_LIMIT = 48


def module_of(prog, address):
    """The name of the module that an address belongs to; None for the kernel and for nothing."""
    try:
        name = prog.module(address).name
    except LookupError:
        return None
    return None if name == "kernel" else name


def describe(prog, address, exact=True):
    """An address as symbol, offset and module.

    Where a call returns to may be beyond the end of its function: the call itself counts then.
    """
    fields = {"address": address}
    inside = address if exact else address - 1
    module = module_of(prog, inside)
    if module:
        fields["module"] = module
    try:
        symbol = prog.symbol(inside)
    except LookupError:
        return fields
    return {**fields, "symbol": symbol.name, "offset": address - symbol.address, "size": symbol.size}


def frames_of(prog, trace):
    frames = []
    for number, frame in enumerate(trace):
        if number == FRAME_LIMIT:
            break
        try:
            address = frame.pc
        except LookupError:
            frames.append({"function": "???"})
            continue
        # Where an instruction was interrupted; elsewhere it is the address a call returns to.
        exact = number == 0 or frame.interrupted
        fields = describe(prog, address, exact)
        fields["function"] = frame.name or "???"
        fields["inlined"] = frame.is_inline
        fields["exact"] = exact
        try:
            fields["file"], fields["line"], _ = frame.source()
        except LookupError:
            pass
        frames.append(fields)
    return frames


def locks_of(prog, task):
    """What lockdep says that a task holds, oldest first; nothing without lockdep."""
    if not hasattr(task[0], "lockdep_depth"):
        return None
    locks = []
    for index in range(min(task.lockdep_depth.value_(), LOCK_LIMIT)):
        held = task.held_locks[index]
        name = held.instance.name.string_().decode(errors="replace") if held.instance else "?"
        fields = {"name": name[:200], "lock": held.instance.value_()}
        fields.update(describe(prog, held.acquire_ip.value_(), exact=False))
        fields["shared"] = held.read.value_() != 0
        locks.append(fields)
    return locks


def task_fields(prog, task):
    fields = {
        "pid": task.pid.value_(),
        "comm": task.comm.string_().decode(errors="replace")[:16],
        "state": get_task_state(task),
    }
    try:
        locks = locks_of(prog, task)
        if locks is not None:
            fields["locks"] = locks
    except Exception as error:
        fields["problem"] = f"its locks: {error}"[:500]
    try:
        fields["frames"] = frames_of(prog, prog.stack_trace(task))
    except Exception as error:
        fields["problem"] = f"its stack: {error}"[:500]
    return fields


def crashed_cpu(prog):
    """The CPU that panicked, None when none did."""
    cpu = prog["panic_cpu"].counter.value_()
    return cpu if cpu >= 0 else None


def print_cpus(prog, emit, attempt):
    crashed = crashed_cpu(prog)

    def one(cpu):
        task = cpu_curr(prog, cpu)
        fields = task_fields(prog, task)
        emit("cpu", cpu=cpu, crashed=cpu == crashed, idle=task.pid.value_() == 0, **fields)

    # A panic takes the other CPUs offline: those that are present are meant.
    for cpu in for_each_present_cpu(prog):
        attempt(f"CPU {cpu}", lambda: one(cpu))


def print_blocked(prog, emit, attempt):
    """Tasks in an uninterruptible sleep, and those that sleep with a lock held."""
    printed = 0
    left = 0
    for number, task in enumerate(for_each_task(prog)):
        if number == WALK_LIMIT:
            emit("problem", text="the list of tasks does not end")
            break
        if task.on_cpu.value_():
            continue
        state = get_task_state(task)
        holds = hasattr(task[0], "lockdep_depth") and task.lockdep_depth.value_() != 0
        if not state.startswith("D") and not holds:
            continue
        if printed == TASK_LIMIT:
            left += 1
            continue
        printed += 1
        attempt("a task", lambda: emit("task", **task_fields(prog, task)))
    if left:
        emit("problem", text=f"{left} more blocked tasks were left out")
