/* The climb: how many jobs pay, judged by what they bring.
 *
 * Jobs are judged in cohorts, by the order of their start, once four fifths of a cohort have come back; those that are
 * still away count with their age (the total time on test, over the number that ended). Judging jobs in the order in
 * which they end would take the short ones for all, and a limit that rises for one that slows them down.
 *
 * A slope is only as good as the waits are alike: its error follows from their variation within cohorts, and the size
 * of a step from that, so that jobs of random length are tried with longer steps and in larger numbers.
 *
 *  BLIND    the cap is BLIND jobs, and grows with the root of the time: if they wait for minutes, hundreds may wait. As
 *           cohorts come back, they are compared: by the level while they lived, and by that when they started, for
 *           there are servers that slow down what they accept late. The worse slope counts.
 *  UP       three times as many where the slope is clearly near 1, half as many again where it is lower. Where it falls
 *           below STEEP, back to where the wait began to grow: low * ratio^slope, which is exactly the knee of a server
 *           that only queues.
 *  DOWN     fewer: kept where that brings as much.
 *  SETTLED  for some cohorts, longer each time nothing better was found; then up or down, in turns. */
#include "limit/climb.h"

#include <math.h>

enum {
	COHORT_MIN = 4,
	PATIENCE = 4, /* cohorts */
	PATIENCE_MAX = 64,
};

static const double RISES = 220;        /* the blind cap: jobs more each second, */
static const double SLOWER_FROM = 0.25; /* until then (s), */
static const double SLOWER = 0.33;      /* and with this power of the time later */
static const double STEEP = 0.5;        /* more pay */
static const double VERY_STEEP = 0.75;
static const double FLAT = 0.4; /* fewer bring as much */
static const double SURE = 3;   /* errors away: early, and looked at again and again */
static const double QUITE_SURE = 1.5;
static const double ABSURD = 1.3; /* times longer, where fewer wait than before */
static const double FAR = 2, NEAR = 1.5;
static const double BARELY_TELLING = 1.15;
static const double TELLING = 1.3;       /* levels that far apart may be compared, */
static const double TELLING_START = 2.0; /* by the levels at the start */
static const double SMALLEST_STEP = 1.33, LARGEST_STEP = 2;
static const double ALIKE = 0.005; /* the squared variation before anything is known, as if of four jobs */
static const double DOUBT = 1.5;   /* the variation of a few pairs may be too small by this over their root */
static const double NOISY = 0.4;
static const double BARELY_WAIT = 0.25; /* of their life: what they wait for does not matter */
static const double MOSTLY_COMPUTE = 0.6;
static const double SHORTEST = 1e-4; /* s */

void climb_init(struct climb *c, double cap, bool settled)
{
	*c = (struct climb){
		.cap = cap,
		.home = cap,
		.phase = settled ? CLIMB_SETTLED : CLIMB_BLIND,
		.patience = settled ? 1 : PATIENCE, /* what was learnt may not hold any more */
		.serial = 1,
		.since = 1,
		.zero = -1,
		.knee = settled,
	};
}

/* Cohorts ---------------------------------------------------------------------------------------------------------- */

static struct cohort *cohort_of(struct climb *c, uint32_t serial)
{
	struct cohort *k = &c->cohorts[serial % COHORTS];
	return k->serial == serial ? k : NULL;
}

static void next_cohort(struct climb *c)
{
	struct cohort *k = cohort_of(c, c->serial);
	if (k)
		k->closed = true;
	c->serial++;
}

struct climb_place climb_join(struct climb *c, double now, double limit, unsigned level)
{
	c->peak = fmax(c->peak, level);
	if (c->zero < 0)
		c->zero = now;
	struct cohort *k = cohort_of(c, c->serial);
	if (k && (k->joined >= k->wanted || limit > 1.2 * k->limit || limit < 0.8 * k->limit)) {
		next_cohort(c);
		k = NULL;
	}
	if (!k) {
		k = &c->cohorts[c->serial % COHORTS];
		*k = (struct cohort){
			.serial = c->serial,
			.limit = limit,
			.wanted = (unsigned)fmax(COHORT_MIN, fmin(COHORT_MAX, limit / 2)),
		};
	}
	k->started++;
	k->open_since += now - c->zero;
	return (struct climb_place){ c->serial, k->joined++ };
}

void climb_leave(struct climb *c, struct climb_place at, const struct climb_end *e)
{
	struct cohort *k = cohort_of(c, at.cohort);
	if (!k)
		return; /* it lived so long that others have its place */
	k->open_since -= e->start - c->zero;
	if (!e->counts) {
		k->started--;
		return;
	}
	double wait = fmax(SHORTEST, e->wait);
	k->ended++;
	k->level += e->level;
	k->start_level += e->start_level;
	k->wait += wait;
	k->waits[at.index] = (float)wait;
	k->life += e->now - e->start;
}

static void add(struct level *sum, const struct cohort *k, double now)
{
	double open = (k->started - k->ended) * now - k->open_since; /* the ages of those that are still away */
	sum->jobs += k->ended;
	sum->level += k->level;
	sum->start += k->start_level;
	sum->wait += k->wait + (k->life > 0 ? open * k->wait / k->life : 0);
	sum->life += k->life + open;
}

static struct level mean(struct level sum)
{
	if (sum.jobs > 0) {
		sum.level /= sum.jobs;
		sum.start /= sum.jobs;
		sum.wait /= sum.jobs;
		sum.life /= sum.jobs;
	}
	return sum;
}

/* What is known from the cohorts of `first` to `last`: from as many of them, in their order, as leave no more than a
 * fifth away. Taking those that are complete wherever they stand would prefer short jobs. `all`: nothing unless from
 * all. */
static struct level pool(struct climb *c, uint32_t first, uint32_t last, double now, bool all)
{
	struct level sum = { 0 }, best = { 0 };
	unsigned started = 0, ended = 0;
	for (uint32_t i = first; i <= last; i++) {
		const struct cohort *k = cohort_of(c, i);
		if (!k)
			continue;
		add(&sum, k, now - c->zero);
		started += k->started;
		ended += k->ended;
		bool known = ended >= 2 && 5 * ended >= 4 * started && (k->closed || k->joined >= k->wanted);
		if (known)
			best = sum;
		else if (all && i == last)
			best.jobs = 0;
	}
	return mean(best);
}

/* The least that those of all cohorts from `first` to `last` will turn out to have waited: as if all came back now. A
 * share `waits` of the time of those that are away is waiting. */
static struct level at_least(struct climb *c, uint32_t first, uint32_t last, double now, double waits)
{
	struct level sum = { 0 };
	for (uint32_t i = first; i <= last; i++) {
		const struct cohort *k = cohort_of(c, i);
		if (!k || k->started < 2)
			continue;
		double open = (k->started - k->ended) * (now - c->zero) - k->open_since;
		double levels = k->ended ? k->level / k->ended : k->limit;
		double starts = k->ended ? k->start_level / k->ended : k->limit;
		sum.jobs += k->started;
		sum.level += levels * k->started;
		sum.start += starts * k->started;
		sum.wait += k->wait + open * waits;
		sum.life += k->life + open;
	}
	return mean(sum);
}

/* How unlike the waits of jobs are that started next to each other, as a share of their mean: what grows from the
 * first to the last of a cohort is not noise (von Neumann's mean square successive difference). */
static double noise(const struct climb *c)
{
	double squares = ALIKE * COHORT_MIN, pairs = COHORT_MIN;
	for (int i = 0; i < COHORTS; i++) {
		const struct cohort *k = &c->cohorts[i];
		for (unsigned j = 1; j < k->joined; j++) {
			double a = k->waits[j - 1], b = k->waits[j];
			if (a <= 0 || b <= 0)
				continue;
			squares += 3 * (a - b) * (a - b) / ((a + b) * (a + b)); /* 1 for exponential ones */
			pairs++;
		}
	}
	return sqrt(squares / pairs) * (1 + DOUBT / sqrt(pairs));
}

/* Slopes ----------------------------------------------------------------------------------------------------------- */

struct slope {
	bool known;
	double value, error;
	double ratio, low; /* of the levels; the lower of them */
};

static struct slope slope(const struct climb *c, const struct level *low, const struct level *high, bool at_start)
{
	double from = at_start ? low->start : low->level, to = at_start ? high->start : high->level;
	struct slope s = { .ratio = to / from, .low = from };
	if (!(low->jobs > 0 && high->jobs > 0 && s.ratio >= (at_start ? TELLING_START : BARELY_TELLING)))
		return s;
	double distance = log(s.ratio);
	s.known = true;
	s.value = 1 - log(high->wait / low->wait) / distance;
	/* Few jobs err by more than the root of their number: the mean of a few short ones is far too short. */
	s.error = noise(c) * sqrt(1 / fmax(0.5, low->jobs - 1.5) + 1 / fmax(0.5, high->jobs - 1.5)) / distance;
	return s;
}

/* Where the wait began to grow. */
static double knee(const struct slope *s)
{
	return s->low * pow(s->ratio, fmin(1, fmax(0, s->value)));
}

/* Moves ------------------------------------------------------------------------------------------------------------ */

static bool move(struct climb *c, double cap, enum climb_phase phase)
{
	bool moved = fabs(cap - c->cap) > 1e-9;
	c->cap = fmax(1, cap);
	c->phase = phase;
	c->frozen = 0;
	next_cohort(c);
	c->since = c->serial;
	return moved;
}

static void tell(struct limit_note *note, enum limit_reason reason, const struct level *low, const struct level *high)
{
	note->reason = reason;
	note->low_level = low->level;
	note->low_wait = low->wait;
	note->high_level = high->level;
	note->high_wait = high->wait;
}

static void came_from(struct climb *c, struct level l, uint32_t first, uint32_t last)
{
	c->before = l;
	c->before_first = first;
	c->before_last = last;
}

/* What is known of it by now: some of its jobs may still be away, and have waited longer. */
static void look_back(struct climb *c, double now)
{
	if (c->before.jobs <= 0 || !cohort_of(c, c->before_first) || !cohort_of(c, c->before_last))
		return;
	struct level l = at_least(c, c->before_first, c->before_last, now, c->before.wait / c->before.life);
	if (l.jobs > 0)
		c->before = l;
}

static bool settle(struct climb *c, double cap, bool down_next, unsigned patience)
{
	c->down_next = down_next;
	c->patience = patience < PATIENCE_MAX ? patience : PATIENCE_MAX;
	return move(c, cap, CLIMB_SETTLED);
}

/* A step that the noise lets us judge by one cohort. */
static double step(const struct climb *c)
{
	double jobs = fmax(COHORT_MIN, fmin(COHORT_MAX, c->cap / 2));
	return fmax(SMALLEST_STEP, fmin(LARGEST_STEP, exp(noise(c) * sqrt(2 / jobs) / 0.35)));
}

static bool grow(struct climb *c, const struct level *here, const struct slope *s, struct limit_note *note)
{
	bool sure = s->known && s->value - s->error / 2 > VERY_STEEP;
	tell(note, LIMIT_GROWTH, s->known ? &c->before : here, here);
	came_from(c, *here, c->since, c->serial);
	c->home = c->cap;
	double to = here->level * (sure ? FAR : s->known ? NEAR : LARGEST_STEP);
	if (c->flat > 0.9 * here->level && c->flat < 4 * here->level) /* half way to where it was too much */
		to = fmin(to, sqrt(here->level * c->flat));
	return move(c, fmax(to, c->cap + 1), CLIMB_UP);
}

static bool blind_growth(struct climb *c, const struct climb_now *n, struct limit_note *note)
{
	double age = n->now - c->zero, grown = c->home + RISES * fmin(age, SLOWER_FROM);
	grown = fmin(n->reachable, grown * pow(fmax(1, age / SLOWER_FROM), SLOWER));
	bool moved = floor(grown) > floor(c->cap) && n->held_back;
	if (moved) {
		c->cap = grown;
		note->reason = LIMIT_BLIND;
	}
	return moved;
}

/* The worse of the slopes by the two levels; where both are flat, the one whose knee is lower. */
static struct slope worse(const struct climb *c, const struct level *low, const struct level *high)
{
	struct slope s = slope(c, low, high, false), late = slope(c, low, high, true);
	if (s.ratio < TELLING)
		s.known = false;
	if (!s.known || !late.known)
		return late.known ? late : s;
	if (late.value < STEEP && s.value < STEEP)
		return knee(&late) < knee(&s) ? late : s;
	return late.value < s.value ? late : s;
}

/* Where it is split, those that started later against those that started at no more than half of their level: by what
 * they have waited at least, so that they need not come back to show that they wait long. True where that is flat. */
static bool flat_from(struct climb *c, uint32_t oldest, uint32_t split, const struct climb_now *n,
		      struct limit_note *note)
{
	uint32_t below = split;
	while (below >= oldest && (!cohort_of(c, below) || 2 * cohort_of(c, below)->limit > cohort_of(c, split)->limit))
		below--;
	if (below < oldest)
		return false;
	struct level low = pool(c, oldest, below, n->now, true);
	if (low.jobs < COHORT_MIN || low.wait < BARELY_WAIT * low.life)
		return false;
	struct level high = at_least(c, split, split, n->now, low.wait / low.life);
	struct slope s = worse(c, &low, &high);
	if (s.known && cohort_of(c, split)->ended < cohort_of(c, split)->started &&
	    s.value + SURE * s.error < VERY_STEEP)
		c->frozen = fmax(c->frozen, fmax(1, s.low));
	if (!s.known || s.value + SURE * s.error > STEEP)
		return false;
	tell(note, LIMIT_KNEE, &low, &high);
	c->flat = high.level;
	came_from(c, high, split, split);
	c->below = low;
	c->home = c->cap;
	c->knee = true;
	return true;
}

static bool look_blind(struct climb *c, const struct climb_now *n, struct limit_note *note)
{
	uint32_t oldest = c->serial < COHORTS ? 1 : c->serial - COHORTS + 1, upper = c->serial;
	if (pool(c, oldest, c->serial, n->now, false).jobs <= 0)
		return blind_growth(c, n, note);

	c->frozen = 0;
	for (uint32_t i = c->serial; i > oldest; i--) {
		const struct cohort *k = cohort_of(c, i);
		if (k && k->started >= 2 && flat_from(c, oldest, i, n, note)) {
			struct slope s = worse(c, &c->below, &c->before);
			return move(c, fmin(c->cap, fmax(1, knee(&s))), CLIMB_DOWN);
		}
		upper = k && k->limit > 0.5 * c->peak && (!c->wary || i >= c->since) ? i : upper;
	}

	/* Where jobs have failed above, or those that came back tell nothing: do fewer bring as much? */
	struct level low = pool(c, oldest, upper - 1, n->now, false), high = pool(c, upper, c->serial, n->now, false);
	double enough = fmin(COHORT_MAX, c->cap / 2);
	if (high.jobs < COHORT_MIN || high.wait < BARELY_WAIT * high.life)
		return false;
	struct slope s = worse(c, &low, &high);
	bool undecided = n->held_back && high.jobs > 2 * enough && !(s.known && s.value > STEEP);
	if (undecided && !c->wary && noise(c) > NOISY) { /* by chance, as likely as not */
		came_from(c, high, upper, c->serial);
		c->home = c->cap;
		tell(note, LIMIT_GROWTH, &high, &high);
		return move(c, c->cap * LARGEST_STEP, CLIMB_UP);
	}
	if (c->wary || undecided) {
		came_from(c, high, upper, c->serial);
		tell(note, LIMIT_PROBE, &high, &high);
		c->home = c->cap;
		return c->cap > 1 && move(c, c->cap / LARGEST_STEP, CLIMB_DOWN);
	}
	if (!n->held_back || c->frozen > 0 || (s.known && s.value < STEEP))
		return false;
	c->before = low;
	c->since = upper;
	return grow(c, &high, &s, note);
}

static bool look_up(struct climb *c, const struct climb_now *n, struct limit_note *note)
{
	struct level here = pool(c, c->since, c->serial, n->now, false);
	if (c->before.jobs <= 0)
		return here.jobs >= COHORT_MIN && settle(c, c->cap, true, 1);
	struct level least = at_least(c, c->since, c->serial, n->now, c->before.wait / c->before.life);
	struct slope s = slope(c, &c->before, &least, false);
	c->frozen = s.known && s.value + SURE * s.error < VERY_STEEP ? s.low : 0;
	if (s.known && s.value + SURE * s.error < STEEP) {
		here = least;
	} else {
		s = slope(c, &c->before, &here, false);
		if (here.jobs < COHORT_MIN || !s.known || here.wait < BARELY_WAIT * here.life)
			return false;
	}
	if (s.value > STEEP && here.level > 0.9 * c->flat)
		c->flat = 0;
	if (s.value > STEEP)
		return n->held_back && grow(c, &here, &s, note);
	if (s.value + s.error > STEEP && here.jobs < 3 * fmin(COHORT_MAX, c->cap / 2))
		return false; /* not sure yet */
	tell(note, LIMIT_KNEE, &c->before, &here);
	bool probe = c->restless;
	c->flat = here.level;
	double back = fmax(c->home, knee(&s));
	c->knee = true;
	c->restless = true;
	if (probe)
		return settle(c, back, true, 2 * c->patience);
	c->below = c->before;
	came_from(c, here, c->since, c->serial);
	return move(c, back, CLIMB_DOWN);
}

/* Those that were away when the cap was cut are so still: they wait even longer than it was judged by. */
static bool cut_deeper(struct climb *c, struct limit_note *note)
{
	struct slope s = worse(c, &c->below, &c->before);
	if (!s.known || knee(&s) > 0.9 * c->cap)
		return false;
	tell(note, LIMIT_KNEE, &c->below, &c->before);
	return move(c, knee(&s), CLIMB_DOWN);
}

static bool look_down(struct climb *c, const struct climb_now *n, struct limit_note *note)
{
	struct level here = pool(c, c->since, c->serial, n->now, false);
	look_back(c, n->now);
	if (here.jobs < COHORT_MIN)
		return cut_deeper(c, note);
	c->below.jobs = 0;
	if (c->before.jobs <= 0)
		return settle(c, c->cap, false, 1);
	struct slope s = slope(c, &here, &c->before, false);
	if (!s.known)
		s = slope(c, &here, &c->before, true);
	if (!s.known)
		return settle(c, c->home, false, 2 * c->patience);
	if (here.wait > ABSURD * c->before.wait && s.value - s.error > 1) {
		/* More wait less: those before were slowed down by another number than lived beside them. */
		came_from(c, here, c->since, c->serial);
		return c->cap > 1 && move(c, fmin(c->cap - 1, c->cap / step(c)), CLIMB_DOWN);
	}
	bool enough = here.jobs >= 2 * fmin(COHORT_MAX, c->cap / 2);
	if (s.value + QUITE_SURE * s.error > FLAT && s.value - s.error < FLAT && !enough)
		return false;
	tell(note, LIMIT_PROBE, &here, &c->before);
	if (s.value + QUITE_SURE * s.error < FLAT) {
		note->reason = LIMIT_KNEE;
		c->flat = c->before.level;
		came_from(c, here, c->since, c->serial);
		c->home = c->cap;
		c->patience = 1;
		double by = s.value + s.error < 0 ? LARGEST_STEP : step(c);
		return c->cap > 1 && move(c, fmin(c->cap - 1, c->cap / by), CLIMB_DOWN);
	}
	/* Where those above turn out to have brought more after all: back up to them. */
	double back = fmax(c->cap, knee(&s));
	return settle(c, c->wary ? fmin(c->home, back) : back, false, 2 * c->patience);
}

static bool look_around(struct climb *c, const struct climb_now *n, struct limit_note *note)
{
	struct level here = pool(c, c->since, c->serial, n->now, false);
	unsigned seen = c->serial - c->since;
	if (!n->held_back || seen < c->patience || here.jobs < COHORT_MIN)
		return false;
	came_from(c, here, c->since, c->serial);
	c->home = c->cap;
	c->restless = true;
	tell(note, LIMIT_PROBE, &here, &here);
	if (c->down_next && c->cap > 1)
		return move(c, fmin(c->cap - 1, c->cap / step(c)), CLIMB_DOWN);
	note->reason = LIMIT_GROWTH;
	if (n->reachable <= c->cap)
		return false;
	return move(c, fmax(c->cap + 1, c->cap * step(c)), CLIMB_UP);
}

void climb_cut(struct climb *c, double now, double cap)
{
	c->lost = fmax(c->lost, c->cap);
	c->wary = true;
	c->peak = 0;
	c->home = c->cap = fmin(c->cap, cap);
	if (c->phase != CLIMB_BLIND) {
		came_from(c, pool(c, c->since, c->serial, now, false), c->since, c->serial);
		move(c, c->cap, CLIMB_DOWN);
	} else {
		next_cohort(c);
		c->since = c->serial;
	}
}

void climb_lift(struct climb *c)
{
	c->wary = c->knee = false;
	c->flat = 0;
	c->before.jobs = 0;
	if (c->lost > c->cap)
		move(c, c->lost, CLIMB_UP);
	c->lost = 0;
}

bool climb_update(struct climb *c, const struct climb_now *n, struct limit_note *note)
{
	if (n->computes > MOSTLY_COMPUTE || c->zero < 0)
		return false;
	switch (c->phase) {
	case CLIMB_BLIND:
		return look_blind(c, n, note);
	case CLIMB_UP:
		return look_up(c, n, note);
	case CLIMB_DOWN:
		return look_down(c, n, note);
	case CLIMB_SETTLED:
		return look_around(c, n, note);
	}
	return false;
}
