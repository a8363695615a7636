/* A program whose tasks wait for each other for ever: what test/cli/top.sh looks at. */
#include <hob.h>
#include <stdio.h>

static struct hob_mutex salt, pepper;
static struct hob_group both;
static struct hob_chan *empty;
static volatile int served; /* what is done after a call keeps its caller on the stack */

static __attribute__((noinline)) int take_two(struct hob_mutex *first, struct hob_mutex *second)
{
	hob_mutex_lock(first, HOB_NEVER);
	hob_group_done(&both);
	hob_group_wait(&both, HOB_NEVER); /* until both have their first */
	hob_mutex_lock(second, HOB_NEVER);
	served++;
	return 0;
}

static int rice(void *arg)
{
	(void)arg;
	hob_name_set("rice");
	take_two(&salt, &pepper);
	served++;
	return 0;
}

static int soup(void *arg)
{
	(void)arg;
	take_two(&pepper, &salt);
	served++;
	return 0;
}

static int guest(void *arg)
{
	int dish;

	return hob_chan_recv(arg, &dish, HOB_NEVER);
}

static int kitchen(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	hob_group_add(&both, 2);
	if (hob_chan_create(&empty, sizeof(int), 0) || hob_scope_create(&s))
		return 1;
	hob_spawn(s, rice, NULL);
	hob_spawn(s, soup, NULL);
	hob_spawn(s, guest, empty);
	return hob_scope_wait(s, HOB_NEVER);
}

int main(void)
{
	struct hob_options o = { .workers = 2 };

	return hob_run(&o, kitchen, NULL);
}
