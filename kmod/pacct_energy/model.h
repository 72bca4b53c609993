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
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "pacct_energy_abi.h"

/* Coefficients beyond this are refused: sixteen products must fit 127 bits. */
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
 * struct pacct_core - a type of core: a PMU, and what is counted with it
 * @table:	the table
 * @number:	its number, pacct_energy_core.table
 * @pmu_type:	perf_event_attr.type of its raw events: PERF_TYPE_RAW, or that
 *		of the second PMU of a hybrid machine
 * @hybrid:	generic events must say which PMU is meant
 * @pmu:	name of the PMU, empty if there is none
 */
struct pacct_core {
	const struct pacct_table *table;
	u16 number;
	u32 pmu_type;
	bool hybrid;
	char pmu[32];
};

/**
 * struct pacct_model - what the module counts, and where the counts come from
 * @core:	the types of cores, in the order of pacct_energy_record.core
 * @nr_cores:	their number, at least 1
 * @source:	where counts come from
 */
struct pacct_model {
	struct pacct_core core[PACCT_ENERGY_MAX_CORES];
	unsigned int nr_cores;
	enum pacct_energy_source source;
};

extern struct pacct_model pacct_model;

int pacct_model_init(void);
int pacct_model_core_of(unsigned int cpu);

/* sum of count * coefficient: at most 8 * 2^64 * 2^48, and twice that of two */
static inline s128 pacct_energy_sum(const u64 *count,
				    const struct pacct_table *table)
{
	s128 sum = 0;

	for (unsigned int i = 0; i < table->nr; i++)
		sum += (s128)count[i] * table->events[i].coefficient;
	return sum;
}

/**
 * pacct_energy_uj - energy of a sum of count * coefficient
 * @sum:	the sum over all events of all types of cores
 *
 * The shift is arithmetic, so that it rounds towards minus infinity and a
 * negative sum stays negative. A result that 64 bits cannot hold becomes the
 * nearest one they can.
 *
 * Return: microjoules
 */
static inline s64 pacct_energy_uj(s128 sum)
{
	s128 uj = sum >> 32;

	if (uj > S64_MAX)
		return S64_MAX;
	if (uj < S64_MIN)
		return S64_MIN;
	return uj;
}

/* What people are shown: a negative estimate is an error of the model. */
static inline s64 pacct_energy_shown(s64 uj)
{
	return max(uj, 0LL);
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
	/*
	 * Where the compiler knows that two of its operands are equal, x86's
	 * version may have them in one register, which it overwrites.
	 */
	OPTIMIZER_HIDE_VAR(running);
	return mul_u64_u64_div_u64(count, enabled, running);
}

#endif /* PACCT_MODEL_H */
