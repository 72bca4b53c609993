/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - records as lines of the kernel log
 */
#ifndef PACCT_LOG_H
#define PACCT_LOG_H

int pacct_log_init(void);
void pacct_log_wake(void);
void pacct_log_destroy(void);

#endif /* PACCT_LOG_H */
