/* Two reports side by side: what has changed between them. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "show/quote.h"
#include "why/why.h"

#ifdef WHY_CJSON
#include <cjson/cJSON.h>

enum { MOST_BYTES = 256 << 20 };

static int refuse(const char *path, const char *why)
{
	fprintf(stderr, "hob why: ");
	quote_put(stderr, path);
	fprintf(stderr, ": %s\n", why);
	return EXIT_USAGE;
}

/* The whole file, which may be a pipe; NULL and errno. */
static char *read_all(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t len = 0, room = 0;
	if (!f)
		return NULL;
	for (size_t got = 1; got; len += got) {
		if (room - len < 65536) {
			room = room ? 2 * room : 131072;
			char *more = room <= MOST_BYTES ? realloc(text, room) : NULL;
			if (!more) {
				free(text);
				fclose(f);
				errno = EFBIG;
				return NULL;
			}
			text = more;
		}
		errno = 0;
		got = fread(text + len, 1, room - len - 1, f);
	}
	text[len] = '\0';
	int err = !ferror(f) ? 0 : errno ? errno : EIO;
	fclose(f);
	if (!err)
		return text;
	free(text);
	errno = err;
	return NULL;
}

static double number(const cJSON *report, const char *in, const char *name)
{
	const cJSON *from = in ? cJSON_GetObjectItemCaseSensitive(report, in) : report;
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, name);
	return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static const char *text(const cJSON *report, const char *in, const char *name)
{
	const cJSON *from = in ? cJSON_GetObjectItemCaseSensitive(report, in) : report;
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(from, name));
	return value ? value : "";
}

/* NULL and *status. */
static cJSON *load(const char *path, int *status)
{
	char *content = read_all(path);
	if (!content) {
		*status = refuse(path, strerror(errno));
		return NULL;
	}
	cJSON *report = cJSON_Parse(content);
	free(content);
	if (report && isfinite(number(report, NULL, "seconds")) && *text(report, "verdict", "sentence"))
		return report;
	cJSON_Delete(report);
	*status = refuse(path, "not a report of hob why --json");
	return NULL;
}

static void sentence(FILE *out, const char *name, const cJSON *report)
{
	fprintf(out, "  %s  ", name);
	quote_put(out, text(report, NULL, "command"));
	fprintf(out, ": %.2f s; ", number(report, NULL, "seconds"));
	quote_put(out, text(report, "verdict", "sentence"));
	fputc('\n', out);
}

static void show(const cJSON *a, const cJSON *b, FILE *out)
{
	double seconds_a = number(a, NULL, "seconds"), seconds_b = number(b, NULL, "seconds");
	double cpu_a = number(a, NULL, "cpu_seconds"), cpu_b = number(b, NULL, "cpu_seconds");
	sentence(out, "A", a);
	sentence(out, "B", b);
	fprintf(out, "\n  %-16s %10s %10s\n", "", "A", "B");
	fprintf(out, "  %-16s %8.2f s %8.2f s   B takes %.2f times as long\n", "time", seconds_a, seconds_b,
		seconds_b / seconds_a);
	fprintf(out, "  %-16s %8.2f s %8.2f s   %.2f times as much\n", "CPU time", cpu_a, cpu_b, cpu_b / cpu_a);
	for (enum look_state s = 0; s < LOOK_STATES; s++) {
		double share_a = number(a, "shares", look_state_name(s)),
		       share_b = number(b, "shares", look_state_name(s));
		if (!(share_a >= 0.001) && !(share_b >= 0.001))
			continue;
		fprintf(out, "  %-16s %9.1f%% %9.1f%%   %+.1f points\n", look_state_name(s), 100 * share_a,
			100 * share_b, 100 * (share_b - share_a));
	}
}

int why_compare(const struct why_options *o, FILE *out)
{
	int status = 0;
	cJSON *a = load(o->compare[0], &status), *b = a ? load(o->compare[1], &status) : NULL;
	if (b)
		show(a, b, out);
	cJSON_Delete(a);
	cJSON_Delete(b);
	if (status)
		return status;
	return fflush(out) ? EXIT_BROKEN : 0;
}

#else

int why_compare(const struct why_options *o, FILE *out)
{
	(void)o;
	(void)out;
	fprintf(stderr, "hob why: --compare needs cJSON, which this hob was built without\n");
	return EXIT_USAGE;
}

#endif
