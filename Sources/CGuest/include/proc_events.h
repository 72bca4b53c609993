/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_events.h - process events of the kernel's connector, and the list of
 * tasks in /proc
 *
 * See Documentation/driver-api/connector.rst and include/uapi/linux/cn_proc.h
 * of the kernel.
 */
#ifndef PACCT_PROC_EVENTS_H
#define PACCT_PROC_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum guest_proc_event_kind {
	GUEST_PROC_OTHER,	/* of a kind that the ledger does not keep */
	GUEST_PROC_ACK,		/* the kernel's answer to our wish to listen */
	GUEST_PROC_FORK,
	GUEST_PROC_EXEC,
	GUEST_PROC_EXIT,
};

/*
 * One event. Of @parent_pid, @parent_tgid and @exit_code those that the kind
 * has. @sequence counts every event that the kernel made on @cpu, from 0, also
 * those it could not deliver.
 */
struct guest_proc_event {
	uint32_t kind;
	uint32_t cpu;
	uint32_t sequence;
	uint32_t exit_code;
	uint64_t monotonic_ns;
	int32_t pid;
	int32_t tgid;
	int32_t parent_pid;
	int32_t parent_tgid;
};

/*
 * Open a socket that gets all process events, with room for @bytes of them in
 * the kernel. Returns the descriptor, or -1 with errno set. A kernel without
 * CONFIG_PROC_EVENTS may well give a socket on which nothing ever comes, not
 * even the acknowledgement.
 */
int guest_proc_events_open(int bytes);

/*
 * Take up to @max events, without waiting. Returns how many, 0 when there is
 * none at the moment, or -1 with errno set: ENOBUFS says that the socket was
 * full and events were dropped; reading goes on behind them.
 */
ssize_t guest_proc_events_read(int socket, struct guest_proc_event *events, size_t max);

/* A task as /proc shows it; @start_ticks as in field 22 of /proc/PID/stat. */
struct guest_task {
	int32_t pid;
	int32_t tgid;
	int32_t ppid;
	uint8_t exiting;	/* it will not come back from exit(2) */
	uint8_t kernel_thread;
	char comm[16];		/* NUL-padded */
	uint64_t start_ticks;
};

/*
 * List the tasks that there are. Returns how many, at most @max, or -1 with
 * errno set when /proc cannot be read.
 */
ssize_t guest_list_tasks(struct guest_task *tasks, size_t max);

#endif
