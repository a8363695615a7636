/* What sort.c, which alone includes this, needs of one type: the sort of quick.h, the merge of two sorted runs and
 * how to divide one; behind functions that do not know the type. UNIT, LESS and NAME as there; UNIT and NAME are
 * taken away. */
#include "compute/quick.h"

/* Two sorted runs of any lengths. */
static void NAME(merge)(const UNIT *left, const UNIT *left_end, const UNIT *right, const UNIT *right_end, UNIT *to,
			struct order o)
{
	UNIT *to_end = to + (left_end - left) + (right_end - right);

	for (;;) {
		size_t l = (size_t)(left_end - left), r = (size_t)(right_end - right);

		for (size_t steps = (l < r ? l : r) / 2; steps; steps--) { /* from both ends, which cannot run out */
			bool up = LESS(o, right, left), down = LESS(o, right_end - 1, left_end - 1);

			*to++ = *(up ? right : left);
			right += up;
			left += !up;
			*--to_end = *(down ? left_end - 1 : right_end - 1);
			left_end -= down;
			right_end -= !down;
		}
		if (l < 2 || r < 2)
			break;
	}
	while (left < left_end && right < right_end)
		*to++ = LESS(o, right, left) ? *right++ : *left++;
	memcpy(to, left, (size_t)(left_end - left) * sizeof *to);
	to += left_end - left;
	memcpy(to, right, (size_t)(right_end - right) * sizeof *to);
}

/* How many of the first k elements of the merged runs come from the left one. */
static size_t NAME(left_of)(size_t k, const UNIT *left, size_t nleft, const UNIT *right, size_t nright, struct order o)
{
	size_t least = k > nright ? k - nright : 0, most = k < nleft ? k : nleft;

	while (least < most) {
		size_t i = least + (most - least) / 2;

		if (LESS(o, right + (k - i - 1), left + i))
			most = i;
		else
			least = i + 1;
	}
	return least;
}

static void NAME(engine_sort)(void *v, size_t n, void *scratch, struct order o)
{
	NAME(sort_piece)(v, n, scratch, o);
}

static size_t NAME(engine_left_of)(size_t k, const void *left, size_t nleft, const void *right, size_t nright,
				   struct order o)
{
	return NAME(left_of)(k, left, nleft, right, nright, o);
}

static void NAME(engine_merge)(const void *left, size_t nleft, const void *right, size_t nright, void *to,
			       struct order o)
{
	const UNIT *l = left, *r = right;

	NAME(merge)(l, l + nleft, r, r + nright, to, o);
}

static const struct engine NAME(engine) = {
	.size = sizeof(UNIT),
	.sort = NAME(engine_sort),
	.left_of = NAME(engine_left_of),
	.merge = NAME(engine_merge),
};

#undef UNIT
#undef NAME
