// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a sleeper needs for one system call. */
#define STACK_SIZE 4096

/* Above every thread of the kernel that is not real-time itself. */
#define PRIORITY 10

pid_t guest_fork(void)
{
	return fork();
}

static int sleep_for_good(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

size_t guest_crowd_start(size_t count, pid_t *pids)
{
	/* Never given back: the crowd lives about as long as the process. */
	char *stacks = mmap(NULL, count * STACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD;

	if (stacks == MAP_FAILED)
		return 0;
	for (size_t i = 0; i < count; i++) {
		pids[i] = clone(sleep_for_good, stacks + (i + 1) * STACK_SIZE, flags, NULL);
		if (pids[i] < 0)
			return i;
	}
	return count;
}

void guest_crowd_end(const pid_t *pids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	for (size_t i = 0; i < count; i++) {
		while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
			;
	}
}

static void echo_all(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1)
		;
	_exit(0);
}

int guest_echo_start(struct guest_echo *echo)
{
	int there[2], back[2];

	if (pipe2(there, O_CLOEXEC))
		return -1;
	if (pipe2(back, O_CLOEXEC))
		return -1;
	echo->pid = fork();
	if (echo->pid == 0) {
		close(there[1]);
		close(back[0]);
		echo_all(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	echo->to = there[1];
	echo->from = back[0];
	return echo->pid < 0 ? -1 : 0;
}

void guest_echo_stop(struct guest_echo *echo)
{
	/* It ends when it reads the end of the pipe. */
	close(echo->to);
	close(echo->from);
	while (waitpid(echo->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int guest_realtime(pid_t pid, int on)
{
	struct sched_param param = { .sched_priority = on ? PRIORITY : 0 };

	return sched_setscheduler(pid, on ? SCHED_FIFO : SCHED_OTHER, &param);
}

uint64_t guest_raw_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static int go_and_return(const struct guest_echo *echo)
{
	char byte = 0;

	return write(echo->to, &byte, 1) == 1 && read(echo->from, &byte, 1) == 1 ? 0 : -1;
}

static int fork_and_exit(const struct guest_echo *unused)
{
	/* The child borrows the caller's memory: what fork(2) copies of it has nothing to do with hooks. */
	pid_t pid = vfork();

	(void)unused;
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -1;
	while (waitpid(pid, NULL, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

static size_t time_each(int (*once)(const struct guest_echo *), const struct guest_echo *echo,
			uint64_t *times, size_t count, uint64_t limit)
{
	uint64_t start = guest_raw_time(), before = start, now;

	for (size_t i = 0; i < count; i++) {
		if (once(echo))
			return 0;
		now = guest_raw_time();
		if (times)
			times[i] = now - before;
		before = now;
		if (now - start >= limit)
			return i + 1;
	}
	return count;
}

size_t guest_echo_times(const struct guest_echo *echo, uint64_t *times, size_t count, uint64_t limit)
{
	return time_each(go_and_return, echo, times, count, limit);
}

size_t guest_fork_times(uint64_t *times, size_t count, uint64_t limit)
{
	return time_each(fork_and_exit, NULL, times, count, limit);
}

uint64_t guest_spin_time(uint64_t turns)
{
	uint64_t start = guest_raw_time();

	asm volatile("1:	dec %0\n\t"
		     "jnz 1b"
		     : "+r"(turns)
		     :
		     : "cc");
	return guest_raw_time() - start;
}
