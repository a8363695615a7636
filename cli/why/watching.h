/* What hob changes of itself to watch, and gives back to the command it starts: limits, signals, timer slack. */
#ifndef CLI_WHY_WATCHING_H
#define CLI_WHY_WATCHING_H

/* A descriptor that is readable once we are told to stop; or a negative errno. Interrupts from the terminal are left to
 * the command, where there is one. */
int watching_begin(int launches);

/* In a child, before execve. */
void watching_undo(void);

#endif
