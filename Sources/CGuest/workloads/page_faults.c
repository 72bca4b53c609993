// SPDX-License-Identifier: Apache-2.0
/*
 * page_faults.c - page faults of every kind that ends well: first touch, touch
 * after the page was given back, read and copy on write of a file's page
 *
 * Every page is looked at: a fault that shows another page, or an old one, is
 * noticed.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul

struct faults {
	uint64_t seed;
	uint64_t count;
	uint32_t pages;
	uint64_t *touched;	/* of each process */
};

static volatile uint64_t *page(void *memory, uint32_t number)
{
	return (volatile uint64_t *)((char *)memory + number * PAGE);
}

/* A walk through the numbers below a power of two that meets each once, those too high left out. */
static uint32_t permuted(uint32_t i, uint32_t pages, uint64_t chance)
{
	uint32_t size = 1;

	while (size < pages)
		size *= 2;
	do {
		i = (i * ((uint32_t)chance | 1) + (uint32_t)(chance >> 32)) & (size - 1);
	} while (i >= pages);
	return i;
}

/* Pages that nobody has touched are zero, and keep what is written. */
static int touch(void *memory, uint32_t pages, uint64_t chance)
{
	int wrong = 0;

	for (uint32_t i = 0; i < pages; i++) {
		uint32_t number = permuted(i, pages, chance);

		wrong |= *page(memory, number) != 0;
		*page(memory, number) = chance + number;
	}
	for (uint32_t i = 0; i < pages; i++)
		wrong |= *page(memory, i) != chance + i;
	return wrong;
}

/* What is written through a private mapping stays there, and the file is as it was. */
static int copy_on_write(int file, uint32_t pages, uint64_t chance)
{
	void *shared = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	void *own = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	int wrong = 0;

	if (shared == MAP_FAILED || own == MAP_FAILED)
		return 1;
	for (uint32_t i = 0; i < pages; i++)
		*page(shared, i) = i;
	for (uint32_t i = 0; i < pages; i++) {
		uint32_t number = permuted(i, pages, chance);

		wrong |= *page(own, number) != number;
		*page(own, number) = chance;
		wrong |= *page(shared, number) != number;
	}
	munmap(own, pages * PAGE);
	munmap(shared, pages * PAGE);
	return wrong;
}

static int do_round(int file, uint32_t pages, uint64_t chance)
{
	void *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int wrong;

	if (memory == MAP_FAILED)
		return 1;
	/* A huge page would be a single fault. */
	madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
	wrong = touch(memory, pages, chance);
	wrong |= madvise(memory, pages * PAGE, MADV_DONTNEED) != 0;
	wrong |= touch(memory, pages, chance + 1);
	munmap(memory, pages * PAGE);
	return wrong | copy_on_write(file, pages, chance);
}

static int live(uint32_t number, void *argument)
{
	struct faults *faults = argument;
	uint64_t random = stream_of(faults->seed, number);
	int file = memfd_create("page-faults", MFD_CLOEXEC);
	int wrong = 0;

	if (file < 0 || ftruncate(file, faults->pages * PAGE))
		return 2;
	for (uint64_t i = 0; (!faults->count || i < faults->count) && !guest_workload_stopped(); i++) {
		wrong |= do_round(file, faults->pages, guest_workload_random(&random));
		faults->touched[number] += 3 * faults->pages;
	}
	return wrong;
}

void guest_page_faults(uint64_t seed, uint64_t count, uint32_t tasks, uint32_t pages,
		       struct guest_tally *tally)
{
	struct faults faults = { .seed = seed, .count = count, .pages = pages };
	struct crew crew;

	faults.touched = shared_memory(tasks * sizeof(*faults.touched), tally);
	if (!faults.touched)
		return;
	crew_start(&crew, tasks, live, &faults, tally);
	crew_collect(&crew, tally);
	for (uint32_t i = 0; i < tasks; i++)
		tally->ended += faults.touched[i];
	tally->started =
		count && !guest_workload_stopped() ? count * tasks * 3 * pages : tally->ended;
}
