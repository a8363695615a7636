/* The intrusive list of base/list.h. */
#include "base/list.h"

#include "test.h"

struct item {
	int value;
	struct link link;
};

static void empty_list_answers_nothing(void)
{
	struct link head;
	list_init(&head);
	CHECK(list_empty(&head));
	CHECK(list_pop(&head) == NULL);
	CHECK(list_empty(&head));
}

static void first_in_first_out(void)
{
	struct link head;
	struct item items[5];
	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].value = i;
		list_push(&head, &items[i].link);
	}
	CHECK(!list_empty(&head));
	for (int i = 0; i < 5; i++)
		CHECK_EQ(container_of(list_pop(&head), struct item, link)->value, i);
	CHECK(list_empty(&head));
}

static void removed_link_stands_alone(void)
{
	struct link head, a, b, c;
	list_init(&head);
	list_push(&head, &a);
	list_push(&head, &b);
	list_push(&head, &c);
	list_remove(&b);
	CHECK(list_empty(&b));
	list_remove(&b); /* once more harms nobody */
	CHECK(list_pop(&head) == &a);
	CHECK(list_empty(&a));
	list_push(&head, &a);
	CHECK(list_pop(&head) == &c);
	CHECK(list_pop(&head) == &a);
	CHECK(list_pop(&head) == NULL);
}

/* Against an array that does the same the slow way. */
static void random_operations(void)
{
	enum { N = 32, STEPS = 100000 };
	struct link head, links[N];
	int order[N], length = 0;
	list_init(&head);
	for (int i = 0; i < N; i++)
		list_init(&links[i]);
	for (int step = 0; step < STEPS; step++) {
		int i = (int)(test_random() % N), at = 0;
		while (at < length && order[at] != i)
			at++;
		if (at == length) {
			list_push(&head, &links[i]);
			order[length++] = i;
		} else {
			if (test_random() % 2) {
				list_remove(&links[i]);
			} else {
				at = 0;
				CHECK(list_pop(&head) == &links[order[0]]);
			}
			memmove(order + at, order + at + 1, (size_t)(--length - at) * sizeof *order);
		}
		CHECK_EQ(list_empty(&head), length == 0);
		if (length)
			CHECK(head.next == &links[order[0]] && head.prev == &links[order[length - 1]]);
	}
}

int main(void)
{
	test_start();
	TEST(empty_list_answers_nothing);
	TEST(first_in_first_out);
	TEST(removed_link_stands_alone);
	TEST(random_operations);
	return test_done();
}
