/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc.h - /proc/pacct_energy
 */
#ifndef PACCT_PROC_H
#define PACCT_PROC_H

int pacct_proc_init(void);
void pacct_proc_destroy(void);

#endif /* PACCT_PROC_H */
