/* The values that options take, from text. */
#include "run/values.h"

#include <errno.h>
#include <stdlib.h>

bool value_number(const char *text, unsigned least, unsigned most, unsigned *out)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < least || n > most)
		return false;
	*out = (unsigned)n;
	return true;
}
