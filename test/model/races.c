/* See races.h. A cell is four bytes of memory: which of them who touched last, how and when;
 * a touch of others of the four is forgotten then. Below it stands what a
 * compiler calls for each plain access of a source that it builds with -fsanitize=thread. */
#include "races.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

#define CELLS 8192u
#define HOWS 4u

struct cell {
	uintptr_t address;
	uint64_t age; /* of another execution: it is empty */
	uint16_t when[HOWS][MODEL_THREADS];
	uint8_t bytes[HOWS][MODEL_THREADS];
};

static struct cell cells[CELLS];
static uint64_t age = 1;

void races_reset(void)
{
	age++;
}

static struct cell *cell_of(uintptr_t address)
{
	size_t i = (address >> 2) * UINT64_C(0x9e3779b97f4a7c15) >> 51;

	for (unsigned n = 0; n < CELLS; n++, i = (i + 1) % CELLS) {
		if (cells[i].age == age && cells[i].address == address)
			return &cells[i];
		if (cells[i].age == age)
			continue;
		memset(&cells[i], 0, sizeof cells[i]);
		cells[i].address = address;
		cells[i].age = age;
		return &cells[i];
	}
	abort();
}

/* Two of which one is plain and one writes. */
static bool conflict(enum access a, enum access b)
{
	bool writes = a == ACCESS_WRITE || b == ACCESS_WRITE || a == ACCESS_STORE || b == ACCESS_STORE;
	bool plain = a <= ACCESS_WRITE || b <= ACCESS_WRITE;

	return writes && plain;
}

static bool note(struct cell *c, uint8_t bytes, enum access how, unsigned who, const uint16_t *clock)
{
	bool good = true;

	for (unsigned other = 0; other < HOWS; other++)
		for (unsigned i = 0; i < MODEL_THREADS && conflict(how, (enum access)other); i++)
			if (i != who && (c->bytes[other][i] & bytes) && c->when[other][i] > clock[i])
				good = false;
	c->bytes[how][who] = bytes;
	c->when[how][who] = clock[who];
	return good;
}

bool races_note(const volatile void *p, unsigned long size, enum access how, unsigned who, const uint16_t *clock)
{
	uintptr_t from = (uintptr_t)p, end = from + size;
	bool good = true;

	for (uintptr_t at = from & ~(uintptr_t)3; at < end; at += 4) {
		unsigned bytes = 0xf;

		if (at < from)
			bytes &= 0xfu << (from - at);
		if (end - at < 4)
			bytes &= 0xfu >> (4 - (end - at));
		good &= note(cell_of(at), (uint8_t)bytes, how, who, clock);
	}
	return good;
}

#define ACCESSES(size)                                                                                                 \
	void __tsan_read##size(void *p);                                                                               \
	void __tsan_write##size(void *p);                                                                              \
	void __tsan_unaligned_read##size(void *p);                                                                     \
	void __tsan_unaligned_write##size(void *p);                                                                    \
	void __tsan_read##size(void *p)                                                                                \
	{                                                                                                              \
		model_read(p, size);                                                                                   \
	}                                                                                                              \
	void __tsan_write##size(void *p)                                                                               \
	{                                                                                                              \
		model_write(p, size);                                                                                  \
	}                                                                                                              \
	void __tsan_unaligned_read##size(void *p)                                                                      \
	{                                                                                                              \
		model_read(p, size);                                                                                   \
	}                                                                                                              \
	void __tsan_unaligned_write##size(void *p)                                                                     \
	{                                                                                                              \
		model_write(p, size);                                                                                  \
	}
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

void __tsan_read_range(void *p, unsigned long size);
void __tsan_write_range(void *p, unsigned long size);
void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memset(void *to, int byte, size_t size);
void __tsan_func_entry(void *from);
void __tsan_func_exit(void);
void __tsan_init(void);
void __tsan_atomic_signal_fence(int order);

void __tsan_read_range(void *p, unsigned long size)
{
	model_read(p, size);
}

void __tsan_write_range(void *p, unsigned long size)
{
	model_write(p, size);
}

void *__tsan_memcpy(void *to, const void *from, size_t size)
{
	model_read(from, size);
	model_write(to, size);
	return memcpy(to, from, size);
}

void *__tsan_memset(void *to, int byte, size_t size)
{
	model_write(to, size);
	return memset(to, byte, size);
}

void __tsan_func_entry(void *from)
{
	(void)from;
}

void __tsan_func_exit(void)
{
}

void __tsan_init(void)
{
}

/* A compiler's own: it orders nothing that is explored. */
void __tsan_atomic_signal_fence(int order)
{
	(void)order;
}
