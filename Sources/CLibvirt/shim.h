/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * System calls that Swift cannot reach: variadic C functions are not imported,
 * and glibc before 2.36 has no pidfd functions.
 */

/* Makes orphaned descendants children of this process. */
static inline int pacct_become_subreaper(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

/* A descriptor that names the process even after its number was given to another. */
static inline int pacct_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int pacct_pidfd_send_signal(int fd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, number, (void *)0, 0);
}

/* Gives the file's blocks in the range back to the file system; the size stays. */
static inline int pacct_punch_hole(int fd, off_t offset, off_t length)
{
	return fallocate(fd, 0x01 /* KEEP_SIZE */ | 0x02 /* PUNCH_HOLE */, offset, length);
}

/* lseek(2)'s whence for the next data and the next hole: hidden without _GNU_SOURCE. */
static inline int pacct_seek_data(void)
{
	return 3;
}

static inline int pacct_seek_hole(void)
{
	return 4;
}

/* copy_file_range(2), hidden likewise: from one file to the same place in another. */
static inline ssize_t pacct_copy_range(int from, int to, off_t offset, size_t length)
{
	off_t source = offset, target = offset;

	return syscall(SYS_copy_file_range, from, &source, to, &target, length, 0);
}

/* The environment, for posix_spawn(3): Swift does not let a global variable of C be read. */
static inline char **pacct_environment(void)
{
	extern char **environ;

	return environ;
}

/* fcntl(2) is variadic too. */
static inline int pacct_set_close_on_exec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* <spawn.h> hides both from a program that does not ask for GNU's additions. */
#define PACCT_SPAWN_SETSID 0x80
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
