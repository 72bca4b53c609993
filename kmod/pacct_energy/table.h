/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - an event table out of a parameter
 */
#ifndef PACCT_TABLE_H
#define PACCT_TABLE_H

#include "model.h"

/**
 * struct pacct_custom_table - a table that somebody gave in a parameter
 * @events:	its events
 * @table:	the table
 */
struct pacct_custom_table {
	struct pacct_event events[PACCT_ENERGY_MAX_EVENTS];
	struct pacct_table table;
};

int pacct_parse_table(const char *text, struct pacct_custom_table *custom);

#endif /* PACCT_TABLE_H */
