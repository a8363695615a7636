/* The head of a request, as the example server takes it apart. */
int httpd_main(int argc, char **argv);
#define main httpd_main
#include "../../examples/httpd.c"
#undef main

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request rq = { 0 };
	char *text = malloc(size + 5);

	if (!text)
		return 0;
	memcpy(text, data, size);
	memcpy(text + size, "\r\n\r\n", 5); /* as receive() hands it on */
	char *end = memmem(text, size + 4, "\r\n\r\n", 4);

	end[4] = '\0';
	for (char *p = text; p < end; p++)
		*p = *p ? *p : ' ';
	if (!parse(text, &rq))
		FUZZ_CHECK(rq.path && rq.path >= text && rq.path < end);
	free(text);
	return 0;
}
