/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * estimate.h - the worker that does what hooks must not
 */
#ifndef PACCT_ESTIMATE_H
#define PACCT_ESTIMATE_H

#include "tasks.h"

int pacct_estimate_init(void);
void pacct_estimate_start(void);
void pacct_estimate_stop(void);
void pacct_estimate_destroy(void);
void pacct_estimate_pass(void);
void pacct_estimate_bury(struct traced_task *t);
void pacct_estimate_request_scan(void);

#endif /* PACCT_ESTIMATE_H */
