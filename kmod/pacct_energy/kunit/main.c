// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the module that has the tests
 *
 * They run when it is loaded.
 */
#include <linux/module.h>

#include "suites.h"

kunit_test_suites(&pacct_arithmetic_suite, &pacct_table_suite,
		  &pacct_ring_suite);

MODULE_DESCRIPTION("KUnit tests of pacct_energy");
MODULE_AUTHOR("The pacctlab authors");
MODULE_LICENSE("GPL");
