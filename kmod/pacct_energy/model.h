/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - the energy model in use, and the arithmetic of energy
 *
 * Locking: the model is chosen while the module is loaded and constant after
 * that. The arithmetic is pure, and may be used in any context.
 */
#ifndef PACCT_MODEL_H
#define PACCT_MODEL_H

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "pacct_energy_abi.h"

/* Coefficients beyond this are refused: eight products must fit 127 bits. */
#define PACCT_MAX_COEFFICIENT ((s64)BIT_ULL(48))

/**
 * struct pacct_event - one event of a table
 * @type:	perf_event_attr.type
 * @config:	perf_event_attr.config
 * @coefficient: microjoules a count, times 2^32
 * @name:	what the vendor calls it
 */
struct pacct_event {
	u32 type;
	u64 config;
	s64 coefficient;
	const char *name;
};

/**
 * struct pacct_table - the events of one kind of CPU
 * @name:	what the parameter table= calls it
 * @events:	the events, in the order of pacct_energy_record.count
 * @nr:		their number, at most PACCT_ENERGY_MAX_EVENTS
 */
struct pacct_table {
	const char *name;
	const struct pacct_event *events;
	unsigned int nr;
};

/**
 * struct pacct_model - what the module counts, and where the counts come from
 * @table:	the table
 * @number:	its number, pacct_energy_record.table
 * @source:	where counts come from
 * @pmu:	name of the PMU, empty if there is none
 */
struct pacct_model {
	const struct pacct_table *table;
	u16 number;
	enum pacct_energy_source source;
	char pmu[32];
};

extern struct pacct_model pacct_model;

int pacct_model_init(void);

/* sum of count * coefficient: at most 8 * 2^64 * 2^48 */
static inline s128 pacct_energy_sum(const u64 *count,
				    const struct pacct_table *table)
{
	s128 sum = 0;

	for (unsigned int i = 0; i < table->nr; i++)
		sum += (s128)count[i] * table->events[i].coefficient;
	return sum;
}

/**
 * pacct_energy_uj - energy of a set of counts
 * @count:	the counts, in the order of @table
 * @table:	the coefficients
 *
 * The shift is arithmetic, so that it rounds towards minus infinity and a
 * negative sum stays negative. A result that 64 bits cannot hold becomes the
 * nearest one they can.
 *
 * Return: microjoules
 */
static inline s64 pacct_energy_uj(const u64 *count,
				  const struct pacct_table *table)
{
	s128 uj = pacct_energy_sum(count, table) >> 32;

	if (uj > S64_MAX)
		return S64_MAX;
	if (uj < S64_MIN)
		return S64_MIN;
	return uj;
}

/**
 * pacct_scale - a multiplexed count, scaled to the time it was asked for
 * @count:	what the event counted while it was on a counter
 * @enabled:	time it should have counted
 * @lag:	part of @enabled during which it had no counter
 *
 * Return: @count * @enabled / (@enabled - @lag), at most U64_MAX; 0 when the
 * event never had a counter
 */
static inline u64 pacct_scale(u64 count, u64 enabled, u64 lag)
{
	u64 running;

	if (!lag)
		return count;
	if (lag >= enabled)
		return 0;
	running = enabled - lag;
	/* The quotient must fit: on x86 it faults where it does not. */
	if (mul_u64_u64_shr(count, enabled, 64) >= running)
		return U64_MAX;
	return mul_u64_u64_div_u64(count, enabled, running);
}

#endif /* PACCT_MODEL_H */
