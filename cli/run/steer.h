/* `hob run --set`: a running hob is told how many at once, through a socket that only its user can reach. */
#ifndef CLI_RUN_STEER_H
#define CLI_RUN_STEER_H

#include <stdbool.h>

struct run;

/* What --set takes: N, auto, min=N or max=N. */
bool steer_is_word(const char *word);

/* The task that listens; without a place for the socket, or without the right to make it, nobody can tell it. */
int steer_task(void *run);

/* One more at once, or one fewer. */
void steer_by(struct run *r, int by);

/* Tells the hob of that process id, or with NULL the only one there is; answers what to exit with. */
int steer_tell(const char *word, const char *pid);

#endif
