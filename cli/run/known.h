/* What runs of a command have learnt about how many at once, kept from one run to the next. */
#ifndef CLI_RUN_KNOWN_H
#define CLI_RUN_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limit/limit.h"

/* What the command of a template is known by: its words, whatever the inputs. */
uint64_t known_key(char *const *words, size_t count, bool shell);

/* The file: in XDG_STATE_HOME, or in ~/.local/state. What cannot be read, or is damaged, is as if nothing was known. */
bool known_read(uint64_t key, struct limit_known *known);

/* Keeps it, in the place of what was kept for the key. Never says that it could not: it only saves time. Runs that end
 * at the same time take turns. */
void known_write(uint64_t key, const struct limit_known *known);

#endif
