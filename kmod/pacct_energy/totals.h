/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * totals.h - what events counted in all
 */
#ifndef PACCT_TOTALS_H
#define PACCT_TOTALS_H

#include <linux/types.h>

#include "tasks.h"

/**
 * struct pacct_total - what an event counted in all
 * @count:	events, not scaled
 * @enabled_ns:	time it was to be counted, ns
 * @lag_ns:	part of that during which it had no counter, ns
 */
struct pacct_total {
	u64 count;
	u64 enabled_ns;
	u64 lag_ns;
};

void pacct_totals_add(unsigned int core, const struct pacct_sums *sums);
struct pacct_total pacct_totals_get(unsigned int core, unsigned int i);

#endif /* PACCT_TOTALS_H */
