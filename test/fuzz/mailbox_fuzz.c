/* The mailbox of a worker process that lies: whatever stands in its half, the caller writes nothing beyond what it was
 * given room for, and answers a call's result or an error. The input: how much the caller has room for, then bytes for
 * the worker's half, or for all of the mailbox. */
#include <errno.h>

#include "fuzz.h"
#include "process/hand.h"

enum { ROOM = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mailbox *b = aligned_alloc(64, box_bytes(64, ROOM));
	struct hand h = { .box = b, .bytes = box_bytes(64, ROOM), .in_bytes = 64, .socket = -1, .life = -1 };
	struct hob_call call = { .in = "request", .in_len = 7 };
	size_t from = offsetof(struct mailbox, answer), most, room;
	char *to;

	if (!b || size < 2) {
		free(b);
		return 0;
	}
	room = data[0] | (size_t)(data[1] & 1) << 8;
	to = malloc(room ? room : 1); /* of its exact size, so that a byte beyond it is seen */
	call.out = to;
	call.out_size = room;
	memset(b, 0, box_bytes(64, ROOM));
	hand_post(&h, NULL, &call);
	if (data[1] & 2) /* what is the caller's own, too */
		from = 0;
	data += 2, size -= 2;
	most = sizeof *b - from;
	memcpy((char *)b + from, data, size < most ? size : most);
	if (hand_answered(&h)) {
		int err = hand_answer(&h, &call);

		FUZZ_CHECK(err == 0 || err == -EPROTO);
		FUZZ_CHECK(err || call.out_len <= room);
	}
	if (hand_withdraw(&h))
		FUZZ_CHECK(hand_had_begun(&h)); /* it is no more posted */
	hand_spins(&h);
	free(to);
	free(b);
	return 0;
}
