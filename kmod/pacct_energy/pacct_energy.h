/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pacct_energy.h - the energy model: events, coefficients, and for which CPUs
 *
 * Energy in microjoules = (sum of count * coefficient) >> 32. Coefficients come
 * out of a regression and are retrained often; they may be negative. To change
 * the model, change the data here; nothing else depends on what it says.
 *
 * Read only; included by model.c alone.
 */
#ifndef PACCT_ENERGY_H
#define PACCT_ENERGY_H

#include <linux/array_size.h>
#include <linux/perf_event.h>

#include <asm/cpu_device_id.h>
#include <asm/intel-family.h>

#include "model.h"

/* The config of a raw event of x86. */
#define RAW(event, umask) ((event) | (umask) << 8)

/* Golden Cove, Raptor Cove; fitted on the authors' machine. */
static const struct pacct_event intel_pcore_events[] = {
	{ PERF_TYPE_RAW, RAW(0x3c, 0x00), 63840, "CPU_CLK_UNHALTED.THREAD_P" },
	{ PERF_TYPE_RAW, RAW(0xc0, 0x00), 491702, "INST_RETIRED.ANY_P" },
	{ PERF_TYPE_RAW, RAW(0x20, 0x01), -239221,
	  "OFFCORE_REQUESTS_OUTSTANDING.DEMAND_DATA_RD" },
	{ PERF_TYPE_RAW, RAW(0xc4, 0x00), 226492,
	  "BR_INST_RETIRED.ALL_BRANCHES" },
	{ PERF_TYPE_RAW, RAW(0xd3, 0x01), 202299,
	  "MEM_LOAD_L3_MISS_RETIRED.LOCAL_DRAM" },
	{ PERF_TYPE_RAW, RAW(0x00, 0x01), -178523, "INST_RETIRED.ANY" },
	{ PERF_TYPE_RAW, RAW(0x21, 0x01), -151731,
	  "OFFCORE_REQUESTS.DEMAND_DATA_RD" },
	{ PERF_TYPE_RAW, RAW(0xa6, 0x02), 138130, "EXE_ACTIVITY.1_PORTS_UTIL" },
};

/* Gracemont. Not fitted yet: counts, and an energy of zero. */
static const struct pacct_event intel_ecore_events[] = {
	{ PERF_TYPE_RAW, RAW(0x3c, 0x00), 0, "CPU_CLK_UNHALTED.CORE_P" },
	{ PERF_TYPE_RAW, RAW(0xc0, 0x00), 0, "INST_RETIRED.ANY_P" },
	{ PERF_TYPE_RAW, RAW(0xc4, 0x00), 0, "BR_INST_RETIRED.ALL_BRANCHES" },
	{ PERF_TYPE_RAW, RAW(0xc5, 0x00), 0, "BR_MISP_RETIRED.ALL_BRANCHES" },
	{ PERF_TYPE_RAW, RAW(0x2e, 0x4f), 0, "LONGEST_LAT_CACHE.REFERENCE" },
	{ PERF_TYPE_RAW, RAW(0x2e, 0x41), 0, "LONGEST_LAT_CACHE.MISS" },
};

/* Zen, all generations: six counters. Not fitted yet. */
static const struct pacct_event amd_zen_events[] = {
	{ PERF_TYPE_RAW, RAW(0x76, 0x00), 0, "ls_not_halted_cyc" },
	{ PERF_TYPE_RAW, RAW(0xc0, 0x00), 0, "ex_ret_instr" },
	{ PERF_TYPE_RAW, RAW(0xc2, 0x00), 0, "ex_ret_brn" },
	{ PERF_TYPE_RAW, RAW(0xc3, 0x00), 0, "ex_ret_brn_misp" },
	{ PERF_TYPE_RAW, RAW(0x29, 0x03), 0,
	  "ls_dispatch.ld_dispatch+store_dispatch" },
	{ PERF_TYPE_RAW, RAW(0x64, 0x70), 0, "l2_cache_req_stat.hits" },
};

/* What nearly every PMU can count, by the kernel's generic numbers. Not fitted. */
static const struct pacct_event generic_events[] = {
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0, "cycles" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 0, "instructions" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 0,
	  "branches" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, 0, "branch-misses" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, 0,
	  "cache-references" },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, 0, "cache-misses" },
};

/*
 * The tables, by number (pacct_energy_core.table). New ones go to the end:
 * the numbers are in records that people keep.
 */
enum {
	PACCT_TABLE_CUSTOM,
	PACCT_TABLE_GENERIC,
	PACCT_TABLE_INTEL_PCORE,
	PACCT_TABLE_INTEL_ECORE,
	PACCT_TABLE_AMD_ZEN,
};

static const struct pacct_table tables[] = {
	[PACCT_TABLE_GENERIC] = { "generic", generic_events,
				  ARRAY_SIZE(generic_events) },
	[PACCT_TABLE_INTEL_PCORE] = { "intel-pcore", intel_pcore_events,
				      ARRAY_SIZE(intel_pcore_events) },
	[PACCT_TABLE_INTEL_ECORE] = { "intel-ecore", intel_ecore_events,
				      ARRAY_SIZE(intel_ecore_events) },
	[PACCT_TABLE_AMD_ZEN] = { "amd-zen", amd_zen_events,
				  ARRAY_SIZE(amd_zen_events) },
};

/* Which CPU has which table; the first match counts. */
static const struct x86_cpu_id cpu_tables[] = {
	X86_MATCH_VFM(INTEL_ALDERLAKE, PACCT_TABLE_INTEL_PCORE),
	X86_MATCH_VFM(INTEL_ALDERLAKE_L, PACCT_TABLE_INTEL_PCORE),
	X86_MATCH_VFM(INTEL_RAPTORLAKE, PACCT_TABLE_INTEL_PCORE),
	X86_MATCH_VFM(INTEL_RAPTORLAKE_P, PACCT_TABLE_INTEL_PCORE),
	X86_MATCH_VFM(INTEL_RAPTORLAKE_S, PACCT_TABLE_INTEL_PCORE),
	X86_MATCH_VFM(INTEL_SAPPHIRERAPIDS_X, PACCT_TABLE_INTEL_PCORE),
	X86_MATCH_VFM(INTEL_EMERALDRAPIDS_X, PACCT_TABLE_INTEL_PCORE),
	X86_MATCH_VFM(INTEL_ATOM_GRACEMONT, PACCT_TABLE_INTEL_ECORE),
	X86_MATCH_VENDOR_FAM(AMD, 0x17, PACCT_TABLE_AMD_ZEN),
	X86_MATCH_VENDOR_FAM(AMD, 0x19, PACCT_TABLE_AMD_ZEN),
	X86_MATCH_VENDOR_FAM(AMD, 0x1a, PACCT_TABLE_AMD_ZEN),
	{}
};

/*
 * The same for the E-cores of hybrid CPUs: both types of core are one model to
 * CPUID, and differ by their PMU.
 */
static const struct x86_cpu_id ecore_tables[] = {
	X86_MATCH_VFM(INTEL_ALDERLAKE, PACCT_TABLE_INTEL_ECORE),
	X86_MATCH_VFM(INTEL_ALDERLAKE_L, PACCT_TABLE_INTEL_ECORE),
	X86_MATCH_VFM(INTEL_RAPTORLAKE, PACCT_TABLE_INTEL_ECORE),
	X86_MATCH_VFM(INTEL_RAPTORLAKE_P, PACCT_TABLE_INTEL_ECORE),
	X86_MATCH_VFM(INTEL_RAPTORLAKE_S, PACCT_TABLE_INTEL_ECORE),
	{}
};

#endif /* PACCT_ENERGY_H */
