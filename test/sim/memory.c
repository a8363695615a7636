/* Memory, all of which is given back before the end of its world. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "explore.h"
#include "kernel.h"

#define ARENA ((size_t)512 << 20)
#define AREAS 64
#define GUARD 0x5afe5afe5afe5afeu

struct head {
	struct head *next, *prev;
	void *base, *by; /* by whom */
	struct process *process;
	size_t bytes;
	uint64_t guard[2];
};

struct area {
	char *mem;
	size_t bytes;
};

static struct head blocks;
static char *arena;
static struct area areas[AREAS];

static void *take(size_t align, size_t bytes, void *by)
{
	char *base, *mem;
	struct head *h;

	if (sim_fault(FAULT_MEMORY))
		return NULL;
	base = calloc(1, sizeof *h + align + bytes + sizeof(uint64_t));
	mem = (char *)(((uintptr_t)base + sizeof *h + align - 1) & ~(uintptr_t)(align - 1));
	h = (struct head *)mem - 1;
	*h = (struct head){ &blocks, blocks.prev, base, by, kernel_process(), bytes, { GUARD, GUARD } };
	h->next->prev = h->prev->next = h;
	memcpy(mem + bytes, h->guard, sizeof(uint64_t));
	return mem;
}

static void *alloc(size_t bytes)
{
	return take(16, bytes, __builtin_return_address(0));
}

static void *alloc_aligned(size_t align, size_t bytes)
{
	return take(align, bytes, __builtin_return_address(0));
}

static void give(void *mem)
{
	struct head *h = (struct head *)mem - 1;

	if (!mem)
		return;
	SIM_CHECK(h->guard[1] == GUARD && memcmp((char *)mem + h->bytes, h->guard, sizeof(uint64_t)) == 0);
	h->next->prev = h->prev;
	h->prev->next = h->next;
	memset(mem, 0x5a, h->bytes < 4096 ? h->bytes : 4096);
	h->guard[1] = 0;
	free(h->base);
}

/* A process that ends takes its memory along. */
void memory_forget(struct process *p)
{
	for (struct head *h = blocks.next, *next; h != &blocks; h = next) {
		next = h->next;
		if (h->process == p)
			give(h + 1);
	}
}

/* The lowest place in the arena that is free. */
static int map(size_t bytes, int prot, void **out)
{
	char *at = arena;
	unsigned i = 0;

	(void)prot;
	bytes = (bytes + 4095) & ~(size_t)4095;
	if (sim_fault(FAULT_MAP))
		return -ENOMEM;
	while (i < AREAS && areas[i].mem && areas[i].mem < at + bytes) {
		at = areas[i].mem + areas[i].bytes;
		i++;
	}
	if (areas[AREAS - 1].mem || at + bytes > arena + ARENA)
		return -ENOMEM;
	memmove(&areas[i + 1], &areas[i], (AREAS - 1 - i) * sizeof *areas);
	areas[i] = (struct area){ at, bytes };
	*out = at;
	return 0;
}

static int unmap(void *mem, size_t bytes)
{
	unsigned i = 0;

	bytes = (bytes + 4095) & ~(size_t)4095;
	if (kernel_unmap(mem))
		return 0;
	while (i < AREAS && areas[i].mem != mem)
		i++;
	if (i == AREAS || areas[i].bytes != bytes)
		sim_fail("unmapped what is not mapped");
	madvise(mem, bytes, MADV_DONTNEED);
	memmove(&areas[i], &areas[i + 1], (AREAS - 1 - i) * sizeof *areas);
	areas[AREAS - 1] = (struct area){ 0 };
	return 0;
}

static int protect(void *mem, size_t bytes, int prot)
{
	(void)mem, (void)bytes, (void)prot;
	return sim_fault(FAULT_MAP) ? -ENOMEM : 0;
}

static int advise(void *mem, size_t bytes, int advice)
{
	(void)mem, (void)bytes, (void)advice;
	return sim_fault(FAULT_MAP) ? -ENOMEM : 0;
}

void memory_begin(void)
{
	blocks = (struct head){ .next = &blocks, .prev = &blocks };
	if (!arena)
		arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void memory_end(void)
{
	if (blocks.next != &blocks)
		sim_fail("%zu bytes were not freed, of %p", blocks.next->bytes, blocks.next->by);
	if (areas[0].mem)
		sim_fail("%zu bytes were not unmapped", areas[0].bytes);
}

void memory_table(struct sys *s)
{
	s->alloc = alloc;
	s->alloc_aligned = alloc_aligned;
	s->free = give;
	s->map = map;
	s->unmap = unmap;
	s->protect = protect;
	s->advise = advise;
}
