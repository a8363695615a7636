#include "sched/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "sched/worker.h"

bool proc_text(const char *path, char *text, size_t size)
{
	int fd = sys.open(path, O_RDONLY);
	ssize_t n = fd < 0 ? fd : sys.read(fd, text, size - 1);

	if (fd >= 0)
		sys.close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

bool proc_of_worker(struct worker *w, const char *file, char *text, size_t size)
{
	char path[48];

	snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)at_load(&w->tid, RELAXED), file); /* none of 0 */
	return proc_text(path, text, size);
}

char proc_state(struct worker *w)
{
	char stat[128], *end;

	proc_of_worker(w, "stat", stat, sizeof stat);
	end = strrchr(stat, ')'); /* the name before it is the program's own choice */
	return end && end[1] ? end[2] : '\0';
}
