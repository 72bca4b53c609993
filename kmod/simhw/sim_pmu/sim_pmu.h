/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_pmu.h - a performance monitoring unit for machines that have none
 *
 * The PMU stands behind PERF_TYPE_RAW, and so behind PERF_TYPE_HARDWARE, which
 * the perf core maps to it. Its counters count nothing real. What they show
 * follows from the time they ran, exactly:
 *
 *	count = floor(T * rate / 1000)
 *
 * T is the time the event was running (scheduled onto a counter and started),
 * summed over its whole life, in units of the module's parameter @mode:
 *
 *	mode=ns		nanoseconds of local_clock(), the clock perf itself uses
 *	mode=tsc	ticks of the time stamp counter; under QEMU's -icount, where
 *			time passes with instructions, a fixed number of
 *			instructions a tick
 *
 * @rate is counts per 1000 units, at most 10^6. It depends on the event's config
 * and the PMU alone:
 *
 *	rate = 500 + 125 * ((event + umask) mod 31)
 *
 * with event = config[7:0] and umask = config[15:8], unless the parameter
 * @rates names the config ("0x3c:3000,0x01d3:7" gives two events a rate each).
 * E-cores count half of that, rounded down, unless @ecore_rates names the config.
 * The generic events of PERF_TYPE_HARDWARE count as the architectural event
 * that Intel defines for them: PERF_COUNT_HW_INSTRUCTIONS is config 0xc0.
 *
 * floor() is taken of the total, not of pieces: however often an event is
 * read, stopped and started, no count is lost to rounding.
 *
 * A counter is @width bits wide and wraps. The driver adds what a counter
 * gained since it was last read, modulo 2^width, as drivers of real counters
 * do; a timer reads each running counter before it can wrap twice over, as the
 * overflow interrupt of a real one does.
 *
 * A machine with two types of cores: the parameter @ecores lists the CPUs that
 * are E-cores. Then there are two PMUs, as the kernel has on hybrid Intel CPUs:
 * "cpu_core", still behind PERF_TYPE_RAW, for the others, and "cpu_atom" with a
 * type of its own for these. Neither counts on the other's CPUs: an event of a
 * CPU can be opened only with its PMU (ENOENT), and T of a task's event stands
 * still while the task is on a CPU of the other type. A generic event goes to
 * the PMU whose type is in config[63:32]; with none there, to that of its CPU,
 * and an event of a task to cpu_core.
 *
 * A CPU has @nr_counters counters; an event beyond that waits its turn, and
 * the perf core rotates. With nr_counters=0 no event can be opened (EINVAL,
 * as for an event that no real PMU could ever schedule).
 *
 * Filters by privilege level are accepted and ignored: T has no levels.
 * Sampling is refused, there is no interrupt (PERF_PMU_CAP_NO_INTERRUPT).
 */
#ifndef SIM_PMU_H
#define SIM_PMU_H

#include <linux/cpumask.h>
#include <linux/perf_event.h>
#include <linux/types.h>

#define SIM_PMU_MAX_COUNTERS 16
#define SIM_PMU_RATE_UNIT 1000
#define SIM_PMU_MAX_RATE 1000000

/* Parameters, fixed once the module is loaded. */
extern unsigned int sim_pmu_nr_counters;
extern unsigned int sim_pmu_width;
extern bool sim_pmu_counts_tsc;
extern struct cpumask sim_pmu_ecores;

bool sim_pmu_is_atom(const struct pmu *pmu);
bool sim_pmu_counts_on(const struct pmu *pmu, int cpu);

u64 sim_pmu_rate(u64 config, bool ecore);
int sim_pmu_program_rates(const char *text, bool ecore);
int sim_pmu_refusal(u64 config);

int sim_pmu_event_init(struct perf_event *event);
int sim_pmu_event_add(struct perf_event *event, int flags);
void sim_pmu_event_del(struct perf_event *event, int flags);
void sim_pmu_event_start(struct perf_event *event, int flags);
void sim_pmu_event_stop(struct perf_event *event, int flags);
void sim_pmu_event_read(struct perf_event *event);

#endif /* SIM_PMU_H */
