/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - what every child of PID 1 does first; not for Swift
 */
#ifndef PACCT_CHILD_H
#define PACCT_CHILD_H

/*
 * A session and process group of its own, all signals unblocked, standard input
 * from /dev/null, standard output and error on the given descriptors.
 */
void child_prepare(int out, int err);

#endif
