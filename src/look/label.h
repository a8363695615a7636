/* Names for what threads wait for, each kept once: a state, and text that says which one ("10.0.0.5:5432"). Frames are
 * kept the same way. */
#ifndef LOOK_LABEL_H
#define LOOK_LABEL_H

#include <stdint.h>

#include "look/state.h"

/* What a wait means for whoever wants the program faster. */
enum look_sort {
	LOOK_REAL,    /* for something outside: it could be waited for beside other waits */
	LOOK_OWN,     /* for another thread or process of the program, which is in the report itself */
	LOOK_CALLERS, /* for whoever comes, a client or a person: the program has nothing to do */
};

struct look_label {
	enum look_state state;
	enum look_sort sort;
	uint32_t hash;
	char text[200]; /* from the target: may hold any byte but NUL */
};

/* Zero at first. The first LOOK_STATES labels are those without a text. */
struct look_labels {
	struct look_label *at;
	uint32_t *slots; /* open addressing: a label's index + 1 */
	unsigned count, room, mask;
};

enum { LOOK_LABELS_MAX = 8192 };

int look_labels_init(struct look_labels *l); /* 0 or -ENOMEM */
void look_labels_finish(struct look_labels *l);

/* The number of this label, a new one where it is not known. Where there is no room left: that of the state alone. */
unsigned look_label(struct look_labels *l, enum look_state state, enum look_sort sort, const char *text);

#endif
