/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * pacct_energy_abi.h - what /dev/pacct_energy hands to user space
 *
 * read(2) on /dev/pacct_energy returns whole records, one per task that
 * exited while the module was loaded (and one per task still alive at unload
 * time, flagged), oldest first. All fields are in the byte order of the
 * machine. A record's size is fixed within a version; a reader that knows a
 * lower version than it is given may use the fields it knows and skip by @size.
 */
#ifndef PACCT_ENERGY_ABI_H
#define PACCT_ENERGY_ABI_H

#include <linux/types.h>

#define PACCT_ENERGY_ABI_VERSION 3
#define PACCT_ENERGY_MAX_EVENTS 8
#define PACCT_ENERGY_MAX_CORES 2
#define PACCT_ENERGY_COMM_LEN 16

/* Where the counts of a record come from. */
enum pacct_energy_source {
	/* No PMU: all counts are zero. */
	PACCT_ENERGY_SOURCE_NONE = 0,
	/* A PMU of the machine, or one passed through. */
	PACCT_ENERGY_SOURCE_HARDWARE = 1,
	/* sim_pmu */
	PACCT_ENERGY_SOURCE_SIMULATED = 2,
};

/* pacct_energy_record.flags */

/* Died before its counters existed. */
#define PACCT_ENERGY_F_NO_COUNTERS 0x01
/* Counted for part of its life: counted_ns < runtime_ns. */
#define PACCT_ENERGY_F_PARTIAL 0x02
/* Some counts are scaled by time enabled / time running. */
#define PACCT_ENERGY_F_MULTIPLEXED 0x04
/* Still running when the module was unloaded. */
#define PACCT_ENERGY_F_ALIVE 0x08
/* Not the leader of its thread group. */
#define PACCT_ENERGY_F_THREAD 0x10
/* Counted with per-CPU events (scope=cpu). */
#define PACCT_ENERGY_F_SCOPE_CPU 0x20

/**
 * struct pacct_energy_core - what a task counted on CPUs of one core type
 * @table:	number of the event table used (see /proc/pacct_energy/model)
 * @nr_events:	number of valid entries in @count
 * @refused:	bit i: the PMU refused event i on some CPU, or to some task, so
 *		that count[i] is 0 or too small
 * @clock_ns:	local_clock() time, ns, between the counter reads that begin and
 *		end each counted slice, summed. pacct_energy_record.counted_ns is
 *		what the scheduler bills, this is what the counters saw: with
 *		sim_pmu count[i] is the closed form of @clock_ns, up to the time
 *		one reading takes in each slice
 * @count:	events counted, in the order of the event table; scaled once, on
 *		totals, when PACCT_ENERGY_F_MULTIPLEXED is set
 */
struct pacct_energy_core {
	__u16 table;
	__u16 nr_events;
	__u32 refused;
	__u64 clock_ns;
	__u64 count[PACCT_ENERGY_MAX_EVENTS];
};

/**
 * struct pacct_energy_record - the account of one task
 * @version:	PACCT_ENERGY_ABI_VERSION
 * @size:	sizeof(struct pacct_energy_record), bytes
 * @flags:	PACCT_ENERGY_F_*
 * @seq:	number of this record since load, from 0, without gaps in what the
 *		module wrote: a gap seen by a reader is what it missed
 * @lost:	records overwritten before anybody read them, since load
 * @pid:	thread id in the initial pid namespace (task_struct.pid)
 * @tgid:	process id in the initial pid namespace (task_struct.tgid)
 * @ppid:	tgid of the real parent at exit
 * @exit_code:	task_struct.exit_code, as wait(2) reports it
 * @start_ns:	start of the task, CLOCK_BOOTTIME, ns (task_struct.start_boottime
 *		when it was created); with @pid this names a task uniquely, also
 *		when pids are reused. A thread that takes over its leader's pid
 *		by exec keeps its own start here; /proc/PID/stat shows the leader's
 * @exit_ns:	when the task exited, CLOCK_BOOTTIME, ns; of a task still alive,
 *		when its record was made
 * @runtime_ns:	CPU time of the task, ns (task_struct.se.sum_exec_runtime)
 * @counted_ns:	part of @runtime_ns during which its events counted, ns
 * @energy_uj:	(sum of count[i] * coefficient[i] over all events of all core
 *		types) >> 32, microjoules; an arithmetic shift of a 128-bit sum,
 *		so negative sums stay negative
 * @slices:	number of slices counted: times the task was switched out while
 *		its events counted
 * @source:	enum pacct_energy_source
 * @nr_cores:	number of valid entries in @core: 1, or 2 on a hybrid machine
 * @comm:	name of the task at exit, NUL-padded
 * @core:	what was counted on each type of core. The first is that of the
 *		PMU behind PERF_TYPE_RAW: the P-cores of a hybrid Intel machine.
 *		The second is that of the other PMU (cpu_atom: the E-cores).
 *		What a task does on CPUs of a third type is not counted.
 *
 * Version 2 had the counts of one core type, in the record itself.
 */
struct pacct_energy_record {
	__u16 version;
	__u16 size;
	__u32 flags;
	__u64 seq;
	__u64 lost;
	__s32 pid;
	__s32 tgid;
	__s32 ppid;
	__u32 exit_code;
	__u64 start_ns;
	__u64 exit_ns;
	__u64 runtime_ns;
	__u64 counted_ns;
	__s64 energy_uj;
	__u64 slices;
	__u32 source;
	__u32 nr_cores;
	char comm[PACCT_ENERGY_COMM_LEN];
	struct pacct_energy_core core[PACCT_ENERGY_MAX_CORES];
};

#endif /* PACCT_ENERGY_ABI_H */
