/* Two tiers of assertion. ALWAYS holds in every build: a broken promise is worse than a stopped program. DEBUG_CHECK
 * holds in debug and hostile builds. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#if defined(__GNUC__)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#endif

_Noreturn void check_failed(const char *file, int line, const char *what);

#define ALWAYS(cond) (LIKELY(cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))

#ifdef HOB_DEBUG
#define DEBUG_CHECK(cond) ALWAYS(cond)
#else
#define DEBUG_CHECK(cond) ((void)sizeof(cond))
#endif

/* The hostile build makes rare paths common: tiny queues, a steal at every chance, a move at every park. */
#ifdef HOB_HOSTILE
#define HOSTILE 1
#else
#define HOSTILE 0
#endif

#endif
