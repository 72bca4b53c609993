/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h - the last records, in bounded memory
 */
#ifndef PACCT_RING_H
#define PACCT_RING_H

#include <linux/types.h>

#include "pacct_energy_abi.h"

/**
 * struct pacct_entry - a record and what only the kernel log says
 * @record:	the record
 * @last_core:	core type of the last slice
 * @diff:	what that slice added to the counts
 */
struct pacct_entry {
	struct pacct_energy_record record;
	unsigned int last_core;
	u64 diff[PACCT_ENERGY_MAX_EVENTS];
};

int pacct_ring_init(void);
void pacct_ring_destroy(void);
void pacct_ring_put(struct pacct_energy_record *record, const u64 *diff,
		    unsigned int last_core);
bool pacct_ring_get(u64 *cursor, struct pacct_entry *entry);
void pacct_ring_mark_read(u64 cursor);
u64 pacct_ring_head(void);
u64 pacct_ring_oldest(void);
u64 pacct_ring_lost(void);
u64 pacct_ring_size(void);

#endif /* PACCT_RING_H */
