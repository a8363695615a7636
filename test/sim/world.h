/* A simulated machine: threads, clock, memory, descriptors and processes behind base/sys.h, all decided by one seed. A
 * thread is a fiber; who goes on, how late a wake or a completion comes, and which call fails are rolls of one dice.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sys.h"

/* What may go wrong; a world has some of them. */
enum fault {
	FAULT_MEMORY,  /* no memory to be had */
	FAULT_MAP,     /* no address space; advice refused */
	FAULT_THREAD,  /* EAGAIN of pthread_create */
	FAULT_SIGNAL,  /* EINTR, and futexes that wake for no reason */
	FAULT_SHORT,   /* fewer bytes than asked for */
	FAULT_LATE,    /* completions and wakes that take their time */
	FAULT_FILES,   /* EMFILE */
	FAULT_KERNEL,  /* ENOMEM of epoll_ctl, EAGAIN of io_uring_enter and the like */
	FAULT_JUMP,    /* the clock goes on by seconds at once: a machine that was suspended */
	FAULT_CORE,    /* a thread is off its core for a while */
	FAULT_PROCESS, /* a process dies, or there is none to be had */
	FAULTS
};

struct world {
	uint64_t schedule; /* seed of all that is not the program */
	uint32_t faults;   /* bits */
	unsigned one_in;   /* calls fails, of those that may */
	unsigned turn;     /* accesses between two turns, in the mean */
	unsigned cores;    /* as the program is told */
	bool has_membarrier;
};

struct dice {
	uint64_t state;
};

static inline uint64_t dice_next(struct dice *d) /* splitmix64 (Steele, Lea, Flood 2014) */
{
	uint64_t z = (d->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline unsigned dice_roll(struct dice *d, unsigned below)
{
	return (unsigned)((dice_next(d) >> 32) * below >> 32);
}

extern struct dice sim_dice; /* of the running world */
extern const struct world *sim_world;

/* Runs fn as the first thread of a new world until every thread of it has ended; what is left behind then is a
 * failure. `idle` is called whenever no thread can go on before some time comes. */
void sim_run(const struct world *w, void (*fn)(void), void (*idle)(void));

/* Says what is wrong, and ends the process. */
void sim_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
#define SIM_CHECK(cond) ((cond) ? (void)0 : sim_fail("%s:%d: %s", __FILE__, __LINE__, #cond))

bool sim_fault(enum fault f);      /* does it happen now? */
unsigned sim_roll(unsigned below); /* the world's dice */
void sim_compute(int64_t ns);      /* the calling thread is busy on its core */
void sim_hold(int64_t ns);         /* it sleeps in the kernel */
int64_t sim_time(void);            /* without letting it go on */
bool sim_quiet(void);              /* by `idle`: does no thread wait for a moment only? */
uint64_t sim_turns(void);          /* so far */

/* Between the parts ----------------------------------------------------------------------------------------------- */

struct process;

extern int64_t sim_clock;
extern uint32_t sim_left;

void sim_turn(void);
bool sim_block(int64_t until, const void *on); /* false: the time has come */
void sim_unblock(const void *on, unsigned n);
struct process *sim_process(void); /* of the running thread */
pid_t sim_fork(struct process *child, void (*began)(struct process *));
void sim_end_threads(struct process *p); /* all of it; does not return where the caller is one */
char sim_thread_state(pid_t tid);        /* as /proc/self/task/TID/stat says */
void sim_thread_table(struct sys *s);
void clock_table(struct sys *s);

void memory_begin(void);
void memory_end(void);
void memory_table(struct sys *s);

extern bool kernel_pending;   /* operations under way */
bool kernel_go_on(bool idle); /* does what may be done now; `idle`: all that can be. Was there anything? */
int64_t kernel_due(void);     /* when the next may be done, INT64_MAX: none waits for a time */
void kernel_begin(void);
void kernel_end(void);
void kernel_table(struct sys *s);
void sockets_table(struct sys *s);
void ring_table(struct sys *s);
void process_table(struct sys *s);

#endif
