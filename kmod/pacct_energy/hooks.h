/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hooks.h - the tracepoint hooks
 */
#ifndef PACCT_HOOKS_H
#define PACCT_HOOKS_H

int pacct_hooks_register(void);
void pacct_hooks_unregister(void);

#endif /* PACCT_HOOKS_H */
