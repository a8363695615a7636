/* The model: known cases, and what must hold for any facts. */
#include <math.h>

#include "look/model.h"
#include "look/words.h"
#include "test.h"

static double real(double most)
{
	return most * (double)(test_random() >> 11) / 9007199254740992.0;
}

/* A hundred waits of 20 ms, one after the other. */
static struct look_facts sleeper(bool python)
{
	struct look_facts f = { .wall = 2.02, .cores = 2, .life = 2.02, .compute = 0.02, .real = 2, .spells = 100 };
	f.longest = 0.02;
	f.threads = f.workers = f.processes = 1;
	f.python = f.gil_enabled = python;
	f.causes[0] = (struct look_cause){ .state = LOOK_NET, .text = "10.0.0.5:5432", .seconds = 2 };
	f.cause_count = 1;
	f.waits[LOOK_NET] = 2;
	return f;
}

static struct look_facts computer(bool python)
{
	struct look_facts f = { .wall = 4, .cores = 2, .life = 4, .compute = 4, .spells = 3 };
	f.threads = f.workers = f.processes = 1;
	f.python = f.gil_enabled = python;
	return f;
}

static struct look_verdict judge(const struct look_facts *f)
{
	struct look_verdict v;
	struct look_words w;
	look_judge(f, &v);
	look_words(&w, f, &v);
	CHECK(*w.verdict && *w.model && *w.unknown);
	printf("# %s\n# %s\n", w.verdict, w.model);
	return v;
}

static void waits_are_overlapped(void)
{
	struct look_facts f = sleeper(true);
	struct look_verdict v = judge(&f);
	CHECK_EQ(v.kind, LOOK_KIND_WAIT);
	CHECK_EQ(v.best.model, LOOK_CONCURRENCY);
	CHECK(v.models[LOOK_MORE_CORES].at_most < 1.01); /* those there are stand idle */
	struct look_estimate e = look_predict(&f, LOOK_THREADS, 10);
	CHECK(e.seconds > 0.2 && e.seconds < 0.25);
	e = look_predict(&f, LOOK_THREADS, 100);
	CHECK(e.seconds > 0.02 && e.seconds < 0.06); /* no wait gets shorter than it is */
}

static void computing_in_python_wants_processes(void)
{
	struct look_facts f = computer(true);
	struct look_verdict v = judge(&f);
	CHECK_EQ(v.kind, LOOK_KIND_COMPUTE);
	CHECK_EQ(v.best.model, LOOK_PROCESSES);
	CHECK(v.models[LOOK_THREADS].speedup <= 1);
	CHECK(v.models[LOOK_CONCURRENCY].speedup <= 1);
	f = computer(false);
	v = judge(&f);
	CHECK_EQ(v.best.model, LOOK_THREADS);
	CHECK(v.best.speedup > 1.9 && v.best.speedup <= 2);
}

/* On a busy machine the same program takes longer, and so would any other way of running it. */
static void what_others_take_is_no_gain(void)
{
	struct look_facts calm = computer(true), busy = calm;
	busy.wall = 12;
	busy.ready = 8;
	struct look_estimate a = look_predict(&calm, LOOK_PROCESSES, 2), b = look_predict(&busy, LOOK_PROCESSES, 2);
	CHECK(fabs(a.speedup - b.speedup) < 0.01 && fabs(a.at_most - b.at_most) < 0.01);
	CHECK(fabs(b.seconds - 3 * a.seconds) < 0.01);
	busy.workers = 4; /* they may have queued for each other */
	CHECK(look_predict(&busy, LOOK_PROCESSES, 2).speedup > 1.5 * a.speedup);
}

/* Cores that other programs use are not there for this one, beyond its fair part. */
static void what_others_use_is_not_there(void)
{
	struct look_facts f = computer(true);
	double alone = look_predict(&f, LOOK_PROCESSES, 2).speedup, most = look_predict(&f, LOOK_PROCESSES, 2).at_most;
	f.machine = 2;
	f.others = 1;
	struct look_estimate e = look_predict(&f, LOOK_PROCESSES, 2);
	CHECK(e.speedup < 0.7 * alone && e.speedup > 1.2);
	CHECK(fabs(e.at_most - most) < 0.01); /* they may go */
	CHECK(fabs(look_predict(&f, LOOK_PROCESSES, 8).speedup - e.speedup) < 0.1);
	CHECK(look_predict(&f, LOOK_THREADS, 2).speedup <= 1);
}

/* What is done without the GIL (compressing, hashing, arrays) is done by threads at once. */
static void computing_without_the_gil_wants_threads(void)
{
	struct look_facts f = computer(true);
	f.gil_free = 0.9;
	struct look_verdict v = judge(&f);
	CHECK_EQ(v.best.model, LOOK_THREADS);
	CHECK(v.best.speedup > 1.9);
	f.gil_free = 0.3;
	CHECK(look_predict(&f, LOOK_THREADS, 2).speedup < 1 / 0.7);
	f.gil_free = 1;
	CHECK(look_predict(&f, LOOK_THREADS, 2).speedup > 1.9);
}

/* Where what computes and what waits are equal, pieces of work are in each other's way. */
static void pieces_queue_for_the_cores(void)
{
	struct look_facts f = { .wall = 4, .cores = 2, .life = 4, .compute = 2, .real = 2, .spells = 100 };
	f.threads = f.workers = f.processes = 1;
	double four = look_predict(&f, LOOK_THREADS, 4).seconds, fifty = look_predict(&f, LOOK_THREADS, 50).seconds;
	CHECK(four > 1.05 && four < 1.2); /* no less than 1 by both bounds, 1.18 for random times */
	CHECK(fifty > 1 && fifty < 1.02);
}

static void one_long_wait_stays(void)
{
	struct look_facts f = sleeper(false);
	f.longest = 2;
	CHECK_EQ(judge(&f).best.model, LOOK_AS_IS);
}

static void a_server_without_clients_is_left_alone(void)
{
	struct look_facts f = sleeper(false);
	f.causes[0].sort = LOOK_CALLERS;
	f.callers = f.real;
	f.real = 0;
	struct look_verdict v = judge(&f);
	CHECK(v.idle && v.kind == LOOK_KIND_WAIT && v.best.model == LOOK_AS_IS);
}

static void the_gil_is_named(void)
{
	struct look_facts f = computer(true);
	f.life = 16;
	f.gil = 11;
	f.threads = f.workers = 4;
	struct look_verdict v = judge(&f);
	CHECK_EQ(v.kind, LOOK_KIND_GIL);
	CHECK_EQ(v.best.model, LOOK_PROCESSES);
}

/* Any facts: no promise beyond the laws, and nothing that is not a number. */
static void no_promise_beyond_the_laws(void)
{
	for (int run = 0; run < 5000; run++) {
		struct look_facts f = { .wall = real(10) + 1e-6, .cores = 1 + (double)(test_random() % 8) };
		f.compute = real(f.wall * f.cores);
		f.real = real(20);
		f.ready = real(5);
		f.gil = real(5);
		f.own = real(5);
		f.callers = test_random() % 4 ? 0 : real(10);
		f.serial = real(f.wall);
		f.longest = real(f.real);
		f.spells = (double)(test_random() % 1000);
		f.python = test_random() % 2;
		f.gil_enabled = f.python && test_random() % 2;
		f.threads = f.processes = 1;
		f.workers = (unsigned)(test_random() % 3);
		f.machine = f.cores;
		f.others = test_random() % 2 ? real(f.machine) : 0;
		f.gil_free = test_random() % 2 ? real(1) : 0;
		for (enum look_model m = 0; m < LOOK_MODELS; m++) {
			struct look_estimate e = look_predict(&f, m, 1 + (unsigned)(test_random() % 1000));
			CHECK(isfinite(e.seconds) && isfinite(e.speedup) && isfinite(e.at_most));
			CHECK(e.seconds > 0 && e.speedup > 0);
			if (m == LOOK_MORE_CORES || m == LOOK_AS_IS)
				continue;
			double lanes = m == LOOK_CONCURRENCY ? 1 : f.cores;
			if (m == LOOK_THREADS && f.gil_enabled)
				lanes = fmin(f.cores, 1 / (1 - f.gil_free));
			double computed = f.compute > f.serial ? f.compute - f.serial : 0;
			CHECK(e.seconds >= computed / lanes * 0.999); /* utilisation */
			CHECK(e.seconds >= f.serial * 0.999);         /* Amdahl */
			CHECK(e.speedup <= e.at_most * 1.001 || e.at_most < 1);
		}
		struct look_verdict v;
		struct look_words w;
		look_judge(&f, &v);
		look_words(&w, &f, &v);
		CHECK(v.share >= 0 && v.share <= 1);
		CHECK(strlen(w.verdict) && strlen(w.model));
	}
}

int main(void)
{
	test_start();
	TEST(waits_are_overlapped);
	TEST(computing_in_python_wants_processes);
	TEST(what_others_take_is_no_gain);
	TEST(what_others_use_is_not_there);
	TEST(computing_without_the_gil_wants_threads);
	TEST(pieces_queue_for_the_cores);
	TEST(one_long_wait_stays);
	TEST(a_server_without_clients_is_left_alone);
	TEST(the_gil_is_named);
	TEST(no_promise_beyond_the_laws);
	return test_done();
}
