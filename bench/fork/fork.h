/* fork: what every contestant in C and C++ computes, and the results that are right. */
#ifndef FORK_H
#define FORK_H

#include "bench.h"

static inline double seconds_since(int64_t start)
{
	return (double)(bench_now() - start) / 1e9;
}

static inline void must_be(long long result, long long right, const char *what)
{
	if (result == right)
		return;
	fprintf(stderr, "%s: %lld, not %lld\n", what, result, right);
	exit(1);
}

/* Checks fib(n), and reports the time of one of the 2 fib(n + 1) - 1 calls that it takes. */
static inline void report_fib(int n, long result, int64_t start)
{
	const double took = seconds_since(start) * 1e9;
	long a = 0, b = 1;

	for (int i = 0; i < n; i++) {
		const long next = a + b;
		a = b;
		b = next;
	}
	must_be(result, a, "fib");
	bench_report("fib", took / (double)(2 * b - 1), "ns");
}

enum { QUEENS_MAX = 14, QUEENS_GRAIN = 4 };

/* The columns of the queens in the first rows. */
struct board {
	signed char column[QUEENS_MAX];
};

/* Whether the queen of the next row may stand in `column`. */
static inline int queen_is_safe(const struct board *board, int row, int column)
{
	for (int i = 0; i < row; i++) {
		const int other = board->column[i];
		if (other == column || other == column - (row - i) || other == column + (row - i))
			return 0;
	}
	return 1;
}

static inline long queens_serial(const struct board *board, int row, int n)
{
	long found = 0;

	if (row == n)
		return 1;
	for (int c = 0; c < n; c++) {
		if (queen_is_safe(board, row, c)) {
			struct board next = *board;
			next.column[row] = (signed char)c;
			found += queens_serial(&next, row + 1, n);
		}
	}
	return found;
}

static inline void report_queens(int n, long result, int64_t start)
{
	static const long right[QUEENS_MAX + 1] = {
		1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596
	};
	const double took = seconds_since(start);

	must_be(result, n <= QUEENS_MAX ? right[n] : -1, "nqueens");
	bench_report("nqueens", took, "s");
}

/* A tree in the manner of UTS (unbalanced tree search), binomial: below each of many roots, a node has TREE_CHILDREN
 * children with a chance of a bit less than 1 in TREE_CHILDREN, and else none; so most subtrees are one node, and a few
 * are more than a hundred thousand, which nobody can tell before having walked them. The digest of a node, SHA-1 there,
 * is a 64-bit mix here, as often as makes it about as dear. */
enum { TREE_CHILDREN = 4, TREE_MIXES = 32 };

static inline uint64_t tree_node(uint64_t parent, unsigned child)
{
	uint64_t x = parent + child;

	for (int i = 0; i < TREE_MIXES; i++) {
		x += 0x9e3779b97f4a7c15;
		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
		x = (x ^ x >> 27) * 0x94d049bb133111eb;
		x ^= x >> 31;
	}
	return x;
}

static inline int tree_is_leaf(uint64_t node)
{
	return node >= UINT64_MAX / 10000 * 2495;
}

static inline void report_tree(long roots, long result, int64_t start)
{
	const double took = seconds_since(start);

	must_be(result, roots == 1000 ? 315124 : roots == 8000 ? 1800480 : -1, "tree");
	bench_report("tree", took, "s");
}

#endif
