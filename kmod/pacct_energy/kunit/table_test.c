// SPDX-License-Identifier: GPL-2.0-only
/*
 * table_test.c - the built-in event tables, and those in parameters
 */
#include "../pacct_energy.h"
#include "../table.h"
#include "suites.h"

static int parse(const char *text, struct pacct_custom_table *custom)
{
	memset(custom, 0xa5, sizeof(*custom));
	return pacct_parse_table(text, custom);
}

static void takes_tables(struct kunit *test)
{
	struct pacct_custom_table custom;

	KUNIT_ASSERT_EQ(test, 0, parse("0x01d3:63840,192:-5", &custom));
	KUNIT_ASSERT_EQ(test, 2, custom.table.nr);
	KUNIT_EXPECT_PTR_EQ(test, custom.table.events,
			    (const struct pacct_event *)custom.events);
	KUNIT_EXPECT_EQ(test, PERF_TYPE_RAW, custom.events[0].type);
	KUNIT_EXPECT_EQ(test, 0x1d3, custom.events[0].config);
	KUNIT_EXPECT_EQ(test, 63840, custom.events[0].coefficient);
	KUNIT_EXPECT_EQ(test, 192, custom.events[1].config);
	KUNIT_EXPECT_EQ(test, -5, custom.events[1].coefficient);
}

static void takes_as_many_as_there_is_room_for(struct kunit *test)
{
	struct pacct_custom_table custom;

	KUNIT_EXPECT_EQ(test, 0,
			parse("1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8", &custom));
	KUNIT_EXPECT_EQ(test, PACCT_ENERGY_MAX_EVENTS, custom.table.nr);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			parse("1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9", &custom));
}

static void takes_large_numbers(struct kunit *test)
{
	struct pacct_custom_table custom;

	KUNIT_ASSERT_EQ(test, 0,
			parse("0xffffffffffffffff:281474976710656", &custom));
	KUNIT_EXPECT_EQ(test, U64_MAX, custom.events[0].config);
	KUNIT_EXPECT_EQ(test, PACCT_MAX_COEFFICIENT,
			custom.events[0].coefficient);
	KUNIT_EXPECT_EQ(test, 0, parse("1:-281474976710656", &custom));
	KUNIT_EXPECT_EQ(test, -ERANGE, parse("1:281474976710657", &custom));
	KUNIT_EXPECT_EQ(test, -ERANGE, parse("1:-281474976710657", &custom));
	/* Has no absolute value. */
	KUNIT_EXPECT_EQ(test, -ERANGE,
			parse("1:-9223372036854775808", &custom));
	KUNIT_EXPECT_EQ(test, -ERANGE, parse("0x10000000000000000:1", &custom));
}

static void refuses_what_is_no_table(struct kunit *test)
{
	static const char *const texts[] = {
		"",
		",",
		"1",
		"1:",
		":1",
		"1:1,",
		",1:1",
		"a:1",
		"1:b",
		"1:1 ",
		" 1:1",
		"1:1:1",
		"-1:1",
		"1;1",
		"0x:1",
		"0x0000000000000000000000000000000000000000000000000000000000001:1",
	};
	struct pacct_custom_table custom;

	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL, parse(texts[i], &custom),
				    "\"%s\"", texts[i]);
}

static bool same(const struct pacct_event *a, const struct pacct_event *b)
{
	return a->type == b->type && a->config == b->config;
}

static void check_table(struct kunit *test, const struct pacct_table *table)
{
	KUNIT_ASSERT_NOT_NULL(test, table->name);
	KUNIT_EXPECT_GT(test, table->nr, 0);
	KUNIT_ASSERT_LE(test, table->nr, PACCT_ENERGY_MAX_EVENTS);
	for (unsigned int i = 0; i < table->nr; i++) {
		const struct pacct_event *event = &table->events[i];

		KUNIT_EXPECT_NOT_NULL(test, event->name);
		KUNIT_EXPECT_TRUE(test,
				  event->type == PERF_TYPE_RAW ||
					  event->type == PERF_TYPE_HARDWARE);
		KUNIT_EXPECT_LE(test, event->coefficient,
				PACCT_MAX_COEFFICIENT);
		KUNIT_EXPECT_GE(test, event->coefficient,
				-PACCT_MAX_COEFFICIENT);
		/* An event that is there twice would be counted twice. */
		for (unsigned int j = 0; j < i; j++)
			KUNIT_EXPECT_FALSE(test,
					   same(event, &table->events[j]));
	}
}

static void built_in_tables_are_sound(struct kunit *test)
{
	for (unsigned int i = PACCT_TABLE_CUSTOM + 1; i < ARRAY_SIZE(tables);
	     i++)
		check_table(test, &tables[i]);
}

static void check_match(struct kunit *test, const struct x86_cpu_id *id)
{
	for (; id->flags & X86_CPU_ID_FLAG_ENTRY_VALID; id++) {
		KUNIT_EXPECT_GT(test, id->driver_data, PACCT_TABLE_CUSTOM);
		KUNIT_EXPECT_LT(test, id->driver_data, ARRAY_SIZE(tables));
	}
}

static void every_cpu_has_a_table(struct kunit *test)
{
	check_match(test, cpu_tables);
	check_match(test, ecore_tables);
}

/* The records that people keep have these numbers. */
static void numbers_of_tables_are_for_good(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, "generic", tables[1].name);
	KUNIT_EXPECT_STREQ(test, "intel-pcore", tables[2].name);
	KUNIT_EXPECT_STREQ(test, "intel-ecore", tables[3].name);
	KUNIT_EXPECT_STREQ(test, "amd-zen", tables[4].name);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(takes_tables),
	KUNIT_CASE(takes_as_many_as_there_is_room_for),
	KUNIT_CASE(takes_large_numbers),
	KUNIT_CASE(refuses_what_is_no_table),
	KUNIT_CASE(built_in_tables_are_sound),
	KUNIT_CASE(every_cpu_has_a_table),
	KUNIT_CASE(numbers_of_tables_are_for_good),
	{},
};

struct kunit_suite pacct_table_suite = {
	.name = "pacct_energy_table",
	.test_cases = cases,
};
