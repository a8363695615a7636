/* Every call that parks lets go of the lane its task is in, and gives it back: each wait below, of a task in the lane,
 * is ended by another task from within the lane. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "wait/each.h"

static struct {
	struct hob_lane *lane;
	struct hob_mutex mutex;
	struct hob_cond cond;
	struct hob_sem sem, ready, begun;
	struct hob_group group;
	struct hob_once once;
	struct hob_rwlock rwlock;
	struct hob_chan *chan;
	struct hob_event *event;
	int pipe[2], full[2], sockets[2], listener;
	bool signalled; /* what a condition waits for */
	atomic_of(uint32_t) gate, came;
} at;

/* In the lane: the wait. In the lane too, but by another task: its end. Before the wait, outside: what it needs. */
struct wait {
	const char *name;
	void (*wait)(void), (*end)(void), (*prepare)(void);
};

static void nothing(void)
{
}

static void sleep_on(void)
{
	while (!at_load(&at.came, ACQUIRE))
		CHECK_EQ(hob_sleep(hob_after(HOB_MS)), 0);
}

static void yield_on(void)
{
	while (!at_load(&at.came, ACQUIRE))
		CHECK_EQ(hob_yield(), 0);
}

static void send_item(void)
{
	CHECK_EQ(hob_chan_send(at.chan, &(int){ 3 }, HOB_NEVER), 0);
}

static void recv_item(void)
{
	CHECK_EQ(hob_chan_recv(at.chan, &(int){ 0 }, HOB_NEVER), 0);
}

static void select_item(void)
{
	struct hob_case c = { .kind = HOB_CASE_RECV, .chan = at.chan, .item = &(int){ 0 } };

	CHECK_EQ(hob_select(&c, 1, HOB_NEVER), 0);
}

static void select_fd(void)
{
	struct hob_case c = { .kind = HOB_CASE_FD, .fd = at.pipe[0], .events = POLLIN };

	CHECK_EQ(hob_select(&c, 1, HOB_NEVER), 0);
	CHECK_EQ(hob_read(at.pipe[0], &(char){ 0 }, 1, HOB_NEVER), 1);
}

static void lock_mutex(void)
{
	CHECK_EQ(hob_mutex_lock(&at.mutex, HOB_NEVER), 0);
}

static void unlock_mutex(void)
{
	hob_mutex_unlock(&at.mutex);
}

static void relock_mutex(void)
{
	lock_mutex();
	unlock_mutex();
}

static void await_condition(void)
{
	lock_mutex();
	while (!at.signalled)
		CHECK_EQ(hob_cond_wait(&at.cond, &at.mutex, HOB_NEVER), 0);
	unlock_mutex();
}

static void signal_condition(void)
{
	lock_mutex();
	at.signalled = true;
	hob_cond_signal(&at.cond);
	unlock_mutex();
}

static void take_permit(void)
{
	CHECK_EQ(hob_sem_wait(&at.sem, HOB_NEVER), 0);
}

static void give_permit(void)
{
	CHECK_EQ(hob_sem_post(&at.sem, 1), 0);
}

static void await_group(void)
{
	CHECK_EQ(hob_group_wait(&at.group, HOB_NEVER), 0);
}

static void add_to_group(void)
{
	hob_group_add(&at.group, 1);
}

static void done_in_group(void)
{
	hob_group_done(&at.group);
}

static void lock_to_read(void)
{
	CHECK_EQ(hob_rwlock_read(&at.rwlock, HOB_NEVER), 0);
	hob_rwlock_unlock(&at.rwlock);
}

static void lock_to_write(void)
{
	CHECK_EQ(hob_rwlock_write(&at.rwlock, HOB_NEVER), 0);
}

static void relock_to_write(void)
{
	lock_to_write();
	hob_rwlock_unlock(&at.rwlock);
}

static void unlock_rwlock(void)
{
	hob_rwlock_unlock(&at.rwlock);
}

static void await_event(void)
{
	CHECK_EQ(hob_event_wait(at.event, HOB_NEVER), 0);
}

static void set_event(void)
{
	hob_event_set(at.event);
}

static void read_pipe(void)
{
	CHECK_EQ(hob_read(at.pipe[0], &(char){ 0 }, 1, HOB_NEVER), 1);
}

static void poll_pipe(void)
{
	CHECK_EQ(hob_poll(at.pipe[0], POLLIN, HOB_NEVER), POLLIN);
	read_pipe();
}

static void poll_pipes(void)
{
	struct pollfd fds[] = { { .fd = at.pipe[0], .events = POLLIN }, { .fd = at.sockets[0], .events = POLLIN } };

	CHECK_EQ(hob_poll_many(fds, 2, HOB_NEVER), 1);
	read_pipe();
}

static void write_byte(void)
{
	CHECK_EQ(write(at.pipe[1], "x", 1), 1);
}

static void fill_pipe(void)
{
	char some[4096] = { 0 };

	CHECK_EQ(fcntl(at.full[1], F_SETFL, O_NONBLOCK), 0);
	while (write(at.full[1], some, sizeof some) > 0)
		;
	CHECK_EQ(fcntl(at.full[1], F_SETFL, 0), 0);
}

static void write_pipe(void)
{
	CHECK_EQ(hob_write(at.full[1], "x", 1, HOB_NEVER), 1);
}

static void drain_pipe(void)
{
	char some[4096];

	CHECK_EQ(fcntl(at.full[0], F_SETFL, O_NONBLOCK), 0);
	while (read(at.full[0], some, sizeof some) > 0)
		;
}

static void recv_byte(void)
{
	CHECK_EQ(hob_recv(at.sockets[0], &(char){ 0 }, 1, 0, HOB_NEVER), 1);
}

static void send_byte(void)
{
	CHECK_EQ(send(at.sockets[1], "x", 1, 0), 1);
}

static void accept_guest(void)
{
	int fd = hob_accept(at.listener, NULL, NULL, SOCK_CLOEXEC, HOB_NEVER);

	CHECK(fd >= 0);
	close(fd);
}

static void be_guest(void)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_EQ(getsockname(at.listener, (struct sockaddr *)&addr, &len), 0);
	CHECK_EQ(hob_connect(fd, (struct sockaddr *)&addr, len, HOB_NEVER), 0);
	close(fd);
}

static int await_gate(void *arg)
{
	(void)arg;
	CHECK(!hob_lane_held(at.lane));
	while (!at_load(&at.gate, ACQUIRE))
		futex_wait(&at.gate, 0, INT64_MAX);
	return 0;
}

static void block_thread(void)
{
	CHECK_EQ(hob_blocking(await_gate, NULL, HOB_NEVER), 0);
}

static void open_gate(void)
{
	at_store(&at.gate, 1, RELEASE);
	futex_wake(&at.gate, INT32_MAX);
}

static int take_permit_task(void *arg)
{
	(void)arg;
	take_permit();
	return 0;
}

static void join_scope(void)
{
	struct hob_scope *s = scope_new();

	spawn(s, take_permit_task, NULL);
	scope_join(s);
}

static int come_in(void *arg)
{
	(void)arg;
	CHECK_EQ(hob_shield_begin(), 0);
	CHECK_EQ(hob_lane_enter(at.lane, HOB_NEVER), 0);
	hob_lane_leave(at.lane);
	hob_shield_end();
	return 0;
}

static void destroy_scope(void)
{
	struct hob_scope *s = scope_new();

	spawn(s, come_in, NULL);
	hob_scope_destroy(s);
}

static void take_permit_job(void *arg)
{
	CHECK_EQ(hob_lane_call(at.lane, take_permit_task, arg, HOB_NEVER), 0);
}

static void join_job(void)
{
	struct hob_job job;

	hob_fork(&job, take_permit_job, NULL);
	for (int i = 0; i < 1000; i++) /* another worker may have it; at a park it is moved anyway */
		at_pause();
	hob_join(&job);
}

static int take_permits(size_t begin, size_t end, void *arg)
{
	(void)arg;
	for (; begin < end; begin++)
		take_permit();
	return 0;
}

static void loop_over_permits(void)
{
	CHECK_EQ(hob_parallel_for(4, 1, take_permits, NULL), 0);
}

static void give_permits(void)
{
	CHECK_EQ(hob_sem_post(&at.sem, 4), 0);
}

static void await_child(void)
{
	static char *const argv[] = { "cat", NULL };
	struct hob_child_options o = { .argv = argv, .input_fd = at.pipe[0], .output_fd = HOB_CHILD_NULL };
	int status;
	pid_t pid;

	CHECK_EQ(hob_child_spawn(&o, &pid, HOB_NEVER), 0);
	CHECK_EQ(hob_child_wait(pid, &status, NULL, HOB_NEVER), 0);
	CHECK_EQ(status, 0);
}

static void end_input(void)
{
	CHECK_EQ(close(at.pipe[1]), 0);
	at.pipe[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static const struct wait waits[] = {
	{ "hob_sleep", sleep_on, nothing, nothing },
	{ "hob_yield", yield_on, nothing, nothing },
	{ "hob_chan_send", send_item, recv_item, nothing },
	{ "hob_chan_recv", recv_item, send_item, nothing },
	{ "hob_select", select_item, send_item, nothing },
	{ "hob_select of a descriptor", select_fd, write_byte, nothing },
	{ "hob_mutex_lock", relock_mutex, unlock_mutex, lock_mutex },
	{ "hob_cond_wait", await_condition, signal_condition, nothing },
	{ "hob_sem_wait", take_permit, give_permit, nothing },
	{ "hob_group_wait", await_group, done_in_group, add_to_group },
	{ "hob_rwlock_read", lock_to_read, unlock_rwlock, lock_to_write },
	{ "hob_rwlock_write", relock_to_write, unlock_rwlock, lock_to_write },
	{ "hob_event_wait", await_event, set_event, nothing },
	{ "hob_read", read_pipe, write_byte, nothing },
	{ "hob_write", write_pipe, drain_pipe, fill_pipe },
	{ "hob_poll", poll_pipe, write_byte, nothing },
	{ "hob_poll_many", poll_pipes, write_byte, nothing },
	{ "hob_recv", recv_byte, send_byte, nothing },
	{ "hob_accept", accept_guest, be_guest, nothing },
	{ "hob_blocking", block_thread, open_gate, nothing },
	{ "hob_scope_wait", join_scope, give_permit, nothing },
	{ "hob_scope_destroy", destroy_scope, nothing, nothing },
	{ "hob_join", join_job, give_permit, nothing },
	{ "hob_parallel_for", loop_over_permits, give_permits, nothing },
	{ "hob_child_wait", await_child, end_input, nothing },
};

static int end_wait(void *arg)
{
	const struct wait *w = arg;

	w->prepare();
	CHECK_EQ(hob_sem_post(&at.ready, 1), 0);
	CHECK_EQ(hob_sem_wait(&at.begun, HOB_NEVER), 0);
	CHECK_EQ(hob_lane_enter(at.lane, HOB_NEVER), 0);
	at_store(&at.came, 1, RELEASE);
	w->end();
	hob_lane_leave(at.lane);
	return 0;
}

static void wait_in_lane(const struct wait *w)
{
	struct hob_scope *s = scope_new();

	at_store(&at.came, 0, RELAXED);
	at.signalled = false;
	spawn(s, end_wait, (void *)(uintptr_t)w);
	CHECK_EQ(hob_sem_wait(&at.ready, HOB_NEVER), 0);
	CHECK_EQ(hob_lane_enter(at.lane, HOB_NEVER), 0);
	CHECK_EQ(hob_sem_post(&at.begun, 1), 0);
	w->wait();
	CHECK(hob_lane_held(at.lane));
	hob_lane_leave(at.lane);
	scope_join(s);
}

static int wait_for_all(void *arg)
{
	(void)arg;
	memset(&at, 0, sizeof at);
	CHECK_EQ(hob_lane_create(&at.lane, NULL), 0);
	CHECK_EQ(hob_chan_create(&at.chan, sizeof(int), 0), 0);
	CHECK_EQ(hob_event_create(&at.event), 0);
	pipe_new(at.pipe, 0);
	pipe_new(at.full, 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, at.sockets), 0);
	at.listener = hob_tcp_listen("127.0.0.1", "0", 0, HOB_NEVER);
	CHECK(at.listener >= 0);
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		test_name = waits[i].name;
		wait_in_lane(&waits[i]);
	}
	pipe_close(at.pipe);
	pipe_close(at.full);
	pipe_close(at.sockets);
	close(at.listener);
	hob_event_destroy(at.event);
	hob_chan_destroy(at.chan);
	hob_lane_destroy(at.lane);
	return 0;
}

/* Once: who runs it is in the lane by and by, who waits for that lets go of it. */

static int be_the_one(void *arg)
{
	(void)arg;
	CHECK_EQ(hob_sem_post(&at.ready, 1), 0);
	CHECK_EQ(hob_sem_wait(&at.sem, HOB_NEVER), 0);
	return come_in(NULL);
}

static int do_once(void *arg)
{
	(void)arg;
	return hob_once(&at.once, be_the_one, NULL, HOB_NEVER);
}

static int wait_for_once(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	memset(&at, 0, sizeof at);
	CHECK_EQ(hob_lane_create(&at.lane, NULL), 0);
	spawn(s, do_once, NULL);
	CHECK_EQ(hob_sem_wait(&at.ready, HOB_NEVER), 0);
	CHECK_EQ(hob_lane_enter(at.lane, HOB_NEVER), 0);
	CHECK_EQ(hob_sem_post(&at.sem, 1), 0);
	CHECK_EQ(do_once(NULL), 0);
	CHECK(hob_lane_held(at.lane));
	hob_lane_leave(at.lane);
	scope_join(s);
	hob_lane_destroy(at.lane);
	return 0;
}

/* Deadlines and cancellation end a wait while another has the lane, and it is in it all the same. */

static int hold_on(void *arg)
{
	(void)arg;
	CHECK_EQ(hob_lane_enter(at.lane, HOB_NEVER), 0);
	for (hob_time end = hob_after(5 * HOB_MS); hob_now() < end;)
		at_pause();
	hob_lane_leave(at.lane);
	return 0;
}

static int be_cancelled(void *arg)
{
	struct hob_scope *s = arg;

	CHECK_EQ(hob_lane_enter(at.lane, HOB_NEVER), 0);
	CHECK_EQ(hob_sleep(hob_after(HOB_MS)), 0);
	CHECK(hob_lane_held(at.lane));
	CHECK_EQ(hob_sem_wait(&at.sem, hob_after(HOB_MS)), -ETIMEDOUT);
	CHECK(hob_lane_held(at.lane));
	spawn(s, hold_on, NULL);
	CHECK_EQ(hob_sem_post(&at.ready, 1), 0);
	CHECK_EQ(hob_sleep(HOB_NEVER), -ECANCELED);
	CHECK(hob_lane_held(at.lane));
	CHECK_EQ(hob_sleep(HOB_NEVER), -ECANCELED);
	CHECK(hob_lane_held(at.lane));
	hob_lane_leave(at.lane);
	CHECK_EQ(hob_lane_enter(at.lane, HOB_NEVER), -ECANCELED);
	return 0;
}

static int wait_in_vain(void *arg)
{
	struct hob_scope *s = scope_new(), *unlucky = scope_new();

	(void)arg;
	memset(&at, 0, sizeof at);
	CHECK_EQ(hob_lane_create(&at.lane, NULL), 0);
	spawn(unlucky, be_cancelled, s);
	CHECK_EQ(hob_sem_wait(&at.ready, HOB_NEVER), 0);
	hob_scope_cancel(unlucky);
	scope_join(unlucky);
	scope_join(s);
	hob_lane_destroy(at.lane);
	return 0;
}

int main(void)
{
	test_start();
	EACH(wait_for_all);
	EACH(wait_for_once);
	EACH(wait_in_vain);
	return test_done();
}
