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

/* Rates that were given, of P-cores and of E-cores. */
static struct {
	unsigned int nr;
	struct {
		u64 config;
		u32 rate;
	} event[MAX_PROGRAMMED];
} programmed[2];

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
 * @ecore:	of an E-core
 *
 * Return: counts per SIM_PMU_RATE_UNIT units of running time
 */
u64 sim_pmu_rate(u64 config, bool ecore)
{
	u64 event = config & 0xff;
	u64 umask = (config >> 8) & 0xff;
	u64 rate = 500 + 125 * ((event + umask) % 31);

	for (unsigned int i = 0; i < programmed[ecore].nr; i++) {
		if (programmed[ecore].event[i].config == config)
			return programmed[ecore].event[i].rate;
	}
	return ecore ? rate / 2 : rate;
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

static int program_rate(char *pair, bool ecore)
{
	char *colon = strchr(pair, ':');
	u64 config;
	u32 rate;
	int ret;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	ret = kstrtou64(pair, 0, &config);
	if (!ret)
		ret = kstrtou32(colon + 1, 0, &rate);
	if (ret)
		return ret;
	/* Beyond this a narrow counter wraps faster than a timer can see. */
	if (rate > SIM_PMU_MAX_RATE)
		return -ERANGE;
	if (programmed[ecore].nr == MAX_PROGRAMMED)
		return -ENOSPC;
	programmed[ecore].event[programmed[ecore].nr].config = config;
	programmed[ecore].event[programmed[ecore].nr].rate = rate;
	programmed[ecore].nr++;
	return 0;
}

/**
 * sim_pmu_program_rates - take the parameter rates or ecore_rates
 * @text:	"CONFIG:RATE[,CONFIG:RATE...]", numbers as in C, or empty
 * @ecore:	which of the two
 *
 * Return: 0, -EINVAL when @text is something else, -ERANGE when a rate is too
 * high, -ENOSPC when there are too many
 */
int sim_pmu_program_rates(const char *text, bool ecore)
{
	while (*text) {
		char pair[40];
		size_t length = strcspn(text, ",");
		int ret;

		if (length >= sizeof(pair))
			return -EINVAL;
		memcpy(pair, text, length);
		pair[length] = '\0';
		ret = program_rate(pair, ecore);
		if (ret)
			return ret;
		text += length;
		text += *text == ',';
	}
	return 0;
}
