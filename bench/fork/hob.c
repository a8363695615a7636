/* fork: a job for every call of fib, every queen of the first rows and every node. hob.c WORKERS FIB QUEENS ROOTS */
#include "fork.h"
#include <hob.h>

static struct {
	int n, queens;
	long roots;
} args;

struct fib {
	int n;
	long result;
};

static long fib(int n);

static void fib_job(void *arg)
{
	struct fib *f = arg;
	f->result = fib(f->n);
}

static long fib(int n)
{
	struct fib left;
	struct hob_job job;
	long right;

	if (n < 2)
		return n;
	left.n = n - 1;
	hob_fork(&job, fib_job, &left);
	right = fib(n - 2);
	hob_join_direct(&job, fib_job, &left);
	return left.result + right;
}

struct queens {
	struct board board;
	int row;
	long found;
};

static void queens(void *arg)
{
	struct queens *q = arg, next[QUEENS_MAX];
	struct hob_job jobs[QUEENS_MAX];
	int n = 0;

	if (q->row == QUEENS_GRAIN) {
		q->found = queens_serial(&q->board, q->row, args.queens);
		return;
	}
	for (int c = 0; c < args.queens; c++) {
		if (queen_is_safe(&q->board, q->row, c)) {
			next[n] = (struct queens){ .board = q->board, .row = q->row + 1 };
			next[n].board.column[q->row] = (signed char)c;
			hob_fork(&jobs[n], queens, &next[n]);
			n++;
		}
	}
	for (q->found = 0; n-- > 0;) {
		hob_join_direct(&jobs[n], queens, &next[n]);
		q->found += next[n].found;
	}
}

struct node {
	uint64_t id;
	long nodes;
};

static void tree(void *arg)
{
	struct node *node = arg, children[TREE_CHILDREN];
	struct hob_job jobs[TREE_CHILDREN];

	node->nodes = 1;
	if (tree_is_leaf(node->id))
		return;
	for (unsigned i = 0; i < TREE_CHILDREN; i++) {
		children[i].id = tree_node(node->id, i);
		hob_fork(&jobs[i], tree, &children[i]);
	}
	for (unsigned i = TREE_CHILDREN; i-- > 0;) {
		hob_join_direct(&jobs[i], tree, &children[i]);
		node->nodes += children[i].nodes;
	}
}

static int trees(size_t begin, size_t end, void *acc, void *arg)
{
	(void)arg;
	for (size_t i = begin; i < end; i++) {
		struct node root = { .id = tree_node(0, (unsigned)i) };
		tree(&root);
		*(long *)acc += root.nodes;
	}
	return 0;
}

static void add(void *left, const void *right, void *arg)
{
	(void)arg;
	*(long *)left += *(const long *)right;
}

static int first(void *arg)
{
	const struct hob_reduction sum = { .size = sizeof(long), .fold = trees, .combine = add };
	struct queens empty = { .row = 0 };
	long nodes;
	int64_t start = bench_now();

	(void)arg;
	report_fib(args.n, fib(args.n), start);
	start = bench_now();
	queens(&empty);
	report_queens(args.queens, empty.found, start);
	start = bench_now();
	bench_must(hob_parallel_reduce(NULL, (size_t)args.roots, &sum, &nodes), "hob_parallel_reduce");
	report_tree(args.roots, nodes, start);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1), .stack_bytes = 1 << 20 };

	args.n = (int)bench_arg(argc, argv, 2);
	args.queens = (int)bench_arg(argc, argv, 3);
	args.roots = bench_arg(argc, argv, 4);
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
