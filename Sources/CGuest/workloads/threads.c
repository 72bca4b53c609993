// SPDX-License-Identifier: Apache-2.0
/*
 * threads.c - many threads in one process
 *
 * All of a round are alive at the same time: none ends before the last one is
 * there.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#define STACK_SIZE 65536

struct round {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int go;
	uint64_t burn_ns;
};

static void *live(void *argument)
{
	struct round *round = argument;

	pthread_mutex_lock(&round->lock);
	while (!round->go)
		pthread_cond_wait(&round->changed, &round->lock);
	pthread_mutex_unlock(&round->lock);
	if (round->burn_ns)
		workload_burn(round->burn_ns);
	return round;
}

static int start_thread(pthread_t *thread, struct round *round, struct guest_tally *tally)
{
	pthread_attr_t attributes;
	uint64_t waited = 0;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	while ((error = pthread_create(thread, &attributes, live, round))) {
		if (error != EAGAIN && error != ENOMEM)
			break;
		tally->refused++;
		if (waited >= PATIENCE_NS || guest_workload_stopped())
			break;
		guest_workload_sleep(1000000);
		waited += 1000000;
	}
	pthread_attr_destroy(&attributes);
	return error;
}

static void do_round(pthread_t *threads, uint64_t count, struct round *round, struct guest_tally *tally)
{
	uint64_t started = 0;
	void *result;

	round->go = 0;
	while (started < count && !guest_workload_stopped()) {
		tally->error = start_thread(&threads[started], round, tally);
		if (tally->error)
			break;
		started++;
	}
	tally->started += started;
	pthread_mutex_lock(&round->lock);
	round->go = 1;
	pthread_cond_broadcast(&round->changed);
	pthread_mutex_unlock(&round->lock);
	for (uint64_t i = 0; i < started; i++) {
		if (pthread_join(threads[i], &result) == 0) {
			tally->ended++;
			tally->wrong += result != round;
		}
	}
}

void guest_threads(uint64_t count, uint64_t rounds, uint64_t burn_ns, struct guest_tally *tally)
{
	struct round round = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.burn_ns = burn_ns,
	};
	pthread_t *threads = calloc(count, sizeof(*threads));

	if (!threads) {
		tally->error = ENOMEM;
		return;
	}
	workload_ready();
	for (uint64_t i = 0; i < rounds && !tally->error && !guest_workload_stopped(); i++)
		do_round(threads, count, &round, tally);
	workload_done();
	free(threads);
}
