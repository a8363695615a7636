/* An ELF file of somebody else's, as the readers of hob why take it apart: symbols, sections, lines, frames. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "look/elf.h"
#include "look/image.h"

enum { ASKED = 64 };

/* libelf 0.188 does not free what it made of some broken sections (elf_strptr and elf_getdata, after elf_end). It is as
 * much as the file is long, once a file, so hob why can live with it; a leak of ours is still told of. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libelf.so\n";
}

static void ask(struct look_elf *e, uint64_t start)
{
	char name[64], file[64];
	uint64_t at;
	unsigned line;

	look_elf_symbol(e, "main", &at);
	look_elf_section(e, ".PyRuntime", &at);
	for (unsigned i = 0; i < ASKED; i++) {
		struct look_cursor c = { .ip = start + i * 64, .sp = (uint64_t)(uintptr_t)&c, .knows_fp = true };

		c.fp = c.sp;
		look_elf_function(e, start + i * 64, name, sizeof name);
		look_elf_line(e, start + i * 64, file, sizeof file, &line);
		look_elf_unwind(e, getpid(), &c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("elf", 0);
	struct look_elf *e;
	struct stat st;
	void *mem;

	if (fd < 0 || !size || write(fd, data, size) != (ssize_t)size || fstat(fd, &st)) {
		close(fd);
		return 0;
	}
	mem = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (mem != MAP_FAILED) {
		uint64_t start = (uint64_t)(uintptr_t)mem, at;
		struct look_map m = {
			.start = start, .end = start + size, .inode = st.st_ino, .read = true, .path = path
		};
		struct look_image image;

		if (look_elf_open(getpid(), &m, &e) == 0) {
			ask(e, start);
			look_elf_close(e);
		}
		if (look_image(getpid(), start, &image) == 0)
			look_image_symbol(&image, "main", &at);
		munmap(mem, size);
	}
	close(fd);
	return 0;
}
