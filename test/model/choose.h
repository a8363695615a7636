/* A schedule is a list of choices: who goes on, which message is read, what else may happen. */
#ifndef MODEL_CHOOSE_H
#define MODEL_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/* How choices are made beyond those that are laid down: each in its turn; by chance; of threads by priorities. */
enum search { EACH, RANDOM, PRIORITIES };

/* One of n. */
unsigned choose(unsigned n);

/* Who of `who` goes on, after so many steps. */
unsigned choose_thread(const unsigned *who, unsigned n, unsigned self, unsigned step);

void choose_begin(void); /* the schedule, from its first choice */

/* On to the next schedule; false where that was the last. */
bool choose_advance(void);

/* Nothing is laid down. `longest`: how many steps a schedule takes. */
void choose_anew(enum search how, unsigned longest);

void choose_show(FILE *to);
void choose_read(const char *text); /* as choose_show wrote it */

#endif
