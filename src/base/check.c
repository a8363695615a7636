/* What a failed assertion does: one line, then abort. No allocation and no lock, so it works anywhere. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"

_Noreturn void check_failed(const char *file, int line, const char *what)
{
	char text[512];
	int n = snprintf(text, sizeof text, "hob: %s:%d: broken: %s\n", file, line, what);
	if (n >= (int)sizeof text)
		n = (int)sizeof text - 1;
	sys.write(STDERR_FILENO, text, (size_t)n);
	abort();
}
