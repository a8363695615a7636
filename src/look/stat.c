/* One line of /proc/PID/stat. */
#include "look/stat.h"

#include <errno.h>
#include <string.h>

#include "look/file.h"

static uint64_t *field_of(struct look_stat *s, int number)
{
	switch (number) {
	case 4:
		return &s->parent;
	case 14:
		return &s->user;
	case 15:
		return &s->kernel;
	case 16:
		return &s->dead_user;
	case 17:
		return &s->dead_kernel;
	case 20:
		return &s->threads;
	case 22:
		return &s->start;
	case 24:
		return &s->rss_pages;
	case 26:
		return &s->code;
	case 28:
		return &s->stack;
	default:
		return NULL;
	}
}

int look_stat_parse(const char *text, size_t len, struct look_stat *out)
{
	const char *open = memchr(text, '(', len), *at = memrchr(text, ')', len);
	*out = (struct look_stat){ 0 };
	if (!open || !at || open > at || at[1] != ' ' || !at[2])
		return -EPROTO;
	size_t name = (size_t)(at - open - 1);
	memcpy(out->name, open + 1, name < sizeof out->name - 1 ? name : sizeof out->name - 1);
	out->state = at[2];
	at += 3;
	for (int number = 4; number <= 28; number++) {
		uint64_t value, *to = field_of(out, number);
		bool negative = at[0] == ' ' && at[1] == '-';
		at += negative ? 2 : 0;
		if (!look_number(&at, &value))
			return -EPROTO;
		if (to)
			*to = negative ? 0 : value;
	}
	return 0;
}
