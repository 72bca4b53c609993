/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * canary.h - a module that misbehaves on purpose
 *
 * The lab proves with it that it notices what it claims to notice. Everything
 * here breaks a rule, each in a way in which a beginner would break
 * pacct_energy; nothing here is an example to follow.
 *
 * To add a misdeed, write its start function in the file of its family, add one
 * line to the table at the end of that file, and one entry to canaries.yaml,
 * which says what must be found. The line that is to blame is marked with a
 * comment, "guilty: NAME"; where there are several (an endless loop, the two
 * sides of a race), all are, and finding one of them is enough. A new file also
 * goes into Kbuild, and its table below and into main.c.
 */
#ifndef CANARY_H
#define CANARY_H

#include <linux/types.h>

/**
 * struct canary_misdeed - one way to misbehave
 * @name:	what the parameter misdeed= calls it
 * @start:	called when the module is loaded, in process context; what it
 *		returns is what loading the module returns
 * @stop:	called when the module is unloaded; may be NULL
 * @what:	what happens, for the list in the kernel log
 */
struct canary_misdeed {
	const char *name;
	int (*start)(void);
	void (*stop)(void);
	const char *what;
};

/* The families. Each table ends with an entry without a name. */
extern const struct canary_misdeed canary_agent[];
extern const struct canary_misdeed canary_crash[];
extern const struct canary_misdeed canary_hang[];
extern const struct canary_misdeed canary_lifecycle[];
extern const struct canary_misdeed canary_locks[];
extern const struct canary_misdeed canary_memory[];
extern const struct canary_misdeed canary_race[];
extern const struct canary_misdeed canary_records[];
extern const struct canary_misdeed canary_sleep[];

#endif /* CANARY_H */
