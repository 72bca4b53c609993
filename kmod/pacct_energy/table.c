// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - an event table out of a parameter
 *
 * Context: module load; pure apart from what it fills in. No locks.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/perf_event.h>
#include <linux/string.h>

#include "table.h"

static int parse_event(char *pair, struct pacct_event *event)
{
	char *colon = strchr(pair, ':');
	int ret;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	event->type = PERF_TYPE_RAW;
	event->name = "custom";
	ret = kstrtou64(pair, 0, &event->config);
	if (!ret)
		ret = kstrtos64(colon + 1, 0, &event->coefficient);
	/* Not abs(): there is none of S64_MIN. */
	if (!ret && (event->coefficient > PACCT_MAX_COEFFICIENT ||
		     event->coefficient < -PACCT_MAX_COEFFICIENT))
		ret = -ERANGE;
	return ret;
}

/**
 * pacct_parse_table - an event table out of a text
 * @text:	"CONFIG:COEFFICIENT[,CONFIG:COEFFICIENT...]", numbers as in C
 * @custom:	the table; filled in as far as @text could be read
 *
 * Return: 0; -EINVAL if @text is something else or has too many events;
 * -ERANGE if a number is too large
 */
int pacct_parse_table(const char *text, struct pacct_custom_table *custom)
{
	custom->table = (struct pacct_table){
		.name = "custom",
		.events = custom->events,
	};
	do {
		char pair[64];
		size_t length = strcspn(text, ",");
		int ret;

		if (length >= sizeof(pair) ||
		    custom->table.nr == PACCT_ENERGY_MAX_EVENTS)
			return -EINVAL;
		memcpy(pair, text, length);
		pair[length] = '\0';
		ret = parse_event(pair, &custom->events[custom->table.nr]);
		if (ret)
			return ret;
		custom->table.nr++;
		text += length;
	} while (*text++);
	return 0;
}
