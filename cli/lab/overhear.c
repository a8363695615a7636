/* What the report of the running task's own runtime says of a wrong choice. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/lab.h"

/* The string that follows `key` in JSON without escapes. False where it is not there. */
static bool string_of(const char *json, const char *key, char *to, size_t size)
{
	const char *at = strstr(json, key);
	size_t len;

	if (!at)
		return false;
	at += strlen(key);
	len = strcspn(at, "\"");
	snprintf(to, size, "%.*s", (int)len, at);
	return true;
}

void lab_overhear(char *to, size_t size)
{
	static char json[1 << 16];
	char task[80], what[200];
	int fd = memfd_create("report", MFD_CLOEXEC);
	ssize_t n = -1;
	const char *choices;

	*to = '\0';
	if (fd >= 0 && hob_report(fd, HOB_REPORT_JSON) == 0)
		n = pread(fd, json, sizeof json - 1, 0);
	if (fd >= 0)
		close(fd);
	json[n > 0 ? n : 0] = '\0';
	choices = strstr(json, "\"choices\":[");
	if (choices && string_of(choices, "\"task\":\"", task, sizeof task) &&
	    string_of(choices, "\"what\":\"", what, sizeof what))
		snprintf(to, size, "%s %s", task, what);
}
