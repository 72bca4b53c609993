/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * suites.h - the suites of tests
 */
#ifndef PACCT_SUITES_H
#define PACCT_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite pacct_arithmetic_suite;
extern struct kunit_suite pacct_table_suite;
extern struct kunit_suite pacct_ring_suite;

#endif /* PACCT_SUITES_H */
