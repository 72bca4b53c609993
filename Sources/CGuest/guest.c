// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "guest.h"
#include "workload.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The Swift runtime looks for itself in /proc/self before main() and aborts
 * when it finds nothing, so /proc must be there before it starts. Lower
 * priorities run first; 101 is the first one that is not reserved.
 */
__attribute__((constructor(101))) static void mount_proc(void)
{
	if (getpid() != 1)
		return;
	mkdir("/proc", 0555);
	mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

void child_prepare(int out, int err)
{
	sigset_t none;
	int null;

	setsid();
	setpriority(PRIO_PROCESS, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDONLY);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
}

static void become_child(int out, int err)
{
	child_prepare(out, err);
	closefrom(STDERR_FILENO + 1);
}

static int copy_file(const char *path)
{
	static char buffer[16384];
	ssize_t got, put, done;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		for (done = 0; done < got; done += put) {
			put = write(STDOUT_FILENO, buffer + done, got - done);
			if (put < 0)
				return errno;
		}
	}
	return got < 0 ? errno : 0;
}

static int copy_log(void)
{
	/* 3: read all of it, 10: its size (man 2 syslog). */
	int size = klogctl(10, NULL, 0);
	char *buffer = size > 0 ? malloc(size) : NULL;
	int got = buffer ? klogctl(3, buffer, size) : -1;

	if (got < 0)
		return errno;
	for (int done = 0; done < got;) {
		ssize_t put = write(STDOUT_FILENO, buffer + done, got - done);

		if (put < 0)
			return errno;
		done += put;
	}
	return 0;
}

static int child_call(enum guest_call call, const char *first, const char *second, size_t length,
		      int faults)
{
	int fd = -1;

	if (call == GUEST_LOAD_MODULE || call == GUEST_WRITE_FILE) {
		fd = open(first, (call == GUEST_LOAD_MODULE ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
		if (fd < 0)
			return errno;
	}
	if (faults && guest_fail_me(1))
		return errno;
	switch (call) {
	case GUEST_LOAD_MODULE:
		return syscall(SYS_finit_module, fd, second, 0) ? errno : 0;
	case GUEST_UNLOAD_MODULE:
		return syscall(SYS_delete_module, first, O_NONBLOCK) ? errno : 0;
	case GUEST_WRITE_FILE:
		errno = 0;
		return write(fd, second, length) == (ssize_t)length ? 0 : (errno ? errno : EIO);
	case GUEST_COPY_FILE:
		return copy_file(first);
	case GUEST_COPY_LOG:
		return copy_log();
	}
	return ENOSYS;
}

pid_t guest_fork_call(enum guest_call call, const char *first, const char *second,
		      size_t second_length, int faults, int out, int err)
{
	pid_t pid = fork();

	if (pid == 0) {
		become_child(out, err);
		_exit(child_call(call, first, second, second_length, faults));
	}
	return pid;
}

static void place(uint64_t cpus, int nice_value)
{
	cpu_set_t set;

	setpriority(PRIO_PROCESS, 0, nice_value);
	CPU_ZERO(&set);
	for (int cpu = 0; cpu < 64; cpu++) {
		if (cpus >> cpu & 1)
			CPU_SET(cpu, &set);
	}
	if (cpus)
		sched_setaffinity(0, sizeof(set), &set);
}

pid_t guest_fork_exec(char *const argv[], char *const envp[], uint64_t cpus, int nice_value,
		      int out, int err)
{
	pid_t pid = fork();

	if (pid == 0) {
		become_child(out, err);
		place(cpus, nice_value);
		/* execvpe() looks in the PATH of this process, not of envp. */
		environ = (char **)envp;
		execvpe(argv[0], argv, envp);
		dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	return pid;
}

int guest_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC);
}

int guest_child_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

void guest_clear_signals(int descriptor)
{
	struct signalfd_siginfo information;

	/* Who died is asked of waitpid(2); this only makes the descriptor quiet again. */
	while (read(descriptor, &information, sizeof(information)) > 0)
		;
}

int guest_console_verbose(void)
{
	/* SYSLOG_ACTION_CONSOLE_LEVEL (man 2 syslog); 7 prints up to KERN_INFO. */
	return klogctl(8, NULL, 7);
}

void guest_power_off(void)
{
	/*
	 * S5 through the PM1a control register of the ICH9, which is where the
	 * firmware of QEMU's q35 puts it (PMBASE 0x600 + 4): works without an ACPI
	 * interpreter in the kernel. SLP_EN is bit 13, SLP_TYP of S5 is 0.
	 */
	const struct timespec moment = { .tv_sec = 10 };

	sync();
	if (ioperm(0x604, 2, 1) == 0) {
		outw(0x2000, 0x604);
		/* QEMU stops the machine when it comes to it. Until then nothing more is to be seen of the guest. */
		nanosleep(&moment, NULL);
	}
	reboot(RB_POWER_OFF);
}
