/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook.h - how canaries get into the kernel's tracepoints
 */
#ifndef CANARY_HOOK_H
#define CANARY_HOOK_H

#include <linux/types.h>

int canary_hook(const char *name, void *probe);
void canary_unhook(void);
bool canary_is_due(void);

#endif /* CANARY_HOOK_H */
