/* Whether to try once more what pays or does not, such as to spin before a sleep: after some failures in a row it is
 * tried now and then only. All zero is a beginning. */
#ifndef BASE_TRIAL_H
#define BASE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#define TRIAL_FAILED 4u  /* so many in a row, and */
#define TRIAL_PAUSED 64u /* so often it is not tried */

static inline bool trial_is_due(uint32_t *failed)
{
	if (*failed < TRIAL_FAILED)
		return true;
	if (*failed < TRIAL_FAILED + TRIAL_PAUSED) {
		++*failed;
		return false;
	}
	*failed = TRIAL_FAILED - 1;
	return true;
}

static inline void trial_end(uint32_t *failed, bool paid)
{
	if (paid)
		*failed = 0;
	else if (*failed < TRIAL_FAILED)
		++*failed;
}

#endif
