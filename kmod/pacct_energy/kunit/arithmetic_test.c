// SPDX-License-Identifier: GPL-2.0-only
/*
 * arithmetic_test.c - energy and scaling at their limits
 */
#include <linux/limits.h>
#include <linux/time64.h>

#include "../model.h"
#include "suites.h"

/* A year, and what a core counts in it at 5 GHz. */
#define YEAR_NS (365ULL * 24 * 3600 * NSEC_PER_SEC)
#define YEAR_COUNT (5 * YEAR_NS)

static const struct pacct_event one_event[] = {
	{ .coefficient = 491702, .name = "one" },
};

static const struct pacct_table one = { "one", one_event, 1 };

/* The energy of a single event, whose coefficient is @coefficient. */
static s64 energy_of(u64 count, s64 coefficient)
{
	struct pacct_event event = { .coefficient = coefficient };
	struct pacct_table table = { "test", &event, 1 };

	return pacct_energy_uj(pacct_energy_sum(&count, &table));
}

static void energy_is_weighted(struct kunit *test)
{
	u64 counts[] = { 1ULL << 32, 3ULL << 32 };
	struct pacct_event events[] = {
		{ .coefficient = 7 },
		{ .coefficient = -2 },
	};
	struct pacct_table table = { "two", events, 2 };

	KUNIT_EXPECT_EQ(test, 1,
			pacct_energy_uj(pacct_energy_sum(counts, &table)));
	KUNIT_EXPECT_EQ(test, 491702, energy_of(1ULL << 32, 491702));
	KUNIT_EXPECT_EQ(test, 0, energy_of((1ULL << 32) - 1, 1));
}

static void negative_sums_stay_negative(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, -5, energy_of(1ULL << 32, -5));
	/* Rounded towards minus infinity, as the shift of a sum is. */
	KUNIT_EXPECT_EQ(test, -1, energy_of(1, -1));
	KUNIT_EXPECT_EQ(test, -6, energy_of((1ULL << 32) + 1, -5));
}

static void energy_is_clamped_only_when_shown(struct kunit *test)
{
	s64 uj = energy_of(YEAR_COUNT, -239221);

	KUNIT_EXPECT_LT(test, uj, 0);
	KUNIT_EXPECT_EQ(test, 0, pacct_energy_shown(uj));
	KUNIT_EXPECT_EQ(test, 0, pacct_energy_shown(S64_MIN));
	KUNIT_EXPECT_EQ(test, 17, pacct_energy_shown(17));
}

static void a_year_does_not_overflow(struct kunit *test)
{
	u64 count = YEAR_COUNT;

	/* 157680000000000000 * 491702 is 2^76; computed with big integers. */
	KUNIT_EXPECT_EQ(test, 18051725663244LL,
			pacct_energy_uj(pacct_energy_sum(&count, &one)));
	KUNIT_EXPECT_EQ(test, -18051725663245LL, energy_of(count, -491702));
}

static void the_largest_sum_fits(struct kunit *test)
{
	u64 counts[PACCT_ENERGY_MAX_EVENTS];
	struct pacct_event events[PACCT_ENERGY_MAX_EVENTS] = {};
	struct pacct_table table = { "large", events, ARRAY_SIZE(events) };
	s128 sum;

	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++) {
		counts[i] = U64_MAX;
		events[i].coefficient = PACCT_MAX_COEFFICIENT;
	}
	sum = pacct_energy_sum(counts, &table);
	/* 8 * (2^64 - 1) * 2^48 */
	KUNIT_EXPECT_TRUE(test, sum == ((s128)1 << 115) - ((s128)1 << 51));
	KUNIT_EXPECT_EQ(test, S64_MAX,
			pacct_energy_uj(sum * PACCT_ENERGY_MAX_CORES));
	KUNIT_EXPECT_EQ(test, S64_MIN,
			pacct_energy_uj(-sum * PACCT_ENERGY_MAX_CORES));
}

static void scaling_without_lag_changes_nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, pacct_scale(0, 0, 0));
	KUNIT_EXPECT_EQ(test, 7, pacct_scale(7, 0, 0));
	KUNIT_EXPECT_EQ(test, U64_MAX, pacct_scale(U64_MAX, YEAR_NS, 0));
}

static void scaling_makes_up_for_lag(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 20, pacct_scale(10, 100, 50));
	KUNIT_EXPECT_EQ(test, 1000, pacct_scale(10, 100, 99));
	KUNIT_EXPECT_EQ(test, 3, pacct_scale(2, 3, 1));
	/* Never on a counter: nothing is known. */
	KUNIT_EXPECT_EQ(test, 0, pacct_scale(10, 100, 100));
	KUNIT_EXPECT_EQ(test, 0, pacct_scale(10, 100, 101));
}

static void scaling_of_a_year_is_exact(struct kunit *test)
{
	/* The product needs 112 bits. */
	KUNIT_EXPECT_EQ(test, 2 * YEAR_COUNT,
			pacct_scale(YEAR_COUNT, YEAR_NS, YEAR_NS / 2));
	KUNIT_EXPECT_EQ(test, YEAR_COUNT,
			pacct_scale(YEAR_COUNT / 4, YEAR_NS, YEAR_NS / 4 * 3));
	/* A quotient that 64 bits cannot hold. */
	KUNIT_EXPECT_EQ(test, U64_MAX,
			pacct_scale(YEAR_COUNT, YEAR_NS, YEAR_NS - 1));
}

/* Two events that share a counter, in turns: totals only ever grow. */
static void scaling_never_runs_backwards(struct kunit *test)
{
	u64 count = 0, enabled = 0, lag = 0, before = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		enabled += 4000037;
		if (i % 2)
			lag += 4000037;
		else
			count += 4000037ULL * 5;
		KUNIT_EXPECT_GE(test, pacct_scale(count, enabled, lag), before);
		before = pacct_scale(count, enabled, lag);
	}
	KUNIT_EXPECT_EQ(test, before, enabled * 5);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(energy_is_weighted),
	KUNIT_CASE(negative_sums_stay_negative),
	KUNIT_CASE(energy_is_clamped_only_when_shown),
	KUNIT_CASE(a_year_does_not_overflow),
	KUNIT_CASE(the_largest_sum_fits),
	KUNIT_CASE(scaling_without_lag_changes_nothing),
	KUNIT_CASE(scaling_makes_up_for_lag),
	KUNIT_CASE(scaling_of_a_year_is_exact),
	KUNIT_CASE(scaling_never_runs_backwards),
	{},
};

struct kunit_suite pacct_arithmetic_suite = {
	.name = "pacct_energy_arithmetic",
	.test_cases = cases,
};
