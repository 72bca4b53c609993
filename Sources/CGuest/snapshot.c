// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

/* kmemleak reports nothing younger than five seconds (MSECS_MIN_AGE). */
#define LEAK_AGE_SECONDS 6

/* The section that is being made. The child has one thread. */
static char text[GUEST_SECTION_LIMIT];
static size_t length;
static int cut;

static void begin(void)
{
	length = 0;
	cut = 0;
}

static void add(const char *format, ...)
{
	size_t room = sizeof(text) - length;
	va_list arguments;
	int needed;

	va_start(arguments, format);
	needed = vsnprintf(text + length, room, format, arguments);
	va_end(arguments);
	if (needed < 0 || (size_t)needed >= room)
		cut = 1;
	else
		length += needed;
}

static void write_all(const char *bytes, size_t count)
{
	while (count) {
		ssize_t put = write(STDOUT_FILENO, bytes, count);

		if (put < 0 && errno == EINTR)
			continue;
		/* Without its reader the child has nothing to do. */
		if (put < 0)
			_exit(1);
		bytes += put;
		count -= put;
	}
}

static void end(const char *name, int error)
{
	char header[96];
	int size = snprintf(header, sizeof(header), "%s %d %zu\n", name,
			    error ? error : cut ? EFBIG : 0, length);

	write_all(header, size);
	write_all(text, length);
	write_all("\n", 1);
}

static void add_file(const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;
	ssize_t got;

	begin();
	while (fd >= 0) {
		char probe;

		if (length == sizeof(text)) {
			cut = read(fd, &probe, 1) > 0;
			break;
		}
		got = read(fd, text + length, sizeof(text) - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			error = errno;
		if (got <= 0)
			break;
		length += got;
	}
	if (fd >= 0)
		close(fd);
	end(name, error);
}

/* Names of a folder, one a line, without those of processes. */
static void add_names(const char *name, const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	begin();
	if (!folder)
		return end(name, errno);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || (entry->d_name[0] >= '0' && entry->d_name[0] <= '9'))
			continue;
		for (char *c = entry->d_name; *c; c++) {
			if (*c < ' ')
				*c = '?';
		}
		add("%s\n", entry->d_name);
	}
	closedir(folder);
	end(name, 0);
}

static void add_counter(const struct guest_counters *counters, int cpu, int event)
{
	struct {
		uint64_t value, enabled, running;
	} read_out;
	int fd = counters->fds[cpu * counters->events + event];
	ssize_t got = fd < 0 ? -1 : read(fd, &read_out, sizeof(read_out));

	/* A counter whose CPU has gone offline gives end of file. */
	if (got != sizeof(read_out))
		add("cpu%d %d error %d\n", cpu, event, fd < 0 ? -fd : got < 0 ? errno : ENODEV);
	else
		add("cpu%d %d %llu %llu %llu\n", cpu, event, (unsigned long long)read_out.value,
		    (unsigned long long)read_out.enabled, (unsigned long long)read_out.running);
}

static void add_counters(const char *name, const struct guest_counters *counters)
{
	begin();
	for (int cpu = 0; cpu < counters->cpus; cpu++) {
		for (int event = 0; event < counters->events; event++)
			add_counter(counters, cpu, event);
	}
	end(name, counters->cpus > 0 && counters->events > 0 ? 0 : ENOENT);
}

/* Makes every CPU switch tasks. */
static void visit_cpus(void)
{
	struct timespec moment = { .tv_nsec = 1000 };
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	cpu_set_t all;

	/* Otherwise each sleep is 50 us longer than it has to be. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	CPU_ZERO(&all);
	for (int cpu = 0; cpu < cpus && cpu < CPU_SETSIZE; cpu++) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CPU_SET(cpu, &all);
		/* One that is offline has nothing running. */
		if (sched_setaffinity(0, sizeof(one), &one) == 0)
			nanosleep(&moment, NULL);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

static void add_leaks(void)
{
	struct timespec age = { .tv_sec = LEAK_AGE_SECONDS };
	int fd = open(KMEMLEAK, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;
	/* See kmod/witness. Where it is not loaded, it only takes longer. */
	int unchecked = open("/proc/pacct_unchecked", O_RDONLY | O_CLOEXEC);

	/* A pointer that was on the move during one scan is found by the second. */
	if (fd >= 0) {
		nanosleep(&age, NULL);
		for (int i = 0; i < 2 && !error; i++)
			error = write(fd, "scan", 4) == 4 ? 0 : errno;
		close(fd);
	}
	if (unchecked >= 0)
		close(unchecked);
	if (!error)
		return add_file("kmemleak", KMEMLEAK);
	begin();
	end("kmemleak", error);
}

static void take(const struct guest_counters *counters, int leaks)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	begin();
	add("%lld", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
	end("boottime", 0);
	add_counters("counters-1", counters);
	visit_cpus();
	add_file("stats-1", "/proc/pacct_energy/stats");
	add_counters("counters-2", counters);
	add_file("tasks", "/proc/pacct_energy/tasks");
	add_file("stats-2", "/proc/pacct_energy/stats");
	add_file("stats-3", "/proc/pacct_energy/stats");
	add_file("model", "/proc/pacct_energy/model");
	add_file("schedstat", "/proc/schedstat");
	add_file("modules", "/proc/modules");
	add_file("tainted", "/proc/sys/kernel/tainted");
	add_file("slabinfo", "/proc/slabinfo");
	add_file("timers", "/proc/timer_list");
	add_file("probes", "/proc/pacct_witness");
	add_names("proc-names", "/proc");
	add_names("dev-names", "/dev");
	add_names("debugfs-names", "/sys/kernel/debug");
	if (leaks)
		add_leaks();
}

/* The counters stay open; what else PID 1 has open is not the child's. */
static void close_others(const struct guest_counters *counters)
{
	int last = STDERR_FILENO;

	for (int i = 0; i < counters->cpus * counters->events; i++) {
		if (counters->fds[i] > last)
			last = counters->fds[i];
	}
	for (int fd = STDERR_FILENO + 1; fd <= last; fd++) {
		int keep = 0;

		for (int i = 0; i < counters->cpus * counters->events; i++)
			keep |= counters->fds[i] == fd;
		if (!keep)
			close(fd);
	}
	closefrom(last + 1);
}

pid_t guest_fork_snapshot(const struct guest_counters *counters, int leaks, int out, int err)
{
	pid_t pid = fork();

	if (pid == 0) {
		child_prepare(out, err);
		close_others(counters);
		take(counters, leaks);
		_exit(0);
	}
	return pid;
}

int guest_open_counter(uint32_t type, uint64_t config, int cpu)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}
