/* The replacement strings: {} {.} {/} {//} {/.} {#} {%} {2} {-1} {2.} {name} {name/} ..., as GNU parallel has them. */
#ifndef CLI_RUN_TEMPLATE_MARK_H
#define CLI_RUN_TEMPLATE_MARK_H

#include <stdbool.h>
#include <stddef.h>

struct inputs;

enum shape { WHOLE, NO_EXTENSION, BASE, DIRECTORY, BASE_NO_EXTENSION, NUMBER, SLOT };

struct mark {
	size_t len; /* of its text; 0: no mark */
	int column; /* 0: all; 1 the first, -1 the last */
	enum shape shape;
};

/* How to read marks: `instead` stands for {} where it is not NULL, `inputs` has the names of columns (or is NULL). */
struct marking {
	const char *instead;
	const struct inputs *inputs;
};

/* The mark at the start of a text. */
struct mark mark_at(const char *text, const struct marking *how);

/* The part of a value that a shape means: *from is moved to it, and its length answered. */
size_t mark_shape(enum shape shape, const char **from);

#endif
