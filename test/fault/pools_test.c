/* Faults under worker processes, also within the helper and the workers themselves: each call is answered by its work
 * or an error, the pool goes on, and no process, page or descriptor is left. */
#include "fault/inject.h"
#include "process/pools.h"

static int first_byte(struct hob_call *c)
{
	return *(const unsigned char *)c->shared->data;
}

static int crash(struct hob_call *c)
{
	(void)c;
	raise(SIGKILL);
	return 0;
}

static int pooled(void *arg)
{
	struct hob_pool_options o = {
		.workers_max = 2, .workers_min = 1, .open_files = 50, .confine = HOB_CONFINE_PRIVILEGES
	};
	struct hob_call c = { 0 };
	struct hob_shared s;
	struct hob_pool *p;
	int r;

	(void)arg;
	if (!done(hob_pool_create(&p, &o)))
		return 0;
	done(ask_more(p, 5, &c, HOB_NEVER));
	if (done(hob_shared_init(&s, 5000, 0))) {
		*(unsigned char *)s.data = 9;
		c = (struct hob_call){ .shared = &s, .nshared = 1 };
		r = hob_pool_call(p, first_byte, &c, HOB_NEVER);
		CHECK(done(r) ? r == 9 : true);
		hob_shared_finish(&s);
	}
	c = (struct hob_call){ 0 };
	r = hob_pool_call(p, crash, &c, HOB_NEVER);
	CHECK(r == -EOWNERDEAD || !done(r));
	done(ask_more(p, 7, &c, HOB_NEVER)); /* it is replaced */
	hob_pool_destroy(p);
	return 0;
}

int main(void)
{
	struct hob_options pools = { .pools = 1 };

	faults_start();
	fault_tasks("worker processes", pooled, pools, 2, 30);
	return faults_done();
}
