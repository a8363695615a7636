/* fork: a task for every call of fib and every node of the tree; queens are placed by tasks in the first rows alone, as
 * is the custom. By gcc it is `gomp`, by clang `libomp`. openmp.c WORKERS FIB QUEENS ROOTS */
#include "fork.h"
#include <omp.h>

static long fib(int n)
{
	long left, right;

	if (n < 2)
		return n;
#pragma omp task shared(left) firstprivate(n)
	left = fib(n - 1);
	right = fib(n - 2);
#pragma omp taskwait
	return left + right;
}

static long queens(const struct board *board, int row, int n)
{
	long found[QUEENS_MAX] = { 0 }, sum = 0;

	if (row == QUEENS_GRAIN)
		return queens_serial(board, row, n);
	for (int c = 0; c < n; c++) {
		if (queen_is_safe(board, row, c)) {
#pragma omp task shared(found) firstprivate(board, row, n, c)
			{
				struct board next = *board;
				next.column[row] = (signed char)c;
				found[c] = queens(&next, row + 1, n);
			}
		}
	}
#pragma omp taskwait
	for (int c = 0; c < n; c++)
		sum += found[c];
	return sum;
}

static long tree(uint64_t node)
{
	long nodes[TREE_CHILDREN], sum = 1;

	if (tree_is_leaf(node))
		return 1;
	for (unsigned i = 0; i < TREE_CHILDREN; i++) {
#pragma omp task shared(nodes) firstprivate(node, i)
		nodes[i] = tree(tree_node(node, i));
	}
#pragma omp taskwait
	for (unsigned i = 0; i < TREE_CHILDREN; i++)
		sum += nodes[i];
	return sum;
}

int main(int argc, char **argv)
{
	const int n = (int)bench_arg(argc, argv, 2), size = (int)bench_arg(argc, argv, 3);
	const long roots = bench_arg(argc, argv, 4);
	const struct board empty = { { 0 } };

	omp_set_num_threads((int)bench_arg(argc, argv, 1));
#pragma omp parallel
#pragma omp single
	{
		long nodes = 0;
		int64_t start = bench_now();

		report_fib(n, fib(n), start);
		start = bench_now();
		report_queens(size, queens(&empty, 0, size), start);
		start = bench_now();
#pragma omp taskloop reduction(+ : nodes)
		for (long i = 0; i < roots; i++)
			nodes += tree(tree_node(0, (unsigned)i));
		report_tree(roots, nodes, start);
	}
	return 0;
}
