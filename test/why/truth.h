/* A program that knows what its time went to: by its own clocks, a cause each time. */
#ifndef TRUTH_H
#define TRUTH_H

#include <stdbool.h>
#include <stdint.h>

enum cause { COMPUTE, READY, NETWORK, SOCKET, PIPE, DISK, TIMER, CHILD, LOCK, TERMINAL, FAULT, CAUSES };

/* The seconds of one thread. */
struct books {
	double spent[CAUSES];
	double began, life;
	int schedstat; /* of this thread, kept open */
	const char *dir;
};

double clock_wall(void);
double clock_cpu(void); /* of this thread */

void books_open(struct books *b, const char *dir);
void books_close(struct books *b);
void books_add(struct books *to, const struct books *from);

/* Runs fn; what passes outside of a core, and not for want of one, is booked as `cause`. */
typedef void span_fn(struct books *b, double seconds);
void span(struct books *b, enum cause cause, span_fn *fn, double seconds);

/* What a word of the command line does for so many seconds. NULL: no such word. */
typedef void work_fn(struct books *b, double seconds);
work_fn *work_named(const char *name);

/* Ends what has been started for this thread, and adds its books. */
void work_end(struct books *total);

/* The process at the other end of sockets, pipes and the terminal: answers each request after the time it asks for. */
int serve(const char *dir);

#endif
