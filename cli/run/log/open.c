/* --joblog and --resume: opening the log, and asking it. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "show/quote.h"
#include "run/run.h"

static const char *reason(int err)
{
	if (err == -EWOULDBLOCK)
		return "another hob run is using it";
	if (err == -EEXIST)
		return "it is no job log, and is left alone";
	return strerror(-err);
}

int run_open_log(struct run *r)
{
	const struct options *o = r->options;
	if (!o->joblog)
		return 0;
	char shown[QUOTE_SHOWN], *words[] = { (char *)(uintptr_t)o->joblog, NULL };
	int err = joblog_open(&r->log, o->joblog, o->resume, o->joblog_sync);
	quote_shown(shown, words);
	if (err) {
		fprintf(stderr, "hob run: cannot use the job log %s: %s\n", shown, reason(err));
		return EXIT_USAGE;
	}
	if (r->log.damaged && !o->quiet)
		fprintf(stderr, "hob run: the job log %s has %zu damaged line%s; what it does not hold runs again\n",
			shown, r->log.damaged, r->log.damaged == 1 ? "" : "s");
	char *here = getcwd(NULL, 0);
	if (!here) {
		fprintf(stderr, "hob run: cannot tell the working directory, which the job log %s goes by: %s\n", shown,
			strerror(errno));
		return EXIT_USAGE;
	}
	key_begin(&r->key, o->shell ? "script 1" : "command 1", o->command, (size_t)o->words, here);
	free(here);
	return 0;
}

bool run_is_finished(struct run *r, const struct work *w, struct identity *who)
{
	if (r->log.fd < 0)
		return false;
	key_of(&r->key, w->row, w->block, w->len, &who->key);
	enum finished_as was = finished_take(&r->log.finished, &who->key);
	who->again = was == FAILED;
	return was == SUCCEEDED || (was == FAILED && !r->options->resume_failed);
}

int log_sync_task(void *run)
{
	struct run *r = run;
	while (!hob_sleep(hob_after(HOB_SECOND)))
		joblog_sync(&r->log); /* an error here is one of the disk, which the last sync will meet too */
	return 0;
}
