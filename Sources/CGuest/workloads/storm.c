// SPDX-License-Identifier: Apache-2.0
/*
 * storm.c - many short-lived processes
 *
 * Every process has a slot while it lives, and must exit with the code that its
 * slot expects: one that was mistaken for another is noticed.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE 16384
/* The highest pid_max there is (PID_MAX_LIMIT). */
#define MAX_PIDS (4u << 20)
/* Codes stay clear of what a shell or a failed exec uses. */
#define CODES 120

struct slot {
	const struct guest_storm *storm;
	pid_t pid;		/* 0: free */
	int code;		/* it must exit with this */
	uint64_t life_ns;
	char *stack;		/* of a process that shares memory */
};

struct state {
	const struct guest_storm *storm;
	struct guest_tally *tally;
	struct slot *slots;
	unsigned char *seen;	/* a bit for every pid */
	uint64_t random;
	uint32_t alive;
};

static void *exec_in_thread(void *argument)
{
	struct slot *slot = argument;

	leaf_exec(slot->storm->execs ? slot->storm->execs : 1, slot->code);
	_exit(255);
}

static void *sleep_in_thread(void *argument)
{
	(void)argument;
	/* Until the exec of another thread ends it. */
	for (;;)
		pause();
	return NULL;
}

/* The last thread executes the program; all others, and the leader, are ended by that. */
static void exec_by_thread(struct slot *slot)
{
	pthread_t thread;

	for (uint32_t i = 0; i < slot->storm->threads; i++) {
		int last = i + 1 == slot->storm->threads;

		while (pthread_create(&thread, NULL, last ? exec_in_thread : sleep_in_thread, slot))
			guest_workload_sleep(1000000);
	}
	sleep_in_thread(NULL);
}

/* What a process does. It may share its parent's memory: system calls only, unless it forked. */
static int live(void *argument)
{
	struct slot *slot = argument;

	if (slot->storm->burn_ns)
		workload_burn(slot->storm->burn_ns);
	if (slot->life_ns)
		guest_workload_sleep(slot->life_ns);
	if (slot->storm->threads)
		exec_by_thread(slot);
	if (slot->storm->execs) {
		leaf_exec(slot->storm->execs, slot->code);
		syscall(SYS_exit_group, 255);
	}
	syscall(SYS_exit_group, slot->code);
	return 255;
}

static pid_t give_birth(struct slot *slot)
{
	pid_t pid;

	switch (slot->storm->birth) {
	case GUEST_BIRTH_SHARE:
		return clone(live, slot->stack + STACK_SIZE, CLONE_VM | SIGCHLD, slot);
	case GUEST_BIRTH_VFORK:
		/* As vfork(2), with a stack of its own: what the child does cannot break ours. */
		return clone(live, slot->stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, slot);
	case GUEST_BIRTH_FORK:
		break;
	}
	pid = fork();
	if (pid == 0)
		live(slot);
	return pid;
}

static void note_pid(struct state *state, pid_t pid)
{
	unsigned char bit = 1u << (pid % 8);

	if (pid <= 0 || (unsigned int)pid >= MAX_PIDS || state->seen[pid / 8] & bit)
		return;
	state->seen[pid / 8] |= bit;
	state->tally->pids++;
}

/* Returns whether a process was collected. */
static int reap(struct state *state, int flags)
{
	int status;
	pid_t pid = waitpid(-1, &status, flags);

	if (pid <= 0)
		return 0;
	for (uint32_t i = 0; i < state->storm->tasks; i++) {
		struct slot *slot = &state->slots[i];

		if (slot->pid != pid)
			continue;
		slot->pid = 0;
		state->alive--;
		state->tally->ended++;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != slot->code)
			state->tally->wrong++;
		return 1;
	}
	/* Not ours: nobody but us has children here. */
	state->tally->wrong++;
	return 1;
}

static struct slot *free_slot(struct state *state)
{
	for (uint32_t i = 0; i < state->storm->tasks; i++) {
		if (!state->slots[i].pid)
			return &state->slots[i];
	}
	return NULL;
}

/* Returns 0, or -1 when nothing can be started any more. */
static int start_one(struct state *state)
{
	struct slot *slot = free_slot(state);
	uint64_t waited = 0;

	slot->code = 1 + state->tally->started % CODES;
	slot->life_ns = state->storm->life_ns ?
		guest_workload_random(&state->random) % (state->storm->life_ns + 1) : 0;
	for (;;) {
		pid_t pid = give_birth(slot);

		if (pid > 0) {
			slot->pid = pid;
			note_pid(state, pid);
			state->alive++;
			state->tally->started++;
			return 0;
		}
		if (errno != EAGAIN && errno != ENOMEM)
			break;
		state->tally->refused++;
		/* The end of another may be all that it takes. */
		if (state->alive && reap(state, 0))
			continue;
		if (waited >= PATIENCE_NS || guest_workload_stopped())
			break;
		guest_workload_sleep(1000000);
		waited += 1000000;
	}
	if (!guest_workload_stopped())
		state->tally->error = errno;
	return -1;
}

static int prepare(struct state *state)
{
	uint32_t tasks = state->storm->tasks;
	char *stacks = NULL;

	state->slots = calloc(tasks, sizeof(*state->slots));
	state->seen = calloc(MAX_PIDS / 8, 1);
	if (state->storm->birth != GUEST_BIRTH_FORK)
		stacks = mmap(NULL, (size_t)tasks * STACK_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!state->slots || !state->seen || stacks == MAP_FAILED)
		return -1;
	for (uint32_t i = 0; i < tasks; i++) {
		state->slots[i].storm = state->storm;
		state->slots[i].stack = stacks ? stacks + (size_t)i * STACK_SIZE : NULL;
	}
	return 0;
}

void guest_storm(const struct guest_storm *storm, struct guest_tally *tally)
{
	struct state state = { .storm = storm, .tally = tally, .random = storm->seed };

	if (prepare(&state)) {
		tally->error = ENOMEM;
		return;
	}
	if (!storm->execs && !storm->threads)
		workload_ready();
	while (!guest_workload_stopped() && (!storm->count || tally->started < storm->count)) {
		if (state.alive == storm->tasks) {
			reap(&state, 0);
			continue;
		}
		if (start_one(&state))
			break;
	}
	while (state.alive)
		reap(&state, 0);
	workload_done();
}
