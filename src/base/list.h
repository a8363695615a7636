/* Intrusive circular doubly linked list. The head is a link too; a link that is in no list points at itself. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *next, *prev;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct link *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct link *head)
{
	return head->next == head;
}

static inline void list_push(struct link *head, struct link *l) /* at the end */
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void list_remove(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

/* The first link, taken out; NULL where the list is empty. */
static inline struct link *list_pop(struct link *head)
{
	struct link *l = head->next;
	if (l == head)
		return NULL;
	list_remove(l);
	return l;
}

#endif
