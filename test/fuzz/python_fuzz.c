/* The memory of a CPython, of any version, in which somebody has changed words: what hob why reads of other people's
 * processes. The input is a byte for the version, then changes: where (two bytes), how many bytes, and those. */
#include "fuzz.h"
#include "look/mock_python.h"
#include "look/python.h"

static void name(void *arg, const char *text)
{
	*(size_t *)arg += strlen(text);
}

static void ask(void)
{
	struct look_python *p;
	struct look_python_gil gil;
	struct look_frame f;
	size_t bytes = 0;

	if (look_python_open(MOCK_PID, &p))
		return;
	for (pid_t tid = MOCK_PID; tid <= MOCK_OTHER + 1; tid++)
		look_python_frame(p, tid, &f);
	look_python_gil(p, &gil);
	look_python_waits(p, mock_address(MOCK_GIL) + 40);
	look_python_gil_modules(p, name, &bytes);
	look_python_close(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	unsigned kind = *data % 9; /* 3.8 to 3.14, and the two without a GIL */
	mock_start(kind < 7 ? 8 + kind : 6 + kind, kind >= 7, data[0] & 128);
	for (size_t i = 1; i + 3 <= size;) {
		unsigned at = data[i] | (unsigned)data[i + 1] << 8;
		size_t len = data[i + 2] % 9;
		i += 3;
		len = len < size - i ? len : size - i;
		at %= MOCK_BYTES - 8;
		mock_put(at, data + i, len);
		i += len;
	}
	ask();
	fake_end();
	return 0;
}
