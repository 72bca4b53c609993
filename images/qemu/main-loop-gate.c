// SPDX-License-Identifier: Apache-2.0
/*
 * main-loop-gate - keeps QEMU's main loop waiting while the guest's CPUs run.
 *
 * Under "-icount" one thread of QEMU, "ALL CPUs/TCG", runs the guest's CPUs one after the other, each up to
 * the next deadline of a timer, and runs the timers in between: what the guest does is a function of its
 * state. But each deadline also wakes QEMU's main thread, and it runs the timers as well, at whatever moment
 * the host's scheduler gives it: a timer that is due between two CPUs' turns then fires a turn earlier. With
 * one CPU that is no difference; with four about one run in twenty was another.
 *
 * This is loaded into QEMU (LD_PRELOAD). After every poll the main thread waits here until the thread of the
 * CPUs has gone to sleep, since all of them are halted or stopped. That is when the main loop is needed: it
 * moves the guest's clock on to the next deadline. Both threads then take turns, and the host's scheduler has
 * no say. QEMU calls both functions through the C library, in all versions since 2.9.
 *
 * A breakpoint of gdb is a case of its own. The CPU that meets it is stopped at once, the machine only when the
 * main loop comes to it. In between other CPUs run on; or all look idle, and the main loop moves the clock on as if
 * they slept: no run with a breakpoint in it was like one without. In a guest with a debugger (PACCTLAB_DEBUGGER in
 * the environment) the thread of the CPUs waits here until the machine is stopped, and the main thread stops it
 * before it does anything else, with the functions that QEMU has for it.
 *
 * What comes from outside, a command of libvirt or a signal, waits a tenth of a second for such a moment,
 * and then goes through at once. The main thread never waits longer than ten seconds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* One look, and how many of them each kind of visitor waits for. */
static const struct timespec look = { .tv_nsec = 100 * 1000 * 1000 };
enum { LOOKS_OUTSIDE = 1, LOOKS_TIMER = 10, LOOKS_ANY = 100 };

/* QEMU's event descriptors are made early, so their numbers are small. */
enum { DESCRIPTORS = 1024 };

static int (*next_mutex_lock)(pthread_mutex_t *);
static int (*next_cond_wait)(pthread_cond_t *, pthread_mutex_t *);
static int (*next_cond_broadcast)(pthread_cond_t *);
static int (*next_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
static ssize_t (*next_write)(int, const void *, size_t);

/* Whether the main thread may run: 1 while the thread of the CPUs sleeps. A futex (man 2 futex). */
static atomic_int cpus_sleep = 1;
/* What the thread of the CPUs sleeps on. Whoever has broadcast to it has woken the CPUs, though none runs yet. */
static _Atomic(pthread_cond_t *) halt_condition;
/* Another thread, libvirt's monitor for one, has written to an event descriptor. */
static atomic_bool is_called;
/* Event descriptors that the thread of the CPUs writes to. */
static atomic_bool is_of_cpus[DESCRIPTORS];

/* Functions of QEMU itself, which it exports for its own modules. All are there, or none is used. */
struct cpu;
static struct {
	struct cpu *(*cpu)(int index);		/* qemu_get_cpu() */
	bool (*is_stopped)(struct cpu *);	/* cpu_is_stopped(): itself, or the machine */
	bool (*runs)(void);			/* runstate_is_running() */
	void (*lock)(const char *, int);	/* qemu_mutex_lock_iothread_impl() */
	void (*unlock)(void);			/* qemu_mutex_unlock_iothread() */
	bool (*is_locked)(void);		/* qemu_mutex_iothread_locked(): by this thread */
	int (*stop)(int state);			/* vm_stop() */
} machine;
static bool has_debugger;
/* RUN_STATE_DEBUG, the first of RunState in qapi/run-state.json. */
enum { STATE_DEBUG = 0 };
/* The CPUs that the debugger did not let run when the machine went on, as in a single step. */
static atomic_bool was_stopped[64];

enum role { ROLE_UNKNOWN, ROLE_MAIN, ROLE_CPUS, ROLE_OTHER };

static enum role this_role(void)
{
	static _Thread_local enum role role;
	char name[16] = "";

	/* A thread gets its name soon after it has begun; no other than that of the CPUs ends in this. */
	if (role == ROLE_UNKNOWN) {
		if (getpid() == (pid_t)syscall(SYS_gettid))
			role = ROLE_MAIN;
		else if (prctl(PR_GET_NAME, name) == 0 && strstr(name, "/TCG"))
			role = ROLE_CPUS;
		else
			return ROLE_OTHER;
	}
	return role;
}

__attribute__((constructor)) static void find_next(void)
{
	*(void **)&next_mutex_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	*(void **)&next_cond_wait = dlsym(RTLD_NEXT, "pthread_cond_wait");
	*(void **)&next_cond_broadcast = dlsym(RTLD_NEXT, "pthread_cond_broadcast");
	*(void **)&next_ppoll = dlsym(RTLD_NEXT, "ppoll");
	*(void **)&next_write = dlsym(RTLD_NEXT, "write");
	if (!getenv("PACCTLAB_DEBUGGER"))
		return;
	*(void **)&machine.cpu = dlsym(RTLD_DEFAULT, "qemu_get_cpu");
	*(void **)&machine.is_stopped = dlsym(RTLD_DEFAULT, "cpu_is_stopped");
	*(void **)&machine.runs = dlsym(RTLD_DEFAULT, "runstate_is_running");
	*(void **)&machine.lock = dlsym(RTLD_DEFAULT, "qemu_mutex_lock_iothread_impl");
	*(void **)&machine.unlock = dlsym(RTLD_DEFAULT, "qemu_mutex_unlock_iothread");
	*(void **)&machine.is_locked = dlsym(RTLD_DEFAULT, "qemu_mutex_iothread_locked");
	*(void **)&machine.stop = dlsym(RTLD_DEFAULT, "vm_stop");
	has_debugger = machine.cpu && machine.is_stopped && machine.runs && machine.lock && machine.unlock &&
		       machine.is_locked && machine.stop;
}

static void let_main_run(void)
{
	atomic_store(&cpus_sleep, 1);
	syscall(SYS_futex, &cpus_sleep, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	int result;

	if (this_role() != ROLE_CPUS)
		return next_cond_wait(condition, mutex);
	atomic_store(&halt_condition, condition);
	let_main_run();
	result = next_cond_wait(condition, mutex);
	atomic_store(&cpus_sleep, 0);
	return result;
}

/* The main thread, which holds QEMU's lock, lets CPUs run. */
static void remember_stopped(void)
{
	struct cpu *cpu;
	int index;

	for (index = 0; index < 64 && (cpu = machine.cpu(index)); index++)
		was_stopped[index] = machine.is_stopped(cpu);
}

/* Whether a CPU has met a breakpoint, and the machine has not stopped yet. */
static bool met_breakpoint(void)
{
	struct cpu *cpu;
	int index;

	for (index = 0; machine.runs() && index < 64 && (cpu = machine.cpu(index)); index++) {
		if (machine.is_stopped(cpu) && !was_stopped[index])
			return machine.runs();
	}
	return false;
}

/* The main thread, when that of the CPUs sleeps or waits. */
static void stop_at_breakpoint(void)
{
	machine.lock(__FILE__, __LINE__);
	if (met_breakpoint())
		machine.stop(STATE_DEBUG);
	machine.unlock();
}

/* The thread of the CPUs takes QEMU's lock before each round of CPUs. */
int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	const struct timespec moment = { .tv_nsec = 20 * 1000 };
	int looks;

	if (!next_mutex_lock)
		find_next();
	if (has_debugger && this_role() == ROLE_CPUS && !machine.is_locked() && met_breakpoint()) {
		let_main_run();
		for (looks = 0; looks < 500 * 1000 && machine.runs(); looks++)
			nanosleep(&moment, NULL);
		atomic_store(&cpus_sleep, 0);
	}
	return next_mutex_lock(mutex);
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
	if (condition == atomic_load(&halt_condition)) {
		if (has_debugger && this_role() == ROLE_MAIN)
			remember_stopped();
		atomic_store(&cpus_sleep, 0);
	}
	return next_cond_broadcast(condition);
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
	/* eventfd(2): eight bytes. Nothing else of QEMU's that is as long matters if it is taken for one. */
	if (count == 8 && descriptor >= 0 && descriptor < DESCRIPTORS) {
		switch (this_role()) {
		case ROLE_CPUS:
			atomic_store(&is_of_cpus[descriptor], true);
			break;
		case ROLE_OTHER:
			atomic_store(&is_called, true);
			break;
		default:
			break;
		}
	}
	return next_write(descriptor, bytes, count);
}

static bool comes_from_outside(struct pollfd *polled, nfds_t count)
{
	nfds_t index;

	if (atomic_load(&is_called))
		return true;
	for (index = 0; index < count; index++) {
		int descriptor = polled[index].fd;

		if (polled[index].revents &&
		    (descriptor < 0 || descriptor >= DESCRIPTORS || !atomic_load(&is_of_cpus[descriptor])))
			return true;
	}
	return false;
}

int ppoll(struct pollfd *polled, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	const struct timespec now = { 0 };
	int result = next_ppoll(polled, count, timeout, mask);
	int error = errno;
	int looks = 0;
	/* Of the main thread, which alone gets that far. */
	static bool is_stopping;

	if (this_role() != ROLE_MAIN)
		return result;
	while (!atomic_load(&cpus_sleep)) {
		if (syscall(SYS_futex, &cpus_sleep, FUTEX_WAIT_PRIVATE, 0, &look, NULL, 0) == 0 || errno != ETIMEDOUT)
			continue;
		looks++;
		/* With no time to wait it may be a timer of the host's clock, which QEMU holds the CPUs for. */
		if (looks >= LOOKS_ANY || (timeout && looks >= LOOKS_TIMER))
			break;
		result = next_ppoll(polled, count, &now, mask);
		error = errno;
		if (looks >= LOOKS_OUTSIDE && comes_from_outside(polled, count))
			break;
	}
	if (has_debugger && !is_stopping && atomic_load(&cpus_sleep)) {
		/* Stopping the machine may poll, too. */
		is_stopping = true;
		stop_at_breakpoint();
		is_stopping = false;
	}
	atomic_store(&is_called, false);
	errno = error;
	return result;
}
