/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.h - what PID 1 needs and Swift cannot do: work between fork and exec,
 * system calls without a libc wrapper, port I/O.
 */
#ifndef PACCT_GUEST_H
#define PACCT_GUEST_H

#include <stdint.h>
#include <sys/types.h>

/* What a child made by guest_fork_call() does. */
enum guest_call {
	GUEST_LOAD_MODULE,	/* finit_module(open(first), second) */
	GUEST_UNLOAD_MODULE,	/* delete_module(first) */
	GUEST_WRITE_FILE,	/* write(open(first), second) */
	GUEST_COPY_FILE,	/* everything in first to standard output */
	GUEST_COPY_LOG,		/* the kernel log, as text, to standard output */
};

/*
 * Start a child in a process group of its own, with all signals unblocked and
 * standard output and error on the given descriptors. The child makes one
 * system call and exits with its errno (0 for success); with faults it is open
 * to the kernel's fault injection during that call. Returns the child's pid, or
 * -1 with errno set.
 */
pid_t guest_fork_call(enum guest_call call, const char *first, const char *second,
		      size_t second_length, int faults, int out, int err);

/*
 * The same for a program: argv[0] is looked up in PATH. When it cannot be
 * started the child says why on standard error and exits with 127 (not found)
 * or 126 (anything else). It runs on the CPUs of the mask, 0 for all, with that
 * nice value; CPUs that are not there are no reason not to run.
 */
pid_t guest_fork_exec(char *const argv[], char *const envp[], uint64_t cpus, int nice_value,
		      int out, int err);

/* pipe2(2) with O_CLOEXEC. */
int guest_pipe(int ends[2]);

/*
 * Block SIGCHLD and make it readable instead: the descriptor becomes ready when a
 * child dies and is emptied by guest_clear_signals(). -1 with errno set on failure.
 */
int guest_child_signals(void);
void guest_clear_signals(int descriptor);

/* Print kernel messages up to and including KERN_INFO on the console. */
int guest_console_verbose(void);

/*
 * Map the memory in which the job comes, for reading; it stays mapped. NULL with
 * errno set when the machine has none.
 */
const void *guest_map_job_memory(size_t *size);

/* Start the kernel's random numbers anew from a seed. 0 or an error number. */
int guest_renew_random(uint64_t seed);

/* Set the wall clock, seconds since 1970. 0 or an error number. */
int guest_set_clock(uint64_t seconds);

/* End the machine. Returns only when that is impossible. */
void guest_power_off(void);

#endif
