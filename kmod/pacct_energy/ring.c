// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - the last records, in bounded memory
 *
 * A writer never waits: when the ring is full, the oldest record is
 * overwritten. Each reader has a cursor of its own, the sequence number of the
 * record it wants next.
 *
 * Locking: ring_lock protects everything here. It is held for the copy of one
 * record. Writers are the worker and the exit hook (preemption off, hence a raw
 * lock), readers are in process context; never under the run queue's lock,
 * never in interrupts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "ring.h"

static unsigned int ring_records = 8192;
module_param(ring_records, uint, 0444);
MODULE_PARM_DESC(ring_records, "records kept for readers (default: 8192)");

static DEFINE_RAW_SPINLOCK(ring_lock);
static struct pacct_entry *entries;
static u64 size;
static u64 head; /* sequence number of the next record */
static u64 read; /* all records before this one have been read by somebody */
static u64 lost;

static u64 oldest(void)
{
	return head > size ? head - size : 0;
}

/**
 * pacct_ring_put - add a record
 * @record:	the record; its seq and lost are filled in
 * @diff:	the last differences, or NULL if there are none
 * @last_core:	the type of core that they are of
 *
 * Context: preemption off or process context.
 */
void pacct_ring_put(struct pacct_energy_record *record, const u64 *diff,
		    unsigned int last_core)
{
	struct pacct_entry *entry;

	raw_spin_lock(&ring_lock);
	entry = &entries[head & (size - 1)];
	if (head >= size && head - size >= read)
		lost++;
	record->seq = head;
	record->lost = lost;
	entry->record = *record;
	entry->last_core = last_core;
	if (diff)
		memcpy(entry->diff, diff, sizeof(entry->diff));
	else
		memset(entry->diff, 0, sizeof(entry->diff));
	WRITE_ONCE(head, head + 1);
	raw_spin_unlock(&ring_lock);
}

/**
 * pacct_ring_get - copy out the next record
 * @cursor:	where the reader is; moved beyond the record. Where records have
 *		been overwritten it is moved to the oldest there is
 * @entry:	where to copy it
 *
 * Return: whether there was one
 */
bool pacct_ring_get(u64 *cursor, struct pacct_entry *entry)
{
	bool found;

	raw_spin_lock(&ring_lock);
	if (*cursor < oldest())
		*cursor = oldest();
	found = *cursor < head;
	if (found) {
		*entry = entries[*cursor & (size - 1)];
		(*cursor)++;
	}
	raw_spin_unlock(&ring_lock);
	return found;
}

/**
 * pacct_ring_mark_read - note that a reader has got records
 * @cursor:	its cursor: all records before it have been read
 */
void pacct_ring_mark_read(u64 cursor)
{
	raw_spin_lock(&ring_lock);
	if (cursor > read)
		read = cursor;
	raw_spin_unlock(&ring_lock);
}

/**
 * pacct_ring_head - where the ring ends
 *
 * Return: the sequence number that the next record will have
 */
u64 pacct_ring_head(void)
{
	return READ_ONCE(head);
}

/**
 * pacct_ring_oldest - where the ring begins
 *
 * Return: the sequence number of the oldest record that is still there
 */
u64 pacct_ring_oldest(void)
{
	u64 seq;

	raw_spin_lock(&ring_lock);
	seq = oldest();
	raw_spin_unlock(&ring_lock);
	return seq;
}

/**
 * pacct_ring_lost - records overwritten before anybody read them
 *
 * Return: their number since load
 */
u64 pacct_ring_lost(void)
{
	return READ_ONCE(lost);
}

/**
 * pacct_ring_size - how many records the ring holds
 *
 * Return: their number
 */
u64 pacct_ring_size(void)
{
	return size;
}

/**
 * pacct_ring_init - make the ring
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int pacct_ring_init(void)
{
	if (ring_records < 16 || ring_records > 1 << 20)
		return -EINVAL;
	size = roundup_pow_of_two(ring_records);
	head = 0;
	read = 0;
	lost = 0;
	entries = kvcalloc(size, sizeof(*entries), GFP_KERNEL);
	return entries ? 0 : -ENOMEM;
}

/** pacct_ring_destroy - free the ring */
void pacct_ring_destroy(void)
{
	kvfree(entries);
}
