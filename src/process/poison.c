/* The inputs that killed workers last, by a keyed hash, so that nobody can make an input that has another one refused.
 * A pool in which no worker has died pays one load a call. What is in memory handed over is not looked at, so such
 * calls are never refused. */
#include "process/poison.h"

#include <string.h>

#include "base/sys.h"

static uint64_t turn(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = turn(v[1], 13) ^ v[0];
	v[0] = turn(v[0], 32);
	v[2] += v[3];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = turn(v[1], 17) ^ v[2];
	v[2] = turn(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-2-4 (Aumasson, Bernstein 2012) of the function and its input. */
static uint64_t hash_of(const struct poison *p, hob_call_fn *fn, const struct hob_call *call)
{
	uint64_t v[4] = { p->key[0] ^ 0x736f6d6570736575u, p->key[1] ^ 0x646f72616e646f6du,
			  p->key[0] ^ 0x6c7967656e657261u, p->key[1] ^ 0x7465646279746573u };
	const char *at = call->in;
	size_t left = call->in_len;
	uint64_t word;

	sip_word(v, (uintptr_t)fn);
	for (; left >= 8; at += 8, left -= 8) {
		memcpy(&word, at, 8);
		sip_word(v, word);
	}
	word = 0;
	if (left)
		memcpy(&word, at, left);
	sip_word(v, word | (uint64_t)call->in_len << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void poison_init(struct poison *p, unsigned deaths_max)
{
	p->key[0] = sys.random();
	p->key[1] = sys.random();
	p->deaths_max = deaths_max;
}

/* Under the lock. */
static unsigned find(const struct poison *p, uint64_t hash)
{
	unsigned i = 0;

	while (i < p->n && p->entries[i].hash != hash)
		i++;
	return i;
}

bool poison_refuses(struct poison *p, hob_call_fn *fn, const struct hob_call *call)
{
	uint64_t hash;
	unsigned i;
	bool refused;

	if (!at_load(&p->n, RELAXED) || call->nshared)
		return false;
	hash = hash_of(p, fn, call);
	lock(&p->lock);
	i = find(p, hash);
	refused = i < p->n && p->entries[i].deaths >= p->deaths_max;
	unlock(&p->lock);
	return refused;
}

void poison_count(struct poison *p, hob_call_fn *fn, const struct hob_call *call)
{
	uint64_t hash;
	unsigned i;

	if (call->nshared)
		return;
	hash = hash_of(p, fn, call);
	lock(&p->lock);
	i = find(p, hash);
	if (i == p->n && i < POISON_ENTRIES) {
		p->entries[i].hash = hash;
		at_store(&p->n, i + 1, RELAXED);
	} else if (i == p->n) {
		i = p->next;
		p->next = (i + 1) % POISON_ENTRIES;
		p->entries[i].hash = hash;
		p->entries[i].deaths = 0;
	}
	p->entries[i].deaths++;
	unlock(&p->lock);
}
