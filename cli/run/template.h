/* COMMAND [ARG...] with {} in it, and the arguments that an input makes of it. */
#ifndef CLI_RUN_TEMPLATE_H
#define CLI_RUN_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

struct template
{
	char **words; /* NULL-terminated; the caller's, or our own where `script` is set */
	size_t count;
	size_t bytes; /* of all words, their NULs included */
	size_t marks; /* how many {} there are */
	bool append;  /* the input is an argument of its own at the end */
	bool shell;   /* words are sh -c SCRIPT sh, and the input is data for it */
	bool named;   /* the command itself has no {}: it is known before any input is */
	char *script; /* --shell: the script with "$1" for {} */
};

/* Arguments made for one input; kept by the caller and used again and again. All zero at first. */
struct arguments {
	char **argv; /* NULL-terminated */
	char *bytes;
	size_t argv_size, bytes_size;
};

/* 0, -ENOMEM, or -EINVAL where a {} of the script stands in single quotes: the shell would not replace it. */
int template_init(struct template *t, char **words, size_t count);
int template_init_shell(struct template *t, const char *script);
void template_finish(struct template *t);

/* Fills `a` for the input; 0, or -ENOMEM. */
int template_fill(const struct template *t, const char *input, struct arguments *a);
void arguments_finish(struct arguments *a);

#endif
