/* An ELF file as it is mapped into another process, by its own dynamic section: no file is needed, so one that was
 * replaced, deleted, or lies in another root is as good as any. */
#ifndef LOOK_IMAGE_H
#define LOOK_IMAGE_H

#include <stdint.h>
#include <sys/types.h>

struct look_image {
	pid_t pid;
	uint64_t bias; /* what an address of the file is moved by */
	uint64_t symbols, strings, strings_bytes, gnu_hash, hash;
};

/* `start`: where the file's first byte is mapped. 0; -ENOEXEC: no 64-bit ELF file of this byte order with a dynamic
 * section; or the errno of memory that cannot be read. */
int look_image(pid_t pid, uint64_t start, struct look_image *out);

/* The address, in the process, of a symbol that the file defines: 0, -ENOENT, or the errno of memory. */
int look_image_symbol(const struct look_image *i, const char *name, uint64_t *address);

#endif
