/* JSON, written as a stream: nothing is kept but where we are. What stands at the top level ends with a newline, so
 * that several values one after the other are JSON lines. Pretty printing is jq's. */
#ifndef CLI_SHOW_JSON_H
#define CLI_SHOW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH = 16 };

struct json {
	FILE *out;
	unsigned depth;
	char close[JSON_DEPTH]; /* what ends the object or array at each depth */
	bool any[JSON_DEPTH];   /* it has a member already */
};

void json_init(struct json *j, FILE *out);

/* In each call `key` names the member within an object, and is NULL in an array or at the top. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j); /* of the innermost object or array */

/* What is not UTF-8 is written as U+FFFD. NULL is null. */
void json_string(struct json *j, const char *key, const char *text);
void json_bytes(struct json *j, const char *key, const char *text, size_t len);
void json_int(struct json *j, const char *key, int64_t value);
void json_double(struct json *j, const char *key, double value); /* null where it is not finite */
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
