/* What the machine, or the container we live in, has left. */
#include "look/machine.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "look/file.h"

int64_t look_idle(void)
{
	char text[128];
	ssize_t len = look_file("/proc/uptime", text, sizeof text);
	if (len < 0)
		return len;
	const char *at = strchr(text, ' '); /* "seconds.hundredths seconds.hundredths" */
	uint64_t seconds, hundredths;
	if (!at || !look_number(&at, &seconds) || *at++ != '.' || !look_number(&at, &hundredths) || hundredths > 99 ||
	    seconds > INT64_MAX / 2000000000)
		return -EPROTO;
	return (int64_t)(seconds * 1000000000 + hundredths * 10000000);
}

int look_load(struct look_load *out)
{
	enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };
	char text[256];
	uint64_t ticks[FIELDS], all = 0;
	ssize_t len = look_file("/proc/stat", text, sizeof text);
	if (len < 0)
		return (int)len;
	const char *at = text + strlen("cpu ");
	if (strncmp(text, "cpu ", strlen("cpu ")))
		return -EPROTO;
	for (int i = 0; i < FIELDS; i++) {
		if (!look_number(&at, &ticks[i]) || ticks[i] > INT64_MAX / 10000000 / FIELDS)
			return -EPROTO;
		all += ticks[i];
	}
	*out = (struct look_load){ (int64_t)all * 10000000, (int64_t)(ticks[IDLE] + ticks[IOWAIT]) * 10000000 };
	return 0;
}

/* The number behind `name` at the start of a line. */
static bool field(const char *text, const char *name, uint64_t *out)
{
	size_t len = strlen(name);
	for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *at = line + len;
		if (!strncmp(line, name, len) && look_number(&at, out))
			return true;
	}
	return false;
}

int64_t look_memory_stall(void)
{
	char text[256];
	uint64_t us;
	ssize_t len = look_file("/proc/pressure/memory", text, sizeof text);
	if (len < 0)
		return len;
	const char *at = strncmp(text, "some ", 5) ? NULL : strstr(text, "total=");
	if (!at || (at += strlen("total="), !look_number(&at, &us)) || us > INT64_MAX / 1000)
		return -EPROTO;
	return (int64_t)us * 1000;
}

static uint64_t machine_memory(void)
{
	char text[2048]; /* MemAvailable is the third line */
	uint64_t kib;
	if (look_file("/proc/meminfo", text, sizeof text) < 0 || !field(text, "MemAvailable:", &kib))
		return UINT64_MAX;
	return kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
}

/* Control groups -------------------------------------------------------------------------------------------------- */

struct version {
	const char *mount;
	const char *limit, *usage;
	const char *cache; /* the line of memory.stat that is taken back before anything fails */
};

static const struct version versions[] = {
	{ "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file " },
	{ "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file " },
};

struct memory_search {
	char own[4096];
	char path[PATH_MAX];
	char text[8192];
};

static bool group_number(struct memory_search *s, const struct version *v, const char *group, const char *name,
			 uint64_t *out)
{
	if (snprintf(s->path, sizeof s->path, "%s%s/%s", v->mount, group, name) >= (int)sizeof s->path)
		return false;
	const char *at = s->text;
	return look_file(s->path, s->text, sizeof s->text) > 0 && look_number(&at, out); /* "max" is none */
}

static uint64_t left_in_group(struct memory_search *s, const struct version *v, const char *group)
{
	uint64_t limit, usage, cache;
	if (!group_number(s, v, group, v->limit, &limit) || !group_number(s, v, group, v->usage, &usage))
		return UINT64_MAX;
	if (snprintf(s->path, sizeof s->path, "%s%s/memory.stat", v->mount, group) >= (int)sizeof s->path ||
	    look_file(s->path, s->text, sizeof s->text) < 0 || !field(s->text, v->cache, &cache))
		cache = 0;
	usage -= cache < usage ? cache : usage;
	return limit > usage ? limit - usage : 0;
}

/* The least from our own group up to the mount. Where the mount shows our group as its top (a container), its path as
 * we are told it does not exist below, and the walk upwards ends at the right place all the same. */
static uint64_t left_in_version(struct memory_search *s, const struct version *v, char *group)
{
	uint64_t least = UINT64_MAX;
	for (;;) {
		uint64_t left = left_in_group(s, v, group);
		least = left < least ? left : least;
		char *slash = strrchr(group, '/');
		if (!slash)
			return least;
		*slash = '\0';
	}
}

static uint64_t group_memory(void)
{
	uint64_t least = UINT64_MAX;
	struct memory_search *s = sys.alloc(sizeof *s);
	if (!s)
		return least;
	char *save = NULL;
	if (look_file("/proc/self/cgroup", s->own, sizeof s->own) > 0) {
		for (char *line = strtok_r(s->own, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;
			if (!group || group[1] != '/')
				continue;
			*group++ = '\0';
			bool memory = strstr(names, "memory"), unified = !strcmp(names, ":") && *line == '0';
			if (!memory && !unified)
				continue;
			uint64_t left = left_in_version(s, &versions[memory], group);
			least = left < least ? left : least;
		}
	}
	sys.free(s);
	return least;
}

uint64_t look_memory(void)
{
	uint64_t machine = machine_memory(), group = group_memory();
	return machine < group ? machine : group;
}
