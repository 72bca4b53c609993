// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "sample.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

#define MAX_CACHES 512
#define MAX_NAME 64
#define MAX_STATS 64

/* How long the system rests before it is looked at: callbacks of RCU, kworkers. */
#define SETTLE_NS 50000000

/* Caches at the first look, in the agent's memory and so in its children's. */
static char known[MAX_CACHES][MAX_NAME];
static int nr_known;

/* What is to be said of a cache. */
enum kind { OTHER, MODULE, KMALLOC, PERF_EVENT };

static int is_known(const char *name)
{
	for (int i = 0; i < nr_known; i++) {
		if (!strcmp(known[i], name))
			return 1;
	}
	return 0;
}

static enum kind kind_of(const char *name)
{
	if (!is_known(name))
		return MODULE;
	if (!strncmp(name, "kmalloc-", strlen("kmalloc-")))
		return KMALLOC;
	return strcmp(name, "perf_event") ? OTHER : PERF_EVENT;
}

/* The next cache of an open /proc/slabinfo; 0 at its end. */
static int next_cache(FILE *file, char name[MAX_NAME], unsigned long long *objects)
{
	char line[256];

	while (fgets(line, sizeof(line), file)) {
		/* "slabinfo - version: 2.1", and "# name  <active_objs> ..." */
		if (sscanf(line, "%63s %llu", name, objects) == 2 && name[0] != '#')
			return 1;
	}
	return 0;
}

void guest_remember_caches(void)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	unsigned long long objects;

	if (!file)
		return;
	while (nr_known < MAX_CACHES && next_cache(file, known[nr_known], &objects))
		nr_known++;
	fclose(file);
}

static void shrink(const char *name)
{
	char path[sizeof("/sys/kernel/slab//shrink") + MAX_NAME];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* A cache that refuses is less exact, no more. */
	if (write(fd, "1", 1) < 0)
		fprintf(stderr, "%s: %m\n", path);
	close(fd);
}

static void shrink_caches(void)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	unsigned long long objects;
	char name[MAX_NAME];

	if (!file)
		return;
	while (next_cache(file, name, &objects)) {
		if (kind_of(name) != OTHER)
			shrink(name);
	}
	fclose(file);
}

static void print_caches(void)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	unsigned long long objects, sums[PERF_EVENT + 1] = { 0 };
	char name[MAX_NAME];

	/* Without the first look every cache would be the module's. */
	if (!file || !nr_known)
		return;
	while (next_cache(file, name, &objects))
		sums[kind_of(name)] += objects;
	fclose(file);
	printf("value module_objects %llu\n", sums[MODULE]);
	printf("value kmalloc_objects %llu\n", sums[KMALLOC]);
	printf("value perf_events %llu\n", sums[PERF_EVENT]);
}

static void print_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib;
	char line[128];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			printf("value free_kib %llu\n", kib);
		else if (sscanf(line, "SUnreclaim: %llu kB", &kib) == 1)
			printf("value slab_kib %llu\n", kib);
	}
	fclose(file);
}

static int is_live(const char *module)
{
	char path[sizeof("/sys/module//initstate") + MAX_NAME], state[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(state, sizeof(state), file))
		state[0] = 0;
	fclose(file);
	return !strcmp(state, "live\n");
}

/*
 * What has just exited is freed after a grace period. The system call waits for
 * one where there is more than one CPU (membarrier(2)); the callbacks run soon
 * after.
 */
static void settle(void)
{
	struct timespec moment = { .tv_nsec = SETTLE_NS };

	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	nanosleep(&moment, NULL);
}

/* Tasks made since boot; 0 when that cannot be read. */
static unsigned long long count_forks(void)
{
	FILE *file = fopen("/proc/stat", "re");
	unsigned long long forks = 0;
	/* The line of interrupts is long, and comes in pieces: none begins with this word. */
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "processes %llu", &forks) == 1)
			break;
	}
	fclose(file);
	return forks;
}

static void print_stats(void)
{
	FILE *file = fopen("/proc/pacct_energy/stats", "re");
	unsigned long long value;
	char line[256], name[MAX_NAME], more;

	if (!file)
		return;
	for (int i = 0; i < MAX_STATS && fgets(line, sizeof(line), file);) {
		if (sscanf(line, "%63s %llu %c", name, &value, &more) != 2)
			continue;
		printf("value stat:%s %llu\n", name, value);
		i++;
	}
	fclose(file);
}

static void take(const char *module)
{
	unsigned long long forks;
	struct timespec now;

	forks = count_forks();
	settle();
	shrink_caches();
	clock_gettime(CLOCK_BOOTTIME, &now);
	printf("sample %lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
	printf("forks %llu\n", forks);
	printf("loaded %d\n", is_live(module));
	print_caches();
	print_memory();
	print_stats();
	printf("quiet %d\n", count_forks() == forks);
	puts("end");
	fflush(stdout);
}

pid_t guest_fork_sample(const char *module, int out, int err)
{
	pid_t pid = fork();

	if (pid == 0) {
		child_prepare(out, err);
		closefrom(STDERR_FILENO + 1);
		take(module);
		_exit(0);
	}
	return pid;
}
