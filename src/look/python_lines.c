/* The line of an instruction, by a code object's own table. The three formats are described in CPython's
 * Objects/lnotab_notes.txt (3.8 to 3.10) and Objects/locations.md (since 3.11). */
#include "look/python_lines.h"

static unsigned answer(int64_t line)
{
	return line > 0 && line <= INT32_MAX ? (unsigned)line : 0;
}

/* Pairs: so many bytes on, so many lines on. */
static unsigned by_lnotab(const unsigned char *table, size_t bytes, int64_t line, uint64_t at)
{
	uint64_t start = 0;
	for (size_t i = 0; i + 1 < bytes; i += 2) {
		start += table[i];
		if (start > at)
			break;
		line += (signed char)table[i + 1];
	}
	return answer(line);
}

/* Pairs: so many bytes are of a line so many lines on; -128: of none. */
static unsigned by_ranges(const unsigned char *table, size_t bytes, int64_t line, uint64_t at)
{
	uint64_t end = 0;
	for (size_t i = 0; i + 1 < bytes; i += 2) {
		int delta = (signed char)table[i + 1];
		end += table[i];
		line += delta == -128 ? 0 : delta;
		if (at < end)
			return delta == -128 ? 0 : answer(line);
	}
	return 0;
}

/* Six bits a byte, lowest first; the seventh says that more follow. The lowest bit of the whole is the sign. */
static int64_t signed_varint(const unsigned char *at, const unsigned char *end)
{
	uint64_t value = 0;
	for (unsigned shift = 0; at < end && shift < 36; shift += 6) {
		value |= (uint64_t)(*at & 63) << shift;
		if (!(*at++ & 64))
			break;
	}
	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* Entries: a byte with the top bit set holds a form and a length, its operands follow. */
static unsigned by_locations(const unsigned char *table, size_t bytes, int64_t line, uint64_t at)
{
	const unsigned char *p = table, *stop = bytes ? table + bytes : table; /* which may be NULL then */
	uint64_t end = 0;
	while (p < stop) {
		unsigned form = *p >> 3 & 15;
		end += ((*p & 7) + 1) * 2; /* a code unit has two bytes */
		p++;
		if (form >= 10 && form <= 12)
			line += form - 10;
		else if (form == 13 || form == 14)
			line += signed_varint(p, stop);
		if (at < end)
			return form == 15 ? 0 : answer(line);
		while (p < stop && !(*p & 128))
			p++;
	}
	return 0;
}

unsigned look_line(enum look_lines kind, const unsigned char *table, size_t bytes, unsigned first_line, uint64_t at)
{
	switch (kind) {
	case LOOK_LINES_LNOTAB:
		return by_lnotab(table, bytes, first_line, at);
	case LOOK_LINES_RANGES:
		return by_ranges(table, bytes, first_line, at);
	case LOOK_LINES_LOCATIONS:
		return by_locations(table, bytes, first_line, at);
	}
	return 0;
}
