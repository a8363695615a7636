/* fork: the same on one thread, without forks. serial.c 1 FIB QUEENS ROOTS */
#include "fork.h"

static long fib(int n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static long tree(uint64_t node)
{
	long nodes = 1;

	if (tree_is_leaf(node))
		return 1;
	for (unsigned i = 0; i < TREE_CHILDREN; i++)
		nodes += tree(tree_node(node, i));
	return nodes;
}

int main(int argc, char **argv)
{
	const int n = (int)bench_arg(argc, argv, 2), queens = (int)bench_arg(argc, argv, 3);
	const long roots = bench_arg(argc, argv, 4);
	const struct board empty = { { 0 } };
	long nodes = 0;
	int64_t start = bench_now();

	report_fib(n, fib(n), start);
	start = bench_now();
	report_queens(queens, queens_serial(&empty, 0, queens), start);
	start = bench_now();
	for (long i = 0; i < roots; i++)
		nodes += tree(tree_node(0, (unsigned)i));
	report_tree(roots, nodes, start);
	return 0;
}
