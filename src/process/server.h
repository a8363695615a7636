/* The helper process, from inside. */
#ifndef PROCESS_SERVER_H
#define PROCESS_SERVER_H

/* What the helper does from its fork to its end: makes workers as ordered, tells of their ends, and ends with them once
 * `control` is closed or the process of the pidfd `parent` (or -1) is gone. */
_Noreturn void server_main(int control, int parent);

#endif
