/* A sort made for one type, with its order inlined: the contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT
 *
 *	#define HOB_SORT_NAME sort_points
 *	#define HOB_SORT_TYPE struct point
 *	#define HOB_SORT_LESS(a, b, arg) ((a)->x < (b)->x)
 *	#include <hob/sort.h>
 *
 * defines
 *
 *	static int sort_points(const struct hob_loop *how, struct point *base, size_t n, void *arg);
 *
 * which is hob_parallel_sort, but for the call of a comparator, which costs more than all the rest: it sorts numbers
 * in half the time. HOB_SORT_LESS tells whether *a stands before *b, of two const pointers to the type; it is called
 * on several cores at once. The type is copied by assignment: sort pointers where it is large. The three macros are
 * taken away again, so the file may be included as often as there are types. For arrays of numbers in their own order
 * hob_parallel_sort_keys is quicker still. */
#ifndef HOB_SORT_H
#define HOB_SORT_H

#include <hob/compute.h>
#include <stdbool.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From here on the library's own. */

#define HOB_SORT_SMALL 32      /* up to so many elements are sorted by merging runs of four */
#define HOB_SORT_OFFERED 16384 /* so many that another core may take to sort */
#define HOB_SORT_LOOKS 65536   /* so many that a look whether it is to end costs nothing */

struct hob_sort; /* one that is under way */

struct hob_sort_order {
	hob_compare_fn *compare;
	void *arg;
	struct hob_sort *sort;
};

/* What is known of a type, behind functions that do not know it. */
struct hob_sort_kind {
	size_t size;
	void (*sort)(void *v, size_t n, void *scratch, struct hob_sort_order o);
	size_t (*left_of)(size_t k, const void *left, size_t nleft, const void *right, size_t nright,
			  struct hob_sort_order o);
	void (*merge)(const void *left, size_t nleft, const void *right, size_t nright, void *to,
		      struct hob_sort_order o);
};

HOB_API int hob_sort_run(const struct hob_loop *how, void *base, size_t n, void *arg, const struct hob_sort_kind *kind);

/* Is it to end? */
HOB_API int hob_sort_ended(struct hob_sort *s);

/* fn(left) and fn(right), on two cores where one comes for it. [parks] */
HOB_API void hob_sort_both(struct hob_sort *s, hob_job_fn *fn, void *left, void *right);

#ifdef __cplusplus
}
#endif
#endif

#ifdef HOB_SORT_NAME
#if !defined(HOB_SORT_TYPE) || !defined(HOB_SORT_LESS)
#error "hob/sort.h needs HOB_SORT_TYPE and HOB_SORT_LESS(a, b, arg) beside HOB_SORT_NAME"
#endif
#define HOB_SORT_PASTE2(a, b) a##_##b
#define HOB_SORT_PASTE(a, b) HOB_SORT_PASTE2(a, b)
#define HOB_NAME(x) HOB_SORT_PASTE(HOB_SORT_NAME, x)
#define HOB_UNIT HOB_NAME(type)
#define HOB_LESS(o, a, b) ((void)(o), HOB_SORT_LESS((a), (b), (o).arg))
typedef HOB_SORT_TYPE HOB_NAME(type);
#endif

/* A stable quicksort over elements of one type, once for each, with
 *
 *	HOB_UNIT		the element, copied by assignment
 *	HOB_LESS(o, a, b)	whether *a stands before *b in the order `o`, a struct hob_sort_order
 *	HOB_NAME(x)		the name of x for this type
 *
 * After driftsort (Voultapher and Bergdoll, 2024). What makes it fast is that no branch hangs on a comparison, and that
 * comparisons do not wait for each other: a partition moves pointers by their outcome, and a merge works from both ends
 * at once. The order may be inconsistent: then the result is in no particular order, perhaps with elements twice and
 * others lost, but nothing outside of the arrays is touched. */
#ifdef HOB_UNIT

/* Four elements in five comparisons. */
static inline void HOB_NAME(sort4)(const HOB_UNIT *v, HOB_UNIT *to, struct hob_sort_order o)
{
	bool c1 = HOB_LESS(o, v + 1, v), c2 = HOB_LESS(o, v + 3, v + 2);
	const HOB_UNIT *a = v + c1, *b = v + !c1, *c = v + 2 + c2, *d = v + 2 + !c2; /* a <= b, c <= d */
	bool c3 = HOB_LESS(o, c, a), c4 = HOB_LESS(o, d, b);
	const HOB_UNIT *left = c3 ? a : c4 ? c : b, *right = c4 ? d : c3 ? b : c; /* the two in the middle */
	const HOB_UNIT *least = c3 ? c : a, *most = c4 ? b : d;
	bool c5 = HOB_LESS(o, right, left);

	to[0] = *least;
	to[1] = *(c5 ? right : left);
	to[2] = *(c5 ? left : right);
	to[3] = *most;
}

/* Two sorted runs, of n / 2 elements and of the rest: as many steps from each end as the smaller has elements cannot
 * run out of it. */
static inline void HOB_NAME(merge_halves)(const HOB_UNIT *from, size_t n, HOB_UNIT *to, struct hob_sort_order o)
{
	const HOB_UNIT *left = from, *right = from + n / 2;
	const HOB_UNIT *left_last = right - 1, *right_last = from + n - 1;
	HOB_UNIT *to_last = to + n - 1;

	for (size_t i = 0; i < n / 2; i++) {
		bool up = HOB_LESS(o, right, left), down = HOB_LESS(o, right_last, left_last);

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
static inline void HOB_NAME(insert_last)(HOB_UNIT *v, size_t n, struct hob_sort_order o)
{
	HOB_UNIT last = v[n - 1];
	size_t i = n - 1;

	for (; i > 0 && HOB_LESS(o, &last, v + i - 1); i--)
		v[i] = v[i - 1];
	v[i] = last;
}

/* n <= HOB_SORT_SMALL, with room for as many in scratch. */
static void HOB_NAME(sort_small)(HOB_UNIT *v, size_t n, HOB_UNIT *scratch, struct hob_sort_order o)
{
	size_t begins[] = { 0, n / 2, n };

	if (n < 8) {
		for (size_t i = 2; i <= n; i++)
			HOB_NAME(insert_last)(v, i, o);
		return;
	}
	for (int half = 0; half < 2; half++) {
		HOB_UNIT *from = v + begins[half], *to = scratch + begins[half];
		size_t len = begins[half + 1] - begins[half], sorted = 4;

		if (len < 8) {
			HOB_NAME(sort4)(from, to, o);
		} else {
			HOB_UNIT fours[8];

			HOB_NAME(sort4)(from, fours, o);
			HOB_NAME(sort4)(from + 4, fours + 4, o);
			HOB_NAME(merge_halves)(fours, 8, to, o);
			sorted = 8;
		}
		for (; sorted < len; sorted++) {
			to[sorted] = from[sorted];
			HOB_NAME(insert_last)(to, sorted + 1, o);
		}
	}
	HOB_NAME(merge_halves)(scratch, n, v, o);
}

static const HOB_UNIT *HOB_NAME(median)(const HOB_UNIT *a, const HOB_UNIT *b, const HOB_UNIT *c,
					struct hob_sort_order o)
{
	bool ab = HOB_LESS(o, a, b);

	if (ab != HOB_LESS(o, a, c))
		return a;
	return HOB_LESS(o, b, c) == ab ? b : c;
}

/* Of 3, of 9, of 27 ... elements, the more there are. */
static const HOB_UNIT *HOB_NAME(pivot)(const HOB_UNIT *a, const HOB_UNIT *b, const HOB_UNIT *c, size_t n,
				       struct hob_sort_order o)
{
	size_t next = n / 8;

	if (next >= 8) {
		a = HOB_NAME(pivot)(a, a + next * 4, a + next * 7, next, o);
		b = HOB_NAME(pivot)(b, b + next * 4, b + next * 7, next, o);
		c = HOB_NAME(pivot)(c, c + next * 4, c + next * 7, next, o);
	}
	return HOB_NAME(median)(a, b, c, o);
}

/* Moves those that stand before the pivot (or, `or_equal`, not after it) to the front. Answers how many. Each
 * element is stored both where it belongs if it goes left, which is never ahead of where we read, and where it
 * belongs if not. */
static inline size_t HOB_NAME(partition)(HOB_UNIT *v, size_t n, HOB_UNIT *scratch, const HOB_UNIT *pivot, bool or_equal,
					 struct hob_sort_order o)
{
	HOB_UNIT *left = v, *right = scratch;

	for (size_t i = 0; i < n; i++) {
		bool goes_left = or_equal ? !HOB_LESS(o, pivot, v + i) : HOB_LESS(o, v + i, pivot);
		HOB_UNIT u = v[i];

		*left = u;
		*right = u;
		left += goes_left;
		right += !goes_left;
	}
	memcpy(left, scratch, (size_t)(right - scratch) * sizeof *v);
	return (size_t)(left - v);
}

/* Where pivots were chosen badly too often. */
static void HOB_NAME(merge_sort)(HOB_UNIT *v, size_t n, HOB_UNIT *scratch, struct hob_sort_order o)
{
	if (n <= HOB_SORT_SMALL) {
		HOB_NAME(sort_small)(v, n, scratch, o);
		return;
	}
	HOB_NAME(merge_sort)(v, n / 2, scratch, o);
	HOB_NAME(merge_sort)(v + n / 2, n - n / 2, scratch, o);
	HOB_NAME(merge_halves)(v, n, scratch, o);
	memcpy(v, scratch, n * sizeof *v);
}

static void HOB_NAME(quick)(HOB_UNIT *v, size_t n, HOB_UNIT *scratch, const HOB_UNIT *least, unsigned tries,
			    struct hob_sort_order o);

/* What is on one side of a pivot. */
struct HOB_NAME(side) {
	HOB_UNIT *v, *scratch;
	size_t n;
	const HOB_UNIT *least;
	unsigned tries;
	struct hob_sort_order o;
};

static void HOB_NAME(quick_side)(void *arg)
{
	const struct HOB_NAME(side) *s = (const struct HOB_NAME(side) *)arg;

	HOB_NAME(quick)(s->v, s->n, s->scratch, s->least, s->tries, s->o);
}

/* No element stands before *least (NULL: unknown), so those equal to it can be set aside once such a one comes up as
 * pivot again. `tries` more levels may be unbalanced. */
static void HOB_NAME(quick)(HOB_UNIT *v, size_t n, HOB_UNIT *scratch, const HOB_UNIT *least, unsigned tries,
			    struct hob_sort_order o)
{
	while (n > HOB_SORT_SMALL && !(n > HOB_SORT_LOOKS && hob_sort_ended(o.sort))) {
		size_t nleft = 0;
		HOB_UNIT pivot;

		if (tries-- == 0) {
			HOB_NAME(merge_sort)(v, n, scratch, o);
			return;
		}
		pivot = *HOB_NAME(pivot)(v, v + n / 8 * 4, v + n / 8 * 7, n / 8, o);
		if (!least || HOB_LESS(o, least, &pivot))
			nleft = HOB_NAME(partition)(v, n, scratch, &pivot, false, o);
		if (nleft == 0) {
			nleft = HOB_NAME(partition)(v, n, scratch, &pivot, true, o);
			v += nleft;
			n -= nleft;
			least = NULL;
		} else if (n - nleft > HOB_SORT_OFFERED) {
			struct HOB_NAME(side) left = { v, scratch, nleft, least, tries, o };
			struct HOB_NAME(side) right = { v + nleft, scratch + nleft, n - nleft, &pivot, tries, o };

			hob_sort_both(o.sort, HOB_NAME(quick_side), &left, &right);
			return;
		} else {
			HOB_NAME(quick)(v + nleft, n - nleft, scratch, &pivot, tries, o);
			n = nleft;
		}
	}
	if (n <= HOB_SORT_SMALL)
		HOB_NAME(sort_small)(v, n, scratch, o);
}

/* Sorts v, with as much room in scratch. */
static void HOB_NAME(sort_piece)(HOB_UNIT *v, size_t n, HOB_UNIT *scratch, struct hob_sort_order o)
{
	size_t run = 1;
	unsigned tries = 2;

	while (run < n && !HOB_LESS(o, v + run, v + run - 1))
		run++;
	if (run >= n)
		return;
	if (run == 1) {
		while (run < n && HOB_LESS(o, v + run, v + run - 1))
			run++;
		if (run == n) { /* strictly downwards: no equal ones to keep in order */
			for (size_t i = 0; i < n / 2; i++) {
				HOB_UNIT u = v[i];

				v[i] = v[n - 1 - i];
				v[n - 1 - i] = u;
			}
			return;
		}
	}
	for (size_t i = n; i > 1; i /= 2)
		tries += 2;
	HOB_NAME(quick)(v, n, scratch, NULL, tries, o);
}

/* Two sorted runs of any lengths. */
static inline void HOB_NAME(merge)(const HOB_UNIT *left, const HOB_UNIT *left_end, const HOB_UNIT *right,
				   const HOB_UNIT *right_end, HOB_UNIT *to, struct hob_sort_order o)
{
	HOB_UNIT *to_end = to + (left_end - left) + (right_end - right);

	for (;;) {
		size_t l = (size_t)(left_end - left), r = (size_t)(right_end - right);

		for (size_t steps = (l < r ? l : r) / 2; steps; steps--) { /* from both ends, which cannot run out */
			bool up = HOB_LESS(o, right, left), down = HOB_LESS(o, right_end - 1, left_end - 1);

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
		*to++ = HOB_LESS(o, right, left) ? *right++ : *left++;
	memcpy(to, left, (size_t)(left_end - left) * sizeof *to);
	to += left_end - left;
	memcpy(to, right, (size_t)(right_end - right) * sizeof *to);
}

/* How many of the first k elements of the merged runs come from the left one. */
static inline size_t HOB_NAME(left_of)(size_t k, const HOB_UNIT *left, size_t nleft, const HOB_UNIT *right,
				       size_t nright, struct hob_sort_order o)
{
	size_t least = k > nright ? k - nright : 0, most = k < nleft ? k : nleft;

	while (least < most) {
		size_t i = least + (most - least) / 2;

		if (HOB_LESS(o, right + (k - i - 1), left + i))
			most = i;
		else
			least = i + 1;
	}
	return least;
}

/* The same behind functions that do not know the type. */
static inline void HOB_NAME(sort_items)(void *v, size_t n, void *scratch, struct hob_sort_order o)
{
	HOB_NAME(sort_piece)((HOB_UNIT *)v, n, (HOB_UNIT *)scratch, o);
}

static inline size_t HOB_NAME(left_of_items)(size_t k, const void *left, size_t nleft, const void *right, size_t nright,
					     struct hob_sort_order o)
{
	return HOB_NAME(left_of)(k, (const HOB_UNIT *)left, nleft, (const HOB_UNIT *)right, nright, o);
}

static inline void HOB_NAME(merge_items)(const void *left, size_t nleft, const void *right, size_t nright, void *to,
					 struct hob_sort_order o)
{
	const HOB_UNIT *l = (const HOB_UNIT *)left, *r = (const HOB_UNIT *)right;

	HOB_NAME(merge)(l, l + nleft, r, r + nright, (HOB_UNIT *)to, o);
}

#endif

#ifdef HOB_SORT_NAME
static inline int HOB_SORT_NAME(const struct hob_loop *how, HOB_UNIT *base, size_t n, void *arg)
{
	static const struct hob_sort_kind kind = { sizeof(HOB_UNIT), HOB_NAME(sort_items), HOB_NAME(left_of_items),
						   HOB_NAME(merge_items) };

	return hob_sort_run(how, base, n, arg, &kind);
}

#undef HOB_SORT_NAME
#undef HOB_SORT_TYPE
#undef HOB_SORT_LESS
#undef HOB_SORT_PASTE
#undef HOB_SORT_PASTE2
#undef HOB_LESS
#endif

#undef HOB_UNIT
#undef HOB_NAME
