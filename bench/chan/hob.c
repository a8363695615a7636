/* chan: ping-pong over unbuffered channels, and 4 senders to 4 receivers over one of 64. hob.c WORKERS MS */
#include "bench.h"
#include <errno.h>
#include <hob.h>

enum { MESSAGES = 100000 };

static int64_t budget;
static struct hob_chan *there, *back, *items;

static int echo(void *arg)
{
	long item;

	(void)arg;
	while (hob_chan_recv(there, &item, HOB_NEVER) == 0)
		bench_must(hob_chan_send(back, &item, HOB_NEVER), "hob_chan_send");
	return 0;
}

static void ping_pong(struct hob_scope *s)
{
	bench_must(hob_chan_create(&there, sizeof(long), 0), "hob_chan_create");
	bench_must(hob_chan_create(&back, sizeof(long), 0), "hob_chan_create");
	bench_must(hob_spawn(s, echo, NULL), "hob_spawn");
	for (long i = 0, item; i < MESSAGES / 2; i++) {
		bench_must(hob_chan_send(there, &i, HOB_NEVER), "hob_chan_send");
		bench_must(hob_chan_recv(back, &item, HOB_NEVER), "hob_chan_recv");
		bench_must(item != i, "echo");
	}
	hob_chan_close(there);
	bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
	hob_chan_destroy(there);
	hob_chan_destroy(back);
}

static int sender(void *arg)
{
	(void)arg;
	for (long k = 0; k < MESSAGES / 4; k++)
		bench_must(hob_chan_send(items, &k, HOB_NEVER), "hob_chan_send");
	return 0;
}

static int receiver(void *arg)
{
	long item, n = 0;

	while (hob_chan_recv(items, &item, HOB_NEVER) == 0)
		n++;
	*(long *)arg = n;
	return 0;
}

static void four_by_four(struct hob_scope *s)
{
	struct hob_scope *senders;
	long got[4], all = 0;

	bench_must(hob_chan_create(&items, sizeof(long), 64), "hob_chan_create");
	bench_must(hob_scope_create(&senders), "hob_scope_create");
	for (int i = 0; i < 4; i++) {
		bench_must(hob_spawn(senders, sender, NULL), "hob_spawn");
		bench_must(hob_spawn(s, receiver, &got[i]), "hob_spawn");
	}
	bench_must(hob_scope_wait(senders, HOB_NEVER), "hob_scope_wait");
	hob_scope_destroy(senders);
	hob_chan_close(items);
	bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
	for (int i = 0; i < 4; i++)
		all += got[i];
	bench_must(all != MESSAGES, "messages were lost");
	hob_chan_destroy(items);
}

static void measure(const char *work, void (*round)(struct hob_scope *), struct hob_scope *s)
{
	int64_t start = bench_now(), sent = 0, took;

	do {
		round(s);
		sent += MESSAGES;
		took = bench_now() - start;
	} while (took < budget);
	bench_report(work, (double)took / (double)sent, "ns");
}

static int first(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	measure("pingpong", ping_pong, s);
	measure("chan4x4", four_by_four, s);
	hob_scope_destroy(s);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	budget = bench_arg(argc, argv, 2) * 1000000;
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
