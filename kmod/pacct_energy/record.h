/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - makes records
 */
#ifndef PACCT_RECORD_H
#define PACCT_RECORD_H

#include "tasks.h"

void pacct_record_task(const struct traced_task *t,
		       const struct pacct_exit *exit, u32 flags);
void pacct_record_final(struct traced_task *t);
void pacct_record_orphan(struct task_struct *task);
void pacct_record_remaining(void);

#endif /* PACCT_RECORD_H */
