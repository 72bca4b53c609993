// SPDX-License-Identifier: Apache-2.0
/*
 * cgroups.c - processes that are moved from cgroup to cgroup while they run
 *
 * The groups are made for it and removed at the end; each move is read back.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"

static int write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done = -1;
	int error;

	if (file >= 0) {
		done = write(file, text, strlen(text));
		error = errno;
		close(file);
		errno = error;
	}
	return done == (ssize_t)strlen(text) ? 0 : -1;
}

static void name_group(char *path, size_t size, uint32_t group)
{
	snprintf(path, size, ROOT "/moves-%d-%u", getpid(), group);
}

static int move(pid_t pid, uint32_t group)
{
	char path[128], text[32];

	name_group(path, sizeof(path), group);
	strcat(path, "/cgroup.procs");
	snprintf(text, sizeof(text), "%d", pid);
	return write_text(path, text);
}

/* /proc/PID/cgroup has one line for the unified hierarchy: 0::PATH */
static int is_in(pid_t pid, uint32_t group)
{
	char path[128], wanted[128], found[256];
	ssize_t length = -1;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		length = read(file, found, sizeof(found) - 1);
		close(file);
	}
	found[length > 0 ? length : 0] = '\0';
	name_group(wanted, sizeof(wanted), group);
	snprintf(path, sizeof(path), "0::%s\n", wanted + strlen(ROOT));
	return strstr(found, path) != NULL;
}

static void storm(uint64_t seed, uint64_t count, uint32_t groups, struct crew *crew,
		  struct guest_tally *tally)
{
	while ((!count || tally->started < count) && !guest_workload_stopped()) {
		pid_t pid = crew->pids[guest_workload_random(&seed) % crew->number];
		uint32_t group = guest_workload_random(&seed) % groups;

		tally->started++;
		if (move(pid, group)) {
			tally->error = errno;
			return;
		}
		tally->ended++;
		tally->wrong += !is_in(pid, group);
	}
}

void guest_cgroup_moves(uint64_t seed, uint64_t count, uint32_t tasks, uint32_t groups,
			struct guest_tally *tally)
{
	struct crew crew;
	char path[128];
	uint32_t made = 0;

	/* Without controllers a move changes nothing but a name. Those there are will do. */
	for (const char **name = (const char *[]){ "+cpu", "+memory", "+pids", NULL }; *name; name++)
		write_text(ROOT "/cgroup.subtree_control", *name);
	while (made < groups && !tally->error) {
		name_group(path, sizeof(path), made);
		if (mkdir(path, 0755))
			tally->error = errno;
		else
			made++;
	}
	if (!tally->error) {
		if (!crew_start(&crew, tasks, compute_and_sleep, NULL, tally) && crew.number)
			storm(seed, count, groups, &crew, tally);
		crew_tell(&crew);
		crew_collect(&crew, tally);
	}
	while (made) {
		name_group(path, sizeof(path), --made);
		if (rmdir(path) && !tally->error)
			tally->error = errno;
	}
}
