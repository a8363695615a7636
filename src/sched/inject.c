#include "sched/inject.h"

void inject_init(struct inject *q)
{
	*q = (struct inject){ 0 };
	q->last = &q->first;
}

void inject_push(struct inject *q, struct task *const *tasks, uint32_t n)
{
	lock(&q->lock);
	for (uint32_t i = 0; i < n; i++) {
		tasks[i]->next = NULL;
		*q->last = tasks[i];
		q->last = &tasks[i]->next;
	}
	at_store(&q->length, q->length + n, RELEASE);
	unlock(&q->lock);
}

uint32_t inject_pop(struct inject *q, struct task **out, uint32_t n)
{
	uint32_t got = 0;

	if (at_load(&q->length, ACQUIRE) == 0)
		return 0;
	lock(&q->lock);
	for (; got < n && q->first; got++) {
		out[got] = q->first;
		q->first = q->first->next;
	}
	if (!q->first)
		q->last = &q->first;
	at_store(&q->length, q->length - got, RELEASE);
	unlock(&q->lock);
	return got;
}
