#include "meter/line.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As libdw declares them, in elfutils/libdwfl.h; all of it is its own business but the callbacks. */
struct symbols;
struct module;
struct line;

struct callbacks {
	int (*find_elf)(void);
	int (*find_debuginfo)(void);
	int (*section_address)(void);
	char **debuginfo_path;
};

static struct {
	void *library;
	struct symbols *(*begin)(const struct callbacks *);
	void (*end)(struct symbols *);
	int (*report)(struct symbols *, pid_t);
	int (*report_end)(struct symbols *, void *, void *);
	struct module *(*module)(struct symbols *, uint64_t);
	struct line *(*getsrc)(struct module *, uint64_t);
	const char *(*info)(struct line *, uint64_t *, int *, int *, uint64_t *, uint64_t *);
	struct callbacks callbacks;
} dw;

static const struct {
	const char *name;
	void *to;
} symbols[] = {
	{ "dwfl_begin", &dw.begin },
	{ "dwfl_end", &dw.end },
	{ "dwfl_linux_proc_report", &dw.report },
	{ "dwfl_report_end", &dw.report_end },
	{ "dwfl_addrmodule", &dw.module },
	{ "dwfl_module_getsrc", &dw.getsrc },
	{ "dwfl_lineinfo", &dw.info },
	{ "dwfl_linux_proc_find_elf", &dw.callbacks.find_elf },
};

/* What is not in the file itself is not looked for: that might be over the network. */
static int no_debuginfo(void)
{
	return -1;
}

static bool load(void)
{
	void *library = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);

	for (size_t i = 0; library && i < sizeof symbols / sizeof *symbols; i++) {
		void *found = dlsym(library, symbols[i].name);

		if (!found) {
			dlclose(library);
			return false;
		}
		memcpy(symbols[i].to, &found, sizeof found);
	}
	dw.callbacks.find_debuginfo = no_debuginfo;
	dw.library = library;
	return library;
}

struct symbols *symbols_open(void)
{
	struct symbols *l;

	if (!load())
		return NULL;
	l = dw.begin(&dw.callbacks);
	if (l && (dw.report(l, getpid()) || dw.report_end(l, NULL, NULL))) {
		dw.end(l);
		l = NULL;
	}
	if (!l)
		dlclose(dw.library);
	return l;
}

void symbols_close(struct symbols *l)
{
	if (!l)
		return;
	dw.end(l);
	dlclose(dw.library);
}

bool symbols_find(struct symbols *l, void *address, char *to, size_t size)
{
	uint64_t at = (uintptr_t)address;
	struct module *m = l ? dw.module(l, at) : NULL;
	struct line *line = m ? dw.getsrc(m, at) : NULL;
	int number = 0;
	const char *file = line ? dw.info(line, NULL, &number, NULL, NULL, NULL) : NULL, *slash;

	if (!file || number < 1)
		return false;
	slash = strrchr(file, '/');
	snprintf(to, size, "%s:%d", slash ? slash + 1 : file, number);
	for (; *to; to++)
		if (!isalnum((unsigned char)*to) && !strchr("_.$+-:", *to))
			*to = '?';
	return true;
}
