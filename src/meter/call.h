/* The system calls that tasks block in, and what libhob has in their place. */
#ifndef METER_CALL_H
#define METER_CALL_H

/* The number of a call and 1. Of a thread that is blocked, but in no call: CALL_FAULT. */
enum { CALL_UNKNOWN, CALL_FAULT = 65535 };

/* "read(2)", "a page fault"; NULL where it has no name here. */
const char *call_name(unsigned call);

/* "hob_read"; NULL where nothing is nearer than hob_blocking. */
const char *call_instead(unsigned call);

#endif
