// SPDX-License-Identifier: GPL-2.0-only
/*
 * rates.c - how fast an event counts, and which events are refused
 *
 * Context: the table is filled while the module is loaded, before the PMU is
 * registered, and is only read afterwards. No locks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "sim_pmu.h"

#define MAX_PROGRAMMED 64

static struct {
	u64 config;
	u32 rate;
} programmed[MAX_PROGRAMMED];
static unsigned int nr_programmed;

static unsigned int refuse_errno;
module_param(refuse_errno, uint, 0444);
MODULE_PARM_DESC(refuse_errno,
		 "refuse to open events with this errno (0: open them)");

static u64 refuse[MAX_PROGRAMMED];
static int nr_refused;
module_param_array(refuse, ullong, &nr_refused, 0444);
MODULE_PARM_DESC(refuse, "configs that refuse_errno is for (default: all)");

/**
 * sim_pmu_rate - the rate of an event
 * @config:	raw config, event | umask << 8
 *
 * Return: counts per SIM_PMU_RATE_UNIT units of running time
 */
u64 sim_pmu_rate(u64 config)
{
	u64 event = config & 0xff;
	u64 umask = (config >> 8) & 0xff;

	for (unsigned int i = 0; i < nr_programmed; i++) {
		if (programmed[i].config == config)
			return programmed[i].rate;
	}
	return 500 + 125 * ((event + umask) % 31);
}

/**
 * sim_pmu_refusal - whether an event is refused
 * @config:	raw config
 *
 * Return: 0 or the negative errno to refuse it with
 */
int sim_pmu_refusal(u64 config)
{
	if (!refuse_errno || refuse_errno > MAX_ERRNO)
		return 0;
	for (int i = 0; i < nr_refused; i++) {
		if (refuse[i] == config)
			return -(int)refuse_errno;
	}
	return nr_refused ? 0 : -(int)refuse_errno;
}

/**
 * sim_pmu_program_rates - take the parameter rates
 * @text:	"CONFIG:RATE[,CONFIG:RATE...]", numbers as in C
 *
 * Return: 0, -EINVAL when @text is something else, -ENOSPC when it is too long
 */
int sim_pmu_program_rates(const char *text)
{
	while (*text) {
		char pair[40];
		size_t length = strcspn(text, ",");
		char *colon;
		int ret;

		if (length >= sizeof(pair))
			return -EINVAL;
		if (nr_programmed == MAX_PROGRAMMED)
			return -ENOSPC;
		memcpy(pair, text, length);
		pair[length] = '\0';
		colon = strchr(pair, ':');
		if (!colon)
			return -EINVAL;
		*colon = '\0';
		ret = kstrtou64(pair, 0, &programmed[nr_programmed].config);
		if (ret)
			return ret;
		ret = kstrtou32(colon + 1, 0, &programmed[nr_programmed].rate);
		if (ret)
			return ret;
		nr_programmed++;
		text += length;
		text += *text == ',';
	}
	return 0;
}
