/* A stable quicksort over elements of one type. No include guard: included once for each type, with
 *
 *	UNIT		the element, copied by assignment
 *	LESS(o, a, b)	whether *a stands before *b in the order `o`, a struct order
 *	NAME(x)		the name of x for this type
 *
 * After driftsort (Voultapher and Bergdoll, 2024). What makes it fast is that no branch hangs on a comparison, and that
 * comparisons do not wait for each other: a partition moves pointers by their outcome, and a merge works from both ends
 * at once. The order may be inconsistent: then the result is in no particular order,
 * perhaps with elements twice and others lost, but nothing outside of the arrays is touched.
 */

/* Up to so many elements are sorted by merging runs of four. */
#define SMALL 32

/* Four elements in five comparisons. */
static inline void NAME(sort4)(const UNIT *v, UNIT *to, struct order o)
{
	bool c1 = LESS(o, v + 1, v), c2 = LESS(o, v + 3, v + 2);
	const UNIT *a = v + c1, *b = v + !c1, *c = v + 2 + c2, *d = v + 2 + !c2; /* a <= b, c <= d */
	bool c3 = LESS(o, c, a), c4 = LESS(o, d, b);
	const UNIT *left = c3 ? a : c4 ? c : b, *right = c4 ? d : c3 ? b : c; /* the two in the middle */
	const UNIT *least = c3 ? c : a, *most = c4 ? b : d;
	bool c5 = LESS(o, right, left);

	to[0] = *least;
	to[1] = *(c5 ? right : left);
	to[2] = *(c5 ? left : right);
	to[3] = *most;
}

/* Two sorted runs, of n / 2 elements and of the rest: as many steps from each end as the smaller has elements cannot
 * run out of it. */
static inline void NAME(merge_halves)(const UNIT *from, size_t n, UNIT *to, struct order o)
{
	const UNIT *left = from, *right = from + n / 2;
	const UNIT *left_last = right - 1, *right_last = from + n - 1;
	UNIT *to_last = to + n - 1;

	for (size_t i = 0; i < n / 2; i++) {
		bool up = LESS(o, right, left), down = LESS(o, right_last, left_last);

		*to++ = *(up ? right : left);
		right += up;
		left += !up;
		*to_last-- = *(down ? left_last : right_last);
		left_last -= down;
		right_last -= !down;
	}
	if (n % 2)
		*to = *(left <= left_last ? left : right);
}

/* v[0] to v[n - 2] are sorted: puts v[n - 1] in its place. */
static inline void NAME(insert_last)(UNIT *v, size_t n, struct order o)
{
	UNIT last = v[n - 1];
	size_t i = n - 1;

	for (; i > 0 && LESS(o, &last, v + i - 1); i--)
		v[i] = v[i - 1];
	v[i] = last;
}

/* n <= SMALL, with room for as many in scratch. */
static void NAME(sort_small)(UNIT *v, size_t n, UNIT *scratch, struct order o)
{
	size_t begins[] = { 0, n / 2, n };

	if (n < 8) {
		for (size_t i = 2; i <= n; i++)
			NAME(insert_last)(v, i, o);
		return;
	}
	for (int half = 0; half < 2; half++) {
		UNIT *from = v + begins[half], *to = scratch + begins[half];
		size_t len = begins[half + 1] - begins[half], sorted = 4;

		if (len < 8) {
			NAME(sort4)(from, to, o);
		} else {
			UNIT fours[8];

			NAME(sort4)(from, fours, o);
			NAME(sort4)(from + 4, fours + 4, o);
			NAME(merge_halves)(fours, 8, to, o);
			sorted = 8;
		}
		for (; sorted < len; sorted++) {
			to[sorted] = from[sorted];
			NAME(insert_last)(to, sorted + 1, o);
		}
	}
	NAME(merge_halves)(scratch, n, v, o);
}

static const UNIT *NAME(median)(const UNIT *a, const UNIT *b, const UNIT *c, struct order o)
{
	bool ab = LESS(o, a, b);

	if (ab != LESS(o, a, c))
		return a;
	return LESS(o, b, c) == ab ? b : c;
}

/* Of 3, of 9, of 27 ... elements, the more there are. */
static const UNIT *NAME(pivot)(const UNIT *a, const UNIT *b, const UNIT *c, size_t n, struct order o)
{
	size_t next = n / 8;

	if (next >= 8) {
		a = NAME(pivot)(a, a + next * 4, a + next * 7, next, o);
		b = NAME(pivot)(b, b + next * 4, b + next * 7, next, o);
		c = NAME(pivot)(c, c + next * 4, c + next * 7, next, o);
	}
	return NAME(median)(a, b, c, o);
}

/* Moves those that stand before the pivot (or, `or_equal`, not after it) to the front. Answers how many. Each
 * element is stored both where it belongs if it goes left, which is never ahead of where we read, and where it
 * belongs if not. */
static inline size_t NAME(partition)(UNIT *v, size_t n, UNIT *scratch, const UNIT *pivot, bool or_equal, struct order o)
{
	UNIT *left = v, *right = scratch;

	for (size_t i = 0; i < n; i++) {
		bool goes_left = or_equal ? !LESS(o, pivot, v + i) : LESS(o, v + i, pivot);
		UNIT u = v[i];

		*left = u;
		*right = u;
		left += goes_left;
		right += !goes_left;
	}
	memcpy(left, scratch, (size_t)(right - scratch) * sizeof *v);
	return (size_t)(left - v);
}

/* Where pivots were chosen badly too often. */
static void NAME(merge_sort)(UNIT *v, size_t n, UNIT *scratch, struct order o)
{
	if (n <= SMALL) {
		NAME(sort_small)(v, n, scratch, o);
		return;
	}
	NAME(merge_sort)(v, n / 2, scratch, o);
	NAME(merge_sort)(v + n / 2, n - n / 2, scratch, o);
	NAME(merge_halves)(v, n, scratch, o);
	memcpy(v, scratch, n * sizeof *v);
}

static void NAME(quick)(UNIT *v, size_t n, UNIT *scratch, const UNIT *least, unsigned tries, struct order o);

/* What is right of a pivot, for another core. */
struct NAME(side) {
	struct offer offer;
	UNIT *v, *scratch;
	size_t n;
	const UNIT *least;
	unsigned tries;
	struct order order;
};

static void NAME(quick_side)(void *arg)
{
	struct NAME(side) *s = arg;

	NAME(quick)(s->v, s->n, s->scratch, s->least, s->tries, s->order);
}

static void NAME(quick_both)(UNIT *v, size_t n, UNIT *scratch, const UNIT *least, struct NAME(side) * right)
{
	bool offered = offer_make(&right->offer, right->order.control, NAME(quick_side), right);

	NAME(quick)(v, n, scratch, least, right->tries, right->order);
	if (offered)
		offer_join(&right->offer);
	else
		NAME(quick_side)(right);
}

/* No element stands before *least (NULL: unknown), so those equal to it can be set aside once such a one comes up as
 * pivot again. `tries` more levels may be unbalanced. */
static void NAME(quick)(UNIT *v, size_t n, UNIT *scratch, const UNIT *least, unsigned tries, struct order o)
{
	while (n > SMALL && !order_ended(o, n)) {
		size_t nleft = 0;
		UNIT pivot;

		if (tries-- == 0) {
			NAME(merge_sort)(v, n, scratch, o);
			return;
		}
		pivot = *NAME(pivot)(v, v + n / 8 * 4, v + n / 8 * 7, n / 8, o);
		if (!least || LESS(o, least, &pivot))
			nleft = NAME(partition)(v, n, scratch, &pivot, false, o);
		if (nleft == 0) {
			nleft = NAME(partition)(v, n, scratch, &pivot, true, o);
			v += nleft;
			n -= nleft;
			least = NULL;
		} else if (n - nleft > OFFERED) {
			struct NAME(side) right = { .v = v + nleft,
						    .scratch = scratch + nleft,
						    .n = n - nleft,
						    .least = &pivot,
						    .tries = tries,
						    .order = o };

			NAME(quick_both)(v, nleft, scratch, least, &right);
			return;
		} else {
			NAME(quick)(v + nleft, n - nleft, scratch, &pivot, tries, o);
			n = nleft;
		}
	}
	if (n <= SMALL)
		NAME(sort_small)(v, n, scratch, o);
}

/* Sorts v, with as much room in scratch. */
static void NAME(sort_piece)(UNIT *v, size_t n, UNIT *scratch, struct order o)
{
	size_t run = 1;
	unsigned tries = 2;

	while (run < n && !LESS(o, v + run, v + run - 1))
		run++;
	if (run >= n)
		return;
	if (run == 1) {
		while (run < n && LESS(o, v + run, v + run - 1))
			run++;
		if (run == n) { /* strictly downwards: no equal ones to keep in order */
			for (size_t i = 0; i < n / 2; i++) {
				UNIT u = v[i];

				v[i] = v[n - 1 - i];
				v[n - 1 - i] = u;
			}
			return;
		}
	}
	for (size_t i = n; i > 1; i /= 2)
		tries += 2;
	NAME(quick)(v, n, scratch, NULL, tries, o);
}

#undef SMALL
