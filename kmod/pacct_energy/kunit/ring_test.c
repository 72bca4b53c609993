// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_test.c - order, overwriting and loss of records
 */
#include <linux/completion.h>
#include <linux/kthread.h>

#include "../ring.h"
#include "suites.h"

static void put(s32 pid)
{
	struct pacct_energy_record record = { .pid = pid };
	u64 diff[PACCT_ENERGY_MAX_EVENTS] = { pid };

	pacct_ring_put(&record, diff, 1);
}

static void put_many(u64 number)
{
	for (u64 i = 0; i < number; i++)
		put(i);
}

static int start(struct kunit *test)
{
	return pacct_ring_init();
}

static void stop(struct kunit *test)
{
	pacct_ring_destroy();
}

static void is_empty_at_first(struct kunit *test)
{
	struct pacct_entry entry;
	u64 cursor = 0;

	KUNIT_EXPECT_EQ(test, 0, pacct_ring_head());
	KUNIT_EXPECT_EQ(test, 0, pacct_ring_oldest());
	KUNIT_EXPECT_EQ(test, 0, pacct_ring_lost());
	KUNIT_EXPECT_FALSE(test, pacct_ring_get(&cursor, &entry));
	KUNIT_EXPECT_EQ(test, 0, cursor);
}

static void keeps_order(struct kunit *test)
{
	struct pacct_entry entry;
	u64 cursor = 0;

	put_many(10);
	for (u64 i = 0; i < 10; i++) {
		KUNIT_ASSERT_TRUE(test, pacct_ring_get(&cursor, &entry));
		KUNIT_EXPECT_EQ(test, i, entry.record.seq);
		KUNIT_EXPECT_EQ(test, i, entry.record.pid);
		KUNIT_EXPECT_EQ(test, i, entry.diff[0]);
		KUNIT_EXPECT_EQ(test, 1, entry.last_core);
		KUNIT_EXPECT_EQ(test, i + 1, cursor);
	}
	KUNIT_EXPECT_FALSE(test, pacct_ring_get(&cursor, &entry));
}

static void has_no_differences_unless_given(struct kunit *test)
{
	struct pacct_energy_record record = {};
	struct pacct_entry entry;
	u64 cursor = pacct_ring_size();

	/* Into the place of one that had some. */
	put_many(pacct_ring_size());
	pacct_ring_put(&record, NULL, 0);
	KUNIT_ASSERT_TRUE(test, pacct_ring_get(&cursor, &entry));
	for (unsigned int i = 0; i < PACCT_ENERGY_MAX_EVENTS; i++)
		KUNIT_EXPECT_EQ(test, 0, entry.diff[i]);
}

static void overwrites_the_oldest(struct kunit *test)
{
	u64 size = pacct_ring_size();
	struct pacct_entry entry;
	u64 cursor = 0;

	put_many(size);
	KUNIT_EXPECT_EQ(test, 0, pacct_ring_oldest());
	KUNIT_EXPECT_EQ(test, 0, pacct_ring_lost());
	put_many(3);
	KUNIT_EXPECT_EQ(test, 3, pacct_ring_oldest());
	KUNIT_EXPECT_EQ(test, 3, pacct_ring_lost());
	/* A reader that comes too late sees a gap in the numbers. */
	KUNIT_ASSERT_TRUE(test, pacct_ring_get(&cursor, &entry));
	KUNIT_EXPECT_EQ(test, 3, entry.record.seq);
	cursor = size + 2;
	KUNIT_ASSERT_TRUE(test, pacct_ring_get(&cursor, &entry));
	KUNIT_EXPECT_EQ(test, 3, entry.record.lost);
	KUNIT_EXPECT_FALSE(test, pacct_ring_get(&cursor, &entry));
}

static void loses_only_what_nobody_has_read(struct kunit *test)
{
	u64 size = pacct_ring_size();

	put_many(size);
	pacct_ring_mark_read(5);
	/* Another reader that is behind changes nothing. */
	pacct_ring_mark_read(2);
	put_many(5);
	KUNIT_EXPECT_EQ(test, 0, pacct_ring_lost());
	put_many(2);
	KUNIT_EXPECT_EQ(test, 2, pacct_ring_lost());
	pacct_ring_mark_read(pacct_ring_head());
	put_many(size);
	KUNIT_EXPECT_EQ(test, 2, pacct_ring_lost());
}

static void serves_several_readers(struct kunit *test)
{
	struct pacct_entry entry;
	u64 first = 0, second = 0;

	put_many(4);
	for (u64 i = 0; i < 4; i++) {
		KUNIT_ASSERT_TRUE(test, pacct_ring_get(&first, &entry));
		KUNIT_EXPECT_EQ(test, i, entry.record.seq);
	}
	KUNIT_EXPECT_EQ(test, 0, second);
	for (u64 i = 0; i < 4; i++) {
		KUNIT_ASSERT_TRUE(test, pacct_ring_get(&second, &entry));
		KUNIT_EXPECT_EQ(test, i, entry.record.seq);
	}
}

/**
 * struct follower - a reader that reads while somebody writes
 * @last:	number of the record to read last
 * @read:	records it has read
 * @wrong:	records that were not what they should have been
 * @done:	it has read the last one
 */
struct follower {
	u64 last;
	u64 read;
	u64 wrong;
	struct completion done;
};

static int follow(void *data)
{
	struct follower *follower = data;
	u64 cursor = 0, before = 0;
	struct pacct_entry entry;

	while (cursor <= follower->last) {
		if (!pacct_ring_get(&cursor, &entry)) {
			cond_resched();
			continue;
		}
		if (entry.record.seq != (u64)entry.record.pid ||
		    entry.diff[0] != entry.record.seq ||
		    entry.record.seq + 1 != cursor ||
		    (follower->read && entry.record.seq <= before))
			follower->wrong++;
		before = entry.record.seq;
		follower->read++;
	}
	complete(&follower->done);
	return 0;
}

static void readers_follow_a_writer(struct kunit *test)
{
	static struct follower followers[3];
	u64 number = 4 * pacct_ring_size();

	for (unsigned int i = 0; i < ARRAY_SIZE(followers); i++) {
		struct task_struct *task;

		followers[i] = (struct follower){ .last = number - 1 };
		init_completion(&followers[i].done);
		task = kthread_run(follow, &followers[i], "follower/%u", i);
		/* One that was not started must not be waited for. */
		if (IS_ERR(task)) {
			complete(&followers[i].done);
			KUNIT_FAIL(test, "no thread: %pe", task);
		}
	}
	put_many(number);
	for (unsigned int i = 0; i < ARRAY_SIZE(followers); i++) {
		wait_for_completion(&followers[i].done);
		KUNIT_EXPECT_GT(test, followers[i].read, 0);
		KUNIT_EXPECT_EQ(test, 0, followers[i].wrong);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_empty_at_first),
	KUNIT_CASE(keeps_order),
	KUNIT_CASE(has_no_differences_unless_given),
	KUNIT_CASE(overwrites_the_oldest),
	KUNIT_CASE(loses_only_what_nobody_has_read),
	KUNIT_CASE(serves_several_readers),
	KUNIT_CASE(readers_follow_a_writer),
	{},
};

struct kunit_suite pacct_ring_suite = {
	.name = "pacct_energy_ring",
	.init = start,
	.exit = stop,
	.test_cases = cases,
};
