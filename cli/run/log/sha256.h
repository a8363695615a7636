/* SHA-256 (FIPS 180-4): names a job by all that makes it what it is, and tells a record of the job log that was cut or
 * damaged from a whole one. */
#ifndef CLI_RUN_LOG_SHA256_H
#define CLI_RUN_LOG_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t len);
void sha256_end(struct sha256 *s, uint8_t digest[32]);

#endif
