// fork: a task for every call of fib and every node of the tree. A task ought to take some microseconds, says the
// manual: so queens are placed by tasks in the first rows alone. tbb.cpp WORKERS FIB QUEENS ROOTS
#include "fork.h"
#include <functional>
#include <numeric>
#include <oneapi/tbb.h>

static long fib(int n)
{
	long left, right;

	if (n < 2)
		return n;
	tbb::parallel_invoke([&] { left = fib(n - 1); }, [&] { right = fib(n - 2); });
	return left + right;
}

static long queens(const board &board, int row, int n)
{
	long found[QUEENS_MAX] = {};

	if (row == QUEENS_GRAIN)
		return queens_serial(&board, row, n);
	tbb::task_group group;
	for (int c = 0; c < n; c++) {
		if (queen_is_safe(&board, row, c)) {
			group.run([=, &board, &found] {
				auto next = board;
				next.column[row] = static_cast<signed char>(c);
				found[c] = queens(next, row + 1, n);
			});
		}
	}
	group.wait();
	return std::accumulate(found, found + n, 0L);
}

static long tree(uint64_t node)
{
	long nodes[TREE_CHILDREN];
	const auto child = [&](unsigned i) { return [&nodes, node, i] { nodes[i] = tree(tree_node(node, i)); }; };

	if (tree_is_leaf(node))
		return 1;
	tbb::parallel_invoke(child(0), child(1), child(2), child(3));
	return std::accumulate(nodes, nodes + TREE_CHILDREN, 1L);
}

int main(int argc, char **argv)
{
	const auto workers = static_cast<size_t>(bench_arg(argc, argv, 1));
	const int n = static_cast<int>(bench_arg(argc, argv, 2)), size = static_cast<int>(bench_arg(argc, argv, 3));
	const long roots = bench_arg(argc, argv, 4);
	const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);
	int64_t start = bench_now();

	report_fib(n, fib(n), start);
	start = bench_now();
	report_queens(size, queens(board{}, 0, size), start);
	start = bench_now();
	const long nodes = tbb::parallel_reduce(
		tbb::blocked_range<long>(0, roots), 0L,
		[](const tbb::blocked_range<long> &range, long before) {
			for (long i = range.begin(); i < range.end(); i++)
				before += tree(tree_node(0, static_cast<unsigned>(i)));
			return before;
		},
		std::plus<>());
	report_tree(roots, nodes, start);
}
