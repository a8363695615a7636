/* pool: two processes and 64 bytes each way through shared memory, by a futex for each direction; or (spin) without
 * one, both of them awake for ever. bare.c 1 MS futex|spin */
#include "trip.h"
#include <linux/futex.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static struct shared {
	_Alignas(64) uint32_t asked;
	char in[56];
	_Alignas(64) uint32_t answered;
	char out[56];
} * shared;

static bool spins;

static void await(uint32_t *word, uint32_t not )
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == not )
		if (!spins)
			syscall(SYS_futex, word, FUTEX_WAIT, not, NULL, NULL, 0);
}

static void tell(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	if (!spins)
		syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void answer(void)
{
	for (uint32_t n = 0;; n++) {
		await(&shared->asked, n);
		memcpy(shared->out, shared->in, sizeof shared->out);
		tell(&shared->answered, n + 1);
	}
}

static void call(void)
{
	uint32_t n = shared->answered;

	strcpy(shared->in, "hello");
	tell(&shared->asked, n + 1);
	await(&shared->answered, n);
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000;
	pid_t pid;

	spins = argc > 3 && strcmp(argv[3], "spin") == 0;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bench_must(shared == MAP_FAILED, "mmap");
	pid = answerer_start(answer);
	report_trip(call, budget);
	if (!spins)
		report_rested(call);
	answerer_end(pid);
	return 0;
}
