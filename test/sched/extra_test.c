/* What a task has for itself: shields, values, a name; and scopes that an error cancels. Over the fake poller. */
#include <hob.h>

#include "sched/fake_poller.h"
#include "sched/scopes.h"

/* Errors that cancel */

enum { TASKS = 30 };

static atomic_of(int) canceled;

static int sleep_long(void *arg)
{
	int err = hob_sleep(HOB_NEVER);

	(void)arg;
	CHECK_EQ(err, -ECANCELED);
	at_add(&canceled, 1, RELAXED);
	return err;
}

static int fail_later(void *arg)
{
	hob_sleep(hob_now() + HOB_MS);
	return (int)(intptr_t)arg;
}

static int fail_together(void *arg)
{
	struct hob_scope_options o = { .cancel_on_error = 1 };
	struct hob_scope *s, *lenient, *outer = scope_new();

	(void)arg;
	canceled = 0;
	CHECK_EQ(hob_scope_create_with(&s, &o), 0);
	for (int i = 0; i < TASKS; i++)
		spawn(s, sleep_long, NULL);
	spawn(s, fail_later, (void *)(intptr_t)7); /* no error */
	CHECK_EQ(hob_scope_wait(s, hob_now() + HOB_SECOND), -ETIMEDOUT);
	CHECK_EQ(canceled, 0);
	spawn(s, fail_later, (void *)(intptr_t)-EIO);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -EIO);
	CHECK_EQ(canceled, TASKS);
	CHECK_EQ(hob_spawn(s, fail_later, NULL), -ECANCELED);
	hob_scope_destroy(s);
	CHECK_EQ(hob_scope_create_with(&lenient, NULL), 0);
	spawn(lenient, sleep_long, NULL);
	spawn(lenient, fail_later, (void *)(intptr_t)-EIO);
	CHECK_EQ(hob_scope_wait(lenient, hob_now() + HOB_SECOND), -ETIMEDOUT);
	hob_scope_destroy(lenient);
	CHECK_EQ(hob_scope_create_with(&s, &o), 0);
	for (int i = 0; i < TASKS; i++) /* all at once, and the scope goes as soon as they have */
		spawn(s, fail_later, (void *)(intptr_t)-EIO);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -EIO);
	hob_scope_destroy(s);
	hob_scope_destroy(outer);
	return 0;
}

static void the_first_error_cancels_the_others(void)
{
	for (unsigned i = 0; i < (SLOW_BUILD ? 40 : 200); i++)
		CHECK_EQ(fake_run(1 + i % 4, i + 1, fail_together, NULL), 0);
}

/* Shields */

static int put_in_order(void *arg)
{
	struct hob_mutex m = { 0 };

	(void)arg;
	CHECK_EQ(hob_shield_begin(), 0);
	CHECK_EQ(hob_sleep(hob_now() + HOB_SECOND), 0); /* is cancelled as it sleeps */
	CHECK_EQ(hob_shield_begin(), 0);
	CHECK_EQ(hob_mutex_lock(&m, HOB_NEVER), 0);
	hob_shield_end();
	CHECK_EQ(hob_mutex_lock(&m, hob_now() + HOB_MS), -ETIMEDOUT);
	hob_shield_end();
	CHECK_EQ(hob_sleep(hob_now() + HOB_SECOND), -ECANCELED);
	CHECK_EQ(hob_sleep(0), -ECANCELED);
	CHECK_EQ(hob_shield_begin(), 0);
	CHECK_EQ(hob_sleep(0), 0);
	hob_shield_end();
	CHECK_EQ(hob_sleep(0), -ECANCELED);
	return 0;
}

static int leave_shielded(void *arg)
{
	(void)arg;
	return hob_shield_begin(); /* for whoever has this slot next */
}

static int shield(void *arg)
{
	struct hob_scope *s = scope_new(), *other = scope_new();

	(void)arg;
	for (int i = 0; i < TASKS; i++)
		spawn(s, put_in_order, NULL);
	hob_sleep(hob_now() + HOB_MS);
	hob_scope_cancel(s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	for (int i = 0; i < TASKS; i++)
		spawn(other, leave_shielded, NULL);
	CHECK_EQ(hob_scope_wait(other, HOB_NEVER), 0);
	canceled = 0;
	for (int i = 0; i < TASKS; i++)
		spawn(other, sleep_long, NULL);
	hob_scope_destroy(other);
	CHECK_EQ(canceled, TASKS);
	return 0;
}

static void a_shield_holds_off_cancellation(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), shield, NULL), 0);
	CHECK_EQ(hob_shield_begin(), -EPERM);
}

/* Values and names */

static hob_local plain, counted, stubborn;
static atomic_of(int) destroyed, stubborn_rounds, allocated;
static bool no_memory;

static void count_destroyed(void *value)
{
	hob_yield();
	CHECK_EQ(hob_local_get(counted) == NULL, 1);
	at_add(&destroyed, (int)(intptr_t)value, RELAXED);
}

static void come_again(void *value)
{
	at_add(&stubborn_rounds, 1, RELAXED);
	CHECK_EQ(hob_local_set(stubborn, value), 0);
}

static void *count_alloc(size_t bytes)
{
	void *mem = no_memory ? NULL : sys_real.alloc(bytes);

	at_add(&allocated, mem != NULL, RELAXED);
	return mem;
}

static void *count_alloc_aligned(size_t align, size_t bytes)
{
	void *mem = sys_real.alloc_aligned(align, bytes);

	at_add(&allocated, mem != NULL, RELAXED);
	return mem;
}

static void count_free(void *mem)
{
	at_sub(&allocated, mem != NULL, RELAXED);
	sys_real.free(mem);
}

static int keep_values(void *arg)
{
	char name[100];
	int x;

	CHECK_EQ(strcmp(hob_name(), ""), 0);
	CHECK(!hob_local_get(plain) && !hob_local_get(counted) && !hob_local_get(9999));
	CHECK_EQ(hob_local_set(plain, NULL), 0);
	if ((intptr_t)arg % 3 == 0)
		return 0;
	CHECK_EQ(hob_local_set(counted, (void *)(intptr_t)5), 0);
	CHECK_EQ(hob_local_set(counted, arg), 0);
	CHECK_EQ(hob_local_set(plain, &x), 0);
	CHECK_EQ(hob_local_set(HOB_LOCALS_MAX, &x), -EINVAL);
	snprintf(name, sizeof name, "%jd, the name of which is far longer than a task may have",
		 (intmax_t)(intptr_t)arg);
	CHECK_EQ(hob_name_set("a long name that is not seen"), 0);
	CHECK_EQ(hob_name_set(name), 0);
	hob_yield();
	CHECK(hob_local_get(plain) == &x && hob_local_get(counted) == arg);
	CHECK_EQ(strlen(hob_name()), 31);
	CHECK_EQ(strncmp(hob_name(), name, 31), 0);
	CHECK_EQ(hob_name_set("b"), 0);
	CHECK_EQ(strcmp(hob_name(), "b"), 0);
	return 0;
}

static int keep(void *arg)
{
	struct hob_scope *s = scope_new();
	int sum = 0;

	(void)arg;
	destroyed = 0;
	for (intptr_t i = 0; i < TASKS; i++) {
		spawn(s, keep_values, (void *)i);
		sum += i % 3 ? (int)i : 0;
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(destroyed, sum);
	hob_scope_destroy(s);
	no_memory = true;
	CHECK_EQ(hob_local_set(plain, &sum), -ENOMEM);
	CHECK_EQ(hob_name_set("x"), -ENOMEM);
	CHECK_EQ(strcmp(hob_name(), ""), 0);
	no_memory = false;
	CHECK_EQ(hob_local_set(stubborn, &sum), 0);
	return 0;
}

static void each_task_has_its_own(void)
{
	CHECK_EQ(hob_local_create(&plain, NULL), 0);
	CHECK_EQ(hob_local_create(&counted, count_destroyed), 0);
	CHECK_EQ(hob_local_create(&stubborn, come_again), 0);
	CHECK_EQ(hob_local_set(plain, &plain), -EPERM);
	CHECK_EQ(hob_name_set("x"), -EPERM);
	CHECK(!hob_local_get(plain) && !*hob_name());
	sys.alloc = count_alloc;
	sys.alloc_aligned = count_alloc_aligned;
	sys.free = count_free;
	for (unsigned workers = 1; workers <= 4; workers++) {
		stubborn_rounds = 0;
		CHECK_EQ(fake_run(workers, test_random(), keep, NULL), 0);
		CHECK_EQ(stubborn_rounds, 4);
		CHECK_EQ(allocated, 0);
	}
	sys.alloc = sys_real.alloc;
	sys.alloc_aligned = sys_real.alloc_aligned;
	sys.free = sys_real.free;
	for (unsigned n = 3; n < HOB_LOCALS_MAX; n++) {
		hob_local key;

		CHECK_EQ(hob_local_create(&key, NULL), 0);
		CHECK_EQ(key, n);
	}
	CHECK_EQ(hob_local_create(&plain, NULL), -EAGAIN);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(the_first_error_cancels_the_others);
	TEST(a_shield_holds_off_cancellation);
	TEST(each_task_has_its_own);
	return test_done();
}
