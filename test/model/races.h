/* Races of plain data: every access is held against those of other threads that did not happen before it (vector
 * clocks; Flanagan and Freund, "FastTrack", PLDI 2009, without its compression). Atomics race with plain accesses. */
#ifndef MODEL_RACES_H
#define MODEL_RACES_H

#include <stdbool.h>
#include <stdint.h>

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_LOAD, ACCESS_STORE };

void races_reset(void);

/* By thread `who`, which has seen so much of each thread's time. False: it races. */
bool races_note(const volatile void *p, unsigned long size, enum access how, unsigned who, const uint16_t *clock);

#endif
