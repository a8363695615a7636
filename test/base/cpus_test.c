/* Core counting against made-up machines: each case is a tree of files behind sys.open and an affinity mask. */
#include "base/cpus.h"

#include <errno.h>

#include "base/cgroup.h"
#include "base/sys.h"
#include "test.h"

#define FILES_MAX 16

struct file {
	const char *path, *text;
};

static struct {
	struct file files[FILES_MAX];
	int cpus;          /* 0: the affinity call fails */
	size_t mask_bytes; /* of the kernel */
	int open_files, allocs, reads;
	int read_error_after; /* reads that succeed; -1: all */
} box;

static struct {
	const struct file *file;
	size_t at;
} handles[8];

static int fake_open(const char *path, int flags)
{
	(void)flags;
	for (int i = 0; i < FILES_MAX && box.files[i].path; i++)
		if (!strcmp(box.files[i].path, path))
			for (int h = 0; h < 8; h++)
				if (!handles[h].file) {
					handles[h].file = &box.files[i];
					handles[h].at = 0;
					box.open_files++;
					return h + 1000;
				}
	return -ENOENT;
}

static int fake_close(int fd)
{
	CHECK(fd >= 1000 && fd < 1008 && handles[fd - 1000].file);
	handles[fd - 1000].file = NULL;
	box.open_files--;
	return 0;
}

/* Bytes come in pieces of random length, with a signal between them now and then. */
static ssize_t fake_read(int fd, void *buf, size_t len)
{
	CHECK(fd >= 1000 && fd < 1008 && handles[fd - 1000].file);
	const char *text = handles[fd - 1000].file->text + handles[fd - 1000].at;
	if (box.read_error_after >= 0 && box.reads++ >= box.read_error_after)
		return -EIO;
	if (test_random() % 8 == 0)
		return -EINTR;
	size_t piece = 1 + test_random() % 40, left = strlen(text);
	piece = piece < len ? piece : len;
	piece = piece < left ? piece : left;
	memcpy(buf, text, piece);
	handles[fd - 1000].at += piece;
	return (ssize_t)piece;
}

static int fake_affinity(size_t bytes, cpu_set_t *set)
{
	if (!box.cpus)
		return -EPERM;
	if (bytes < box.mask_bytes)
		return -EINVAL;
	for (int i = 0; i < box.cpus; i++)
		CPU_SET_S((size_t)i * 2, bytes, set); /* every other one */
	return 0;
}

static void *counting_alloc(size_t bytes)
{
	box.allocs++;
	return sys_real.alloc(bytes);
}

static void counting_free(void *mem)
{
	box.allocs -= mem != NULL;
	sys_real.free(mem);
}

static void *no_alloc(size_t bytes)
{
	(void)bytes;
	return NULL;
}

static void box_start(int cpus)
{
	memset(&box, 0, sizeof box);
	box.cpus = cpus;
	box.mask_bytes = 128;
	box.read_error_after = -1;
	sys.open = fake_open;
	sys.close = fake_close;
	sys.read = fake_read;
	sys.affinity = fake_affinity;
	sys.alloc = counting_alloc;
	sys.free = counting_free;
}

static void box_file(const char *path, const char *text)
{
	for (int i = 0; i < FILES_MAX; i++)
		if (!box.files[i].path) {
			box.files[i] = (struct file){ path, text };
			return;
		}
	CHECK(!"too many files");
}

static void box_expect(unsigned cores)
{
	CHECK_EQ(cpus_count(), cores);
	CHECK_EQ(box.open_files, 0);
	CHECK_EQ(box.allocs, 0);
	sys = sys_real;
}

#define SELF "/proc/self/cgroup"
#define MOUNTS "/proc/self/mountinfo"

static void machine_without_cgroups(void)
{
	box_start(6);
	box_expect(6);

	box_start(6);
	box_file(SELF, "");
	box_file(MOUNTS, "23 29 0:21 / /proc rw,relatime shared:12 - proc proc rw\n");
	box_expect(6);
}

static void docker_v2_with_namespace(void)
{
	box_start(8);
	box_file(SELF, "0::/\n");
	box_file(MOUNTS,
		 "700 699 0:60 / /proc rw,nosuid - proc proc rw\n"
		 "705 702 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate\n");
	box_file("/sys/fs/cgroup/cpu.max", "150000 100000\n");
	box_expect(2);
}

static void half_a_core_is_one(void)
{
	box_start(8);
	box_file(SELF, "0::/\n");
	box_file(MOUNTS, "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
	box_file("/sys/fs/cgroup/cpu.max", "50000 100000\n");
	box_expect(1);
}

static void max_is_no_limit(void)
{
	box_start(8);
	box_file(SELF, "0::/a\n");
	box_file(MOUNTS, "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
	box_file("/sys/fs/cgroup/a/cpu.max", "max 100000\n");
	box_expect(8);
}

static void quota_above_the_mask(void)
{
	box_start(3);
	box_file(SELF, "0::/a\n");
	box_file(MOUNTS, "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
	box_file("/sys/fs/cgroup/a/cpu.max", "1600000 100000\n");
	box_expect(3);
}

static void docker_v1_without_namespace(void)
{
	box_start(16);
	box_file(SELF, "12:memory:/docker/4f1e\n4:cpu,cpuacct:/docker/4f1e\n1:name=systemd:/docker/4f1e\n");
	box_file(MOUNTS, "900 899 0:29 /docker/4f1e /sys/fs/cgroup/memory ro master:12 - cgroup cgroup rw,memory\n"
			 "901 899 0:30 /docker/4f1e /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:13 - cgroup cgroup "
			 "rw,cpu,cpuacct\n");
	box_file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n");
	box_file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	box_expect(3);
}

static void docker_v1_group_below_its_mount(void)
{
	box_start(16);
	box_file(SELF, "4:cpuacct,cpu:/docker/4f1e/init\n");
	box_file(MOUNTS, "901 899 0:30 /docker/4f1e /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpuacct,cpu\n");
	box_file("/sys/fs/cgroup/cpu/init/cpu.cfs_quota_us", "-1\n");
	box_file("/sys/fs/cgroup/cpu/init/cpu.cfs_period_us", "100000\n");
	box_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "40000\n");
	box_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "10000\n");
	box_expect(4);
}

static void nested_slices_tightest_in_the_middle(void)
{
	box_start(64);
	box_file(SELF, "0::/user.slice/user-1000.slice/app.service\n");
	box_file(MOUNTS, "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
	box_file("/sys/fs/cgroup/user.slice/cpu.max", "3200000 100000\n");
	box_file("/sys/fs/cgroup/user.slice/user-1000.slice/cpu.max", "700000 100000\n");
	box_file("/sys/fs/cgroup/user.slice/user-1000.slice/app.service/cpu.max", "900000 100000\n");
	box_expect(7);
}

static void walk_stops_at_the_mount(void)
{
	box_start(64);
	box_file(SELF, "0::/a/b\n");
	box_file(MOUNTS, "30 23 0:26 /a /mnt/cg rw - cgroup2 cgroup2 rw\n");
	box_file("/mnt/cpu.max", "100000 100000\n");
	box_file("/cpu.max", "100000 100000\n");
	box_file("/mnt/cg/cpu.max", "500000 100000\n");
	box_file("/mnt/cg/b/cpu.max", "600000 100000\n");
	box_expect(5);
}

static void hybrid_hierarchy(void)
{
	box_start(32);
	box_file(SELF, "9:name=systemd:/\n2:cpuacct:/x\n1:cpu:/y\n0::/system.slice/a.service\n");
	box_file(MOUNTS, "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
			 "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
			 "33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
			 "35 31 0:32 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
			 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	box_file("/sys/fs/cgroup/cpu/y/cpu.cfs_quota_us", "1100000\n");
	box_file("/sys/fs/cgroup/cpu/y/cpu.cfs_period_us", "100000\n");
	box_file("/sys/fs/cgroup/cpuacct/x/cpu.cfs_quota_us", "100000\n"); /* not the cpu controller's */
	box_file("/sys/fs/cgroup/cpuacct/x/cpu.cfs_period_us", "100000\n");
	box_expect(11);
}

static void least_of_both_versions(void)
{
	box_start(32);
	box_file(SELF, "1:cpu:/\n0::/\n");
	box_file(MOUNTS, "32 31 0:29 / /v1 rw - cgroup cgroup rw,cpu\n41 31 0:38 / /v2 rw - cgroup2 cgroup2 rw\n");
	box_file("/v1/cpu.cfs_quota_us", "1100000");
	box_file("/v1/cpu.cfs_period_us", "100000");
	box_file("/v2/cpu.max", "900000 100000");
	box_expect(9);
}

static void mount_of_a_sibling_is_not_ours(void)
{
	box_start(8);
	box_file(SELF, "0::/ours\n");
	box_file(MOUNTS, "40 23 0:26 /other /mnt/other rw - cgroup2 cgroup2 rw\n"
			 "41 23 0:26 /our /mnt/our rw - cgroup2 cgroup2 rw\n"
			 "42 23 0:26 /ours/child /mnt/child rw - cgroup2 cgroup2 rw\n");
	box_file("/mnt/other/cpu.max", "100000 100000\n");
	box_file("/mnt/our/cpu.max", "100000 100000\n");
	box_file("/mnt/ours/cpu.max", "100000 100000\n");
	box_file("/mnt/our/s/cpu.max", "100000 100000\n");
	box_file("/mnt/child/cpu.max", "100000 100000\n");
	box_expect(8);
}

/* Roots and groups outside of our cgroup namespace are shown with "/..". */
static void outside_of_the_namespace(void)
{
	box_start(8);
	box_file(SELF, "0::/a\n");
	box_file(MOUNTS, "40 23 0:26 /../.. /cg rw - cgroup2 cgroup2 rw\n");
	box_file("/cg/cpu.max", "600000 100000\n");
	box_file("/cg/a/cpu.max", "100000 100000\n"); /* a stranger of our name */
	box_expect(6);

	box_start(8);
	box_file(SELF, "0::/../b\n");
	box_file(MOUNTS, "40 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
	box_file("/cg/../b/cpu.max", "100000 100000\n");
	box_file("/cg/cpu.max", "100000 100000\n");
	box_expect(8);

	box_start(8);
	box_file(SELF, "0::/../b\n");
	box_file(MOUNTS, "40 23 0:26 /.. /cg rw - cgroup2 cgroup2 rw\n41 23 0:26 /../c /c rw - cgroup2 x rw\n");
	box_file("/cg/b/cpu.max", "500000 100000\n");
	box_file("/c/cpu.max", "100000 100000\n");
	box_expect(5);

	box_start(8);
	box_file(SELF, "0::/..b/c\n"); /* a name, not a level */
	box_file(MOUNTS, "40 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
	box_file("/cg/..b/cpu.max", "300000 100000\n");
	box_expect(3);
}

static void odd_names(void)
{
	box_start(8);
	box_file(SELF, "0::/my app:1\\x/in ner\n");
	box_file(MOUNTS, "40 23 0:26 /my\\040app:1\\134x /mnt/a\\040b\\011c rw - cgroup2 cgroup2 rw\n");
	box_file("/mnt/a b\tc/in ner/cpu.max", "300000 100000\n");
	box_expect(3);

	box_start(8);
	box_file(SELF, "0::/gone (deleted)\n");
	box_file(MOUNTS, "40 23 0:26 / / rw - cgroup2 cgroup2 rw\n");
	box_file("/cpu.max", "300000 100000\n");
	box_expect(3);
}

static void garbage_is_no_limit(void)
{
	static const char *const quotas[] = {
		"",
		"\n",
		" ",
		"max",
		"max max\n",
		"100000\n",
		"100000",
		"100000 \n",
		" 100000 100000\n",
		"-1 100000\n",
		"100000 0\n",
		"0 100000\n",
		"100000 -100000\n",
		"0x10 10\n",
		"1e5 1e5\n",
		"100000\t100000\n",
		"99999999999999999999999999 1\n",
		"18446744073709551615 1\n",
		"100000 abc\n",
		"\x80\xff\xfe 1\n",
		"1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 1\n",
	};
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
		box_start(8);
		box_file(SELF, "0::/\n");
		box_file(MOUNTS, "40 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
		box_file("/cg/cpu.max", quotas[i]);
		box_expect(8);
	}
	static const char *const mounts[] = {
		"40 23 0:26 / /cg rw - cgroup2 cgroup2\n",
		"40 23 0:26 / /cg rw cgroup2 cgroup2 rw\n",
		"40 23\n",
		"\n\n\n",
		"40 23 0:26 / /cg rw -\n",
		"40 23 0:26 / /cg rw - cgroup3 cgroup2 rw\n",
		"- - - - - - - - - -\n",
		"40 23 0:26 cg cg rw - cgroup2 x rw\n",
		"40 23 0:26 / /cg\\9999\\04 rw - cgroup2 x rw\n",
	};
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		box_start(8);
		box_file(SELF, "0::/\n");
		box_file(MOUNTS, mounts[i]);
		box_file("/cg/cpu.max", "100000 100000\n");
		box_expect(8);
	}
	static const char *const groups[] = { "0:/\n", "0::\n", "0::a\n", ":::\n", "::\n", "zz\n", "1:cpux,xcpu:/\n" };
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		box_start(8);
		box_file(SELF, groups[i]);
		box_file(MOUNTS, "40 23 0:26 / /cg rw - cgroup2 c rw\n41 23 0:26 / /c1 rw - cgroup c rw,cpu\n");
		box_file("/cg/cpu.max", "100000 100000\n");
		box_file("/c1/cpu.cfs_quota_us", "100000\n");
		box_file("/c1/cpu.cfs_period_us", "100000\n");
		box_expect(8);
	}
}

/* A path too long for us, a line too long for the buffer, and the right line after it. */
static void oversized_contents(void)
{
	enum { LONG = 200000 };
	static char group[LONG], mounts[LONG];
	memset(group, 'x', 6000);
	memcpy(group, "0::/", 4);
	box_start(8);
	box_file(SELF, group);
	box_file(MOUNTS, "40 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
	box_file("/cg/cpu.max", "100000 100000\n");
	box_expect(8);

	memset(mounts, 'x', LONG - 200);
	memcpy(mounts, "39 23 0:26 / /over rw - overlay overlay lowerdir=", 49);
	strcpy(mounts + LONG - 200, "\n40 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
	box_start(8);
	box_file(SELF, "0::/\n");
	box_file(MOUNTS, mounts);
	box_file("/cg/cpu.max", "200000 100000\n");
	box_expect(2);

	memset(group, '/', 4000); /* fits, but not below its mount point */
	memcpy(group, "0::/", 4);
	strcpy(group + 4000, "\n");
	memset(mounts, 'm', LONG);
	memcpy(mounts, "40 23 0:26 / /", 14);
	strcpy(mounts + 300, " rw - cgroup2 cgroup2 rw\n");
	box_start(8);
	box_file(SELF, group);
	box_file(MOUNTS, mounts);
	box_expect(8);
}

static void files_that_cannot_be_read(void)
{
	for (int n = 0; n < 40; n++) {
		box_start(8);
		box_file(SELF, "0::/\n");
		box_file(MOUNTS, "40 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
		box_file("/cg/cpu.max", "200000 100000\n");
		box.read_error_after = n;
		unsigned cores = cpus_count(); /* a torn number would be a wrong one, but never none */
		CHECK(cores >= 1 && cores <= 8);
		CHECK_EQ(box.open_files, 0);
		CHECK_EQ(box.allocs, 0);
	}
	sys = sys_real;
}

static void masks_larger_than_ours(void)
{
	box_start(1500);
	box.mask_bytes = 1024;
	box_expect(1500);

	box_start(8);
	box.mask_bytes = (size_t)1 << 30; /* no such kernel: give up, but not on the program */
	box_expect(1);

	box_start(0);
	box_expect(1);
}

static void no_memory(void)
{
	box_start(8);
	sys.alloc = no_alloc;
	CHECK_EQ(cpus_count(), 1);
	sys = sys_real;
}

static void this_machine(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CHECK_EQ(sys.affinity(sizeof set, &set), 0);
	unsigned cores = cpus_count();
	CHECK(cores >= 1 && cores <= (unsigned)CPU_COUNT(&set));
}

int main(void)
{
	test_start();
	TEST(machine_without_cgroups);
	TEST(docker_v2_with_namespace);
	TEST(half_a_core_is_one);
	TEST(max_is_no_limit);
	TEST(quota_above_the_mask);
	TEST(docker_v1_without_namespace);
	TEST(docker_v1_group_below_its_mount);
	TEST(nested_slices_tightest_in_the_middle);
	TEST(walk_stops_at_the_mount);
	TEST(hybrid_hierarchy);
	TEST(least_of_both_versions);
	TEST(mount_of_a_sibling_is_not_ours);
	TEST(outside_of_the_namespace);
	TEST(odd_names);
	TEST(garbage_is_no_limit);
	TEST(oversized_contents);
	TEST(files_that_cannot_be_read);
	TEST(masks_larger_than_ours);
	TEST(no_memory);
	TEST(this_machine);
	return test_done();
}
