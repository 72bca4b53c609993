# SPDX-License-Identifier: Apache-2.0
"""The inside of pacct_energy: queues, counters, accounts, and the records that nobody has read yet.

Names and layouts come from the module's own debug information. What this version of the module does not have is
said and left out.
"""

import base64

from drgn import FaultError
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.list import hlist_for_each_entry
from drgn.helpers.linux.llist import llist_for_each
from drgn.helpers.linux.module import find_module
from drgn.helpers.linux.percpu import per_cpu

MODULE = "pacct_energy"
QUEUE_LIMIT = 100000
BUCKET_LIMIT = 1 << 20
ACCOUNT_LIMIT = 100
RECORD_LIMIT = 1 << 16
RECORD_BYTES = 8 << 20
# Bytes of records in one line: base64 takes four for three.
CHUNK = 40000


def variable(prog, name, file):
    return prog.variable(name, file)


def length(head):
    count = 0
    for _ in llist_for_each(head.first):
        count += 1
        if count == QUEUE_LIMIT:
            break
    return count


def print_facts(prog, emit, attempt):
    def fact(name, value):
        attempt(name, lambda: emit("fact", name=name, value=str(value())))

    fact("tasks traced", lambda: variable(prog, "nr_tasks", "tasks.c").counter.value_())
    fact("dead tasks without a record", lambda: length(variable(prog, "dead", "estimate.c")))
    fact("scan requested", lambda: variable(prog, "scan_requested", "estimate.c").value_())
    fact("stopping", lambda: variable(prog, "stopping", "estimate.c").value_())
    for cpu in for_each_possible_cpu(prog):
        counters = per_cpu(prog["pacct_cpus"], cpu)
        fact(f"CPU {cpu}: counters armed", lambda: counters.armed.value_())
        fact(f"CPU {cpu}: accounts to estimate", lambda: length(counters.dirty))
        fact(f"CPU {cpu}: counters refused", lambda: sum(1 for error in counters.error if error))
        stock = per_cpu(variable(prog, "stocks", "pool.c"), cpu)
        fact(f"CPU {cpu}: accounts in stock", lambda: stock.count.counter.value_())


def print_statistics(prog, emit):
    """The sums that /proc/pacct_energy/stats would show."""
    cpus = [per_cpu(prog["pacct_stats"], cpu) for cpu in for_each_possible_cpu(prog)]
    for name, index in prog.type("enum pacct_stat").enumerators:
        if name == "PACCT_NR_STATS":
            continue
        total = sum(stats.value[index].value_() for stats in cpus)
        emit("fact", name="statistics: " + name.removeprefix("PACCT_STAT_").lower(), value=str(total))


def print_accounts(prog, emit):
    """Tasks that were alive: what they had used until then."""
    buckets = variable(prog, "buckets", "tasks.c")
    count = min(1 << variable(prog, "hash_bits", "tasks.c").value_(), BUCKET_LIMIT)
    accounts = []
    seen = 0
    for index in range(count):
        for account in hlist_for_each_entry("struct traced_task", buckets[index].address_of_(), "node"):
            seen += 1
            if seen > QUEUE_LIMIT:
                raise ValueError("a bucket's list does not end")
            task = account.task
            accounts.append(
                {
                    "pid": task.pid.value_(),
                    "comm": task.comm.string_().decode(errors="replace")[:16],
                    "runtime_ns": account.runtime_ns.value_(),
                    "energy_uj": account.energy_uj.value_(),
                    "exiting": bool(account.exiting),
                }
            )
    accounts.sort(key=lambda account: account["runtime_ns"], reverse=True)
    for account in accounts[:ACCOUNT_LIMIT]:
        emit("account", **account)
    if len(accounts) > ACCOUNT_LIMIT:
        emit("problem", text=f"{len(accounts) - ACCOUNT_LIMIT} more accounts were left out")


def print_records(prog, emit):
    """The records in the ring, as the device would have handed them out, and the ring's own numbers."""
    entries = variable(prog, "entries", "ring.c")
    size = variable(prog, "size", "ring.c").value_()
    head = variable(prog, "head", "ring.c").value_()
    emit(
        "ring",
        size=size,
        head=head,
        read=variable(prog, "read", "ring.c").value_(),
        lost=variable(prog, "lost", "ring.c").value_(),
    )
    if not entries or size == 0 or size & (size - 1) or size > 1 << 20:
        return
    record_size = entries[0].record.type_.size
    wanted = min(head, size, RECORD_LIMIT, RECORD_BYTES // record_size)
    pieces = bytearray()
    for seq in range(head - wanted, head):
        record = entries[seq & (size - 1)].record
        try:
            # A CPU may have been stopped in the middle of writing it.
            whole = record.seq.value_() == seq and record.size.value_() == record_size
            data = prog.read(record.address_, record_size)
        except FaultError:
            whole = False
        if not whole:
            emit("problem", text=f"record {seq} in the ring is not whole")
            continue
        if len(pieces) + record_size > CHUNK:
            emit("records", data=base64.b64encode(bytes(pieces)).decode())
            pieces = bytearray()
        pieces += data
    if pieces:
        emit("records", data=base64.b64encode(bytes(pieces)).decode())


def print_state(prog, emit, attempt):
    if not find_module(prog, MODULE):
        return
    attempt("records in the ring", lambda: print_records(prog, emit))
    attempt("state of pacct_energy", lambda: print_facts(prog, emit, attempt))
    attempt("statistics of pacct_energy", lambda: print_statistics(prog, emit))
    attempt("accounts", lambda: print_accounts(prog, emit))
