// SPDX-License-Identifier: Apache-2.0
/* workload.c - what all workloads share: their end, chance, time, faults */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static int wants_faults;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

void guest_workload_start(int faults)
{
	struct sigaction action;

	wants_faults = faults;
	memset(&action, 0, sizeof(action));
	/* Without SA_RESTART: a wait for a child must notice. */
	action.sa_handler = stop;
	sigaction(SIGTERM, &action, NULL);
}

void workload_ready(void)
{
	if (wants_faults)
		guest_fail_me(1);
}

void workload_done(void)
{
	if (wants_faults)
		guest_fail_me(0);
}

int guest_workload_stopped(void)
{
	return stopped;
}

/* The finalizer of SplitMix64: one multiplication chain a number, any state will do. */
uint64_t guest_workload_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

void guest_workload_sleep(uint64_t ns)
{
	struct timespec time = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	/* Not clock_nanosleep() of the C library: processes that share memory share errno. */
	syscall(SYS_nanosleep, &time, NULL);
}

void workload_burn(uint64_t ns)
{
	struct timespec now;
	uint64_t end = 0, t;

	do {
		for (volatile int i = 0; i < 200; i++)
			;
		syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &now);
		t = (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
		if (!end)
			end = t + ns;
	} while (t < end);
}

int guest_fail_me(int on)
{
	for (;;) {
		int fd = open("/proc/thread-self/make-it-fail", O_WRONLY | O_CLOEXEC);
		ssize_t done = -1;

		if (fd >= 0) {
			done = write(fd, on ? "1" : "0", 1);
			close(fd);
		}
		if (done == 1)
			return 0;
		/* Opening the file may be what fails. */
		if (on || errno != ENOMEM)
			return -1;
	}
}
