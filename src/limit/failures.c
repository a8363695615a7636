/* The ceiling that failures find.
 *
 * The best split is the one that makes the counts likeliest (a likelihood ratio of two binomials against one). Below
 * the lowest level a few successes are supposed, so that failures at the top speak before anything else has ended.
 *
 * What fails often fails fast, and what succeeds is still running then: counting only what has ended would find every
 * pile failing at first. So jobs that have outlived the failed one count as good ones, as far as a level's average age
 * tells; and the decision is left to the next update, when the good ones that started beside it have outlived it. */
#include "limit/failures.h"

#include <math.h>

static const double SUPPOSED = 5, SUPPOSED_FAILED = 0.1;
static const double SURELY = 9;     /* twice the logarithm of the ratio: 0.3% by chance, at one split of many */
static const double OUTLIVED = 1.5; /* times the failed one's life */
static const double ENOUGH = 4000;  /* runs, of which the older half is forgotten */
static const int64_t COOL = 30000000000, COOL_MAX = 3600000000000;
static const double BELOW = 0.9; /* of the ceiling is where jobs may run */

void failures_init(struct failures *f, unsigned ceiling)
{
	*f = (struct failures){ .cap = UINT32_MAX, .ceiling = ceiling, .cool = COOL };
	if (ceiling)
		f->cap = (unsigned)fmax(1, (ceiling - 1) * BELOW);
}

static unsigned index_of(unsigned level)
{
	unsigned i = (unsigned)(4 * log2(level ? level : 1));
	return i < FAILURE_LEVELS ? i : FAILURE_LEVELS - 1;
}

void failures_job_started(struct failures *f, unsigned level, int64_t now)
{
	struct failure_level *l = &f->levels[index_of(level)];
	l->running++;
	l->since += (double)now;
}

static double likelihood(double failed, double runs)
{
	double good = runs - failed, l = 0;
	if (failed > 0)
		l += failed * log(failed / runs);
	if (good > 0)
		l += good * log(good / runs);
	return l;
}

static double good_by_now(const struct failure_level *l, int64_t now, double life)
{
	return l->running && (double)now - l->since / l->running > OUTLIVED * life ? l->running : 0;
}

struct split {
	unsigned at;
	double ratio, failed, runs;
};

/* The best split; *here becomes the ratio of the one at the ceiling. */
static struct split best_split(const struct failures *f, int64_t now, double life, double *here)
{
	double runs = SUPPOSED, failed = SUPPOSED_FAILED, below = SUPPOSED, below_failed = SUPPOSED_FAILED;
	for (unsigned i = 0; i < FAILURE_LEVELS; i++) {
		runs += f->levels[i].ended + good_by_now(&f->levels[i], now, life);
		failed += f->levels[i].failed;
	}
	struct split best = { 0 };
	double one = likelihood(failed, runs);
	for (unsigned i = 0; i < FAILURE_LEVELS; i++) {
		double above = runs - below, above_failed = failed - below_failed;
		double ratio = 2 * (likelihood(below_failed, below) + likelihood(above_failed, above) - one);
		if (f->levels[i].failed > 0 && above_failed * below > below_failed * above && ratio > best.ratio)
			best = (struct split){ i, ratio, above_failed, above };
		if (f->ceiling && i == index_of(f->ceiling))
			*here = ratio;
		below += f->levels[i].ended + good_by_now(&f->levels[i], now, life);
		below_failed += f->levels[i].failed;
	}
	return best;
}

static void lift(struct failures *f)
{
	f->ceiling = 0;
	f->cap = UINT32_MAX;
}

static void forget_half(struct failures *f)
{
	double runs = 0;
	for (unsigned i = 0; i < FAILURE_LEVELS; i++)
		runs += f->levels[i].ended;
	for (unsigned i = 0; i < FAILURE_LEVELS && runs > ENOUGH; i++) {
		f->levels[i].ended /= 2;
		f->levels[i].failed /= 2;
	}
}

void failures_job_ended(struct failures *f, unsigned level, int64_t start, int64_t now, bool failed)
{
	struct failure_level *l = &f->levels[index_of(level)];
	double here = INFINITY, life = (double)(now - start);
	if (l->running) {
		l->running--;
		l->since = l->running ? l->since - (double)start : 0;
	}
	l->ended++;
	if (!failed) {
		f->fine += start >= f->cut;
		return;
	}
	l->lowest = l->failed > 0 && l->lowest < level ? l->lowest : level;
	l->failed++;
	f->life = f->life > 0 ? f->life + (life - f->life) / 4 : life;
	forget_half(f);
	f->suspect = f->suspect || best_split(f, now, f->life, &here).ratio >= SURELY;
	if (f->ceiling && here < SURELY)
		lift(f); /* they fail below it, too */
}

static bool lower(struct failures *f, int64_t now, struct limit_note *note)
{
	double here = INFINITY;
	struct split s = best_split(f, now, f->life, &here);
	if (s.ratio < SURELY || s.failed < 2)
		return false;
	unsigned ceiling = f->levels[s.at].lowest;
	if (ceiling < 2 || (f->ceiling && ceiling >= f->ceiling))
		return false;
	f->ceiling = ceiling;
	f->cap = ceiling / 2;
	f->cut = now;
	f->fine = 0;
	note->reason = LIMIT_FAILURES;
	note->failed = (unsigned)s.failed;
	note->runs = (unsigned)s.runs;
	note->ceiling = ceiling;
	return true;
}

static void raise(struct failures *f, int64_t now)
{
	if (f->fine >= f->cap && f->fine >= 2)
		f->cap = (unsigned)fmax(1, fmax(f->cap, (f->ceiling - 1) * BELOW));
	if (now - f->cut < f->cool)
		return;
	f->cut = now;
	f->cool = f->cool < COOL_MAX ? 2 * f->cool : COOL_MAX;
	for (unsigned i = index_of(f->ceiling); i < FAILURE_LEVELS; i++)
		f->levels[i].ended = f->levels[i].failed = 0;
	f->ceiling += f->ceiling / 4 + 1;
	f->cap = (unsigned)fmax(1, (f->ceiling - 1) * BELOW);
}

bool failures_update(struct failures *f, int64_t now, struct limit_note *note)
{
	bool suspect = f->suspect;
	f->suspect = false;
	if (suspect && lower(f, now, note))
		return true;
	if (f->ceiling)
		raise(f, now);
	return false;
}
