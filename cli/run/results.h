/* --results: where the output of a job stays, in folders named by its inputs: DIR/1/VALUE/2/VALUE/stdout. */
#ifndef CLI_RUN_RESULTS_H
#define CLI_RUN_RESULTS_H

#include "run/files.h"
#include "run/input/inputs.h"

/* The folder for a row, the caller's to free; NULL: no memory. */
char *results_folder(const char *dir, const struct inputs *inputs, const struct row *row);

/* Makes the folder and its files, empty. 0 or a negative errno. */
int results_open(const char *folder, size_t number, struct files *f);

#endif
