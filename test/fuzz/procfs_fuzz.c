/* Files of procfs and of control groups, with anything in them: what counts cores, memory, processes, mappings and
 * sockets takes them apart. The input: a text for each of the files below, NULs between them. */
#include "base/cpus.h"
#include "fuzz.h"
#include "look/fake.h"
#include "look/machine.h"
#include "look/maps.h"
#include "look/peer.h"
#include "look/stat.h"
#include "look/tree.h"

static const char *const paths[] = {
	"/proc/7/stat",
	"/proc/7/task/7/children",
	"/proc/7/task/7/stat",
	"/proc/8/stat",
	"/proc/7/maps",
	"/proc/self/cgroup",
	"/proc/self/mountinfo",
	"/sys/fs/cgroup/cpu.max",
	"/sys/fs/cgroup/a/cpu.max",
	"/sys/fs/cgroup/memory.max",
	"/sys/fs/cgroup/memory.current",
	"/sys/fs/cgroup/memory.stat",
	"/proc/meminfo",
	"/proc/uptime",
	"/proc/stat",
	"/proc/pressure/memory",
	"/proc/7/net/tcp",
	"/proc/7/net/unix",
};

enum { PATHS = sizeof paths / sizeof *paths };

static int add_length(void *arg, const struct look_map *m)
{
	FUZZ_CHECK(m->start <= m->end);
	*(size_t *)arg += strlen(m->path);
	return 0;
}

static void ask(void)
{
	const struct look_peer *peer;
	struct look_peers peers = { 0 };
	struct look_tree tree;
	size_t length = 0;

	if (look_tree(7, &tree) == 0)
		FUZZ_CHECK(tree.processes <= LOOK_TREE_MAX && tree.runnable <= tree.threads);
	look_maps(7, add_length, &length);
	FUZZ_CHECK(cpus_count() >= 1);
	look_memory();
	look_idle();
	look_memory_stall();
	if (look_peer(&peers, 7, 12345, &peer) == 0)
		FUZZ_CHECK(peer->inode == 12345 && strlen(peer->text) < sizeof peer->text);
	look_peers_finish(&peers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_file files[PATHS + 2] = { { .path = "/proc/7/task", .text = "7", .directory = true } };
	char *text = malloc(size + 1), *at = text;
	struct look_stat stat;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (unsigned i = 0; i < PATHS && at < text + size; i++) {
		files[i + 1] = (struct fake_file){ .path = paths[i], .text = at };
		at += strlen(at) + 1;
	}
	fake_start(files);
	fake_piece = size ? data[0] : 0;
	ask();
	fake_end();
	look_stat_parse(text, size, &stat);
	free(text);
	return 0;
}
