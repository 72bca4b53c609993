// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "proc_events.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Flags in field 9 of /proc/PID/stat, include/linux/sched.h of the kernel. */
#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

/* A whole stat line: 52 numbers of at most 20 digits and a name. */
#define STAT_SIZE 2048

/*
 * The fields of proc_pid_stat(5) that are wanted: 3 state, 4 ppid, 9 flags, 22
 * starttime. The name, field 2, may have blanks and brackets in it.
 */
static int parse_stat(struct guest_task *task, const char *line)
{
	const char *name = strchr(line, '('), *end = strrchr(line, ')');
	unsigned long flags;
	size_t length;
	char state;

	if (!name || !end || end < name)
		return -1;
	if (sscanf(end + 1,
		   " %c %d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lu",
		   &state, &task->ppid, &flags, &task->start_ticks) != 4)
		return -1;
	length = end - name - 1;
	if (length >= sizeof(task->comm))
		length = sizeof(task->comm) - 1;
	memset(task->comm, 0, sizeof(task->comm));
	memcpy(task->comm, name + 1, length);
	task->exiting = flags & PF_EXITING || state == 'Z' || state == 'X';
	task->kernel_thread = !!(flags & PF_KTHREAD);
	return 0;
}

static int read_task(struct guest_task *task, int folder, const char *name)
{
	char path[NAME_MAX + sizeof("/stat")], line[STAT_SIZE];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "%s/stat", name);
	fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (size <= 0)
		return -1;
	line[size] = '\0';
	task->pid = atoi(name);
	return parse_stat(task, line);
}

/* A process may go away at any moment: what cannot be read is not there. */
static size_t list_threads(struct guest_task *tasks, size_t max, const char *process)
{
	struct dirent *entry;
	char path[sizeof(entry->d_name) + sizeof("/proc//task")];
	size_t count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%s/task", process);
	folder = opendir(path);
	if (!folder)
		return 0;
	while (count < max && (entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		tasks[count].tgid = atoi(process);
		if (!read_task(&tasks[count], dirfd(folder), entry->d_name))
			count++;
	}
	closedir(folder);
	return count;
}

ssize_t guest_list_tasks(struct guest_task *tasks, size_t max)
{
	struct dirent *entry;
	size_t count = 0;
	DIR *proc = opendir("/proc");

	if (!proc)
		return -1;
	while (count < max && (entry = readdir(proc))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			count += list_threads(tasks + count, max - count, entry->d_name);
	}
	closedir(proc);
	return count;
}
