// SPDX-License-Identifier: Apache-2.0
/* What a snapshot froze and a run must not share with another one. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

int guest_renew_random(uint64_t seed)
{
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	int failure = 0;

	if (fd < 0)
		return errno;
	/* Stirred in, and then every generator starts anew from the pool (random(4)). */
	if (write(fd, &seed, sizeof(seed)) != sizeof(seed) || ioctl(fd, RNDRESEEDCRNG))
		failure = errno;
	close(fd);
	return failure;
}

int guest_set_clock(uint64_t seconds)
{
	struct timespec now = { .tv_sec = (time_t)seconds };

	return clock_settime(CLOCK_REALTIME, &now) ? errno : 0;
}
