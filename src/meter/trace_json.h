/* A trace as text: the JSON array of events that Chrome's viewers and Perfetto read. By one thread at a time.
 *
 * Two groups of lines ("processes"): the workers with what each ran, and the tasks with the state that each was in. */
#ifndef METER_TRACE_JSON_H
#define METER_TRACE_JSON_H

#include "meter/trace.h"

struct trace_json;

/* The file is made or overwritten. 0, or a negative errno. `begin`: the stamp that is 0 in the file. */
int trace_json_create(struct trace_json **out, const char *file, struct sites *sites, int64_t begin);

/* Nanoseconds a tick, as far as that is known: the first that was more than a guess is kept, so that what belongs
 * together is together. */
void trace_json_scale(struct trace_json *j, double scale);

void trace_json_thread(struct trace_json *j, uint32_t thread, const char *name);
void trace_json_put(struct trace_json *j, uint32_t thread, const struct trace_event *e);

/* What was put is in the file, which is whole: the next write overwrites its end. */
void trace_json_flush(struct trace_json *j);

/* Frees it. out->dropped is written to the file, and out->written counted. 0, or the first write's negative errno. */
int trace_json_finish(struct trace_json *j, struct trace_count *out);

#endif
