/* Which worker the calling thread is: see worker_self() in worker.h. */
#include "sched/worker.h"

__thread struct hob_forks *hob_forks_self;

void worker_set_self(struct worker *w)
{
	hob_forks_self = w ? &w->forks : NULL;
}

struct task *task_self(void)
{
	struct worker *w = worker_self();

	return w ? w->current : NULL;
}

struct poller *task_poller(void)
{
	return worker_self()->poller;
}
