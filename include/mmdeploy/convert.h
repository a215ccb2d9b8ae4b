// SPDX-License-Identifier: Apache-2.0
//
// Every tool as a function: libmmdeploy_convert's public API. The command line, its --help, the
// docs and language bindings are made from the table of commands.
#ifndef MMDEPLOY_CONVERT_H
#define MMDEPLOY_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#include "mmdeploy/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mmdeploy_command_callbacks_t {
  size_t struct_size;
  void *user;
  // Text for a person (tables, trees), in pieces, in order. NULL = not wanted.
  void (*text)(void *user, const char *utf8);
  // |stage| "read checkpoint", |done| of |total| (0 = unknown); returning 0 asks the work to stop.
  // NULL = not wanted.
  int (*progress)(void *user, const char *stage, uint64_t done, uint64_t total);
} mmdeploy_command_callbacks_t;

typedef struct mmdeploy_command_t mmdeploy_command_t;

// Number of commands and their names ("convert", "checkpoint rename"), in the order of the help.
// Static storage.
MMDEPLOY_API int mmdeploy_command_count(void);
MMDEPLOY_API const char *mmdeploy_command_name(int index);     // NULL when out of range
MMDEPLOY_API const char *mmdeploy_command_summary(int index);  // one sentence
// Usage line and full help of a command; freed with mmdeploy_string_free. |program| is what the
// usage calls it.
MMDEPLOY_API int mmdeploy_command_usage(int index, const char *program, char **out_text);
MMDEPLOY_API int mmdeploy_command_help(int index, const char *program, char **out_text);

// Parses words like a command line into a value of options. Code 1 and a message for the usage when
// they are wrong;
// |*out_help| is set when help was asked for (no value then).
MMDEPLOY_API int mmdeploy_command_parse(int index, int argc, char **argv, int *out_help,
                                        mmdeploy_value_t *out_options);
// Runs a command. |*out_exit_status| is what a program should exit with: 0, 1 (failed), 3 (results
// differ by more than the tolerance; the result is kept and marked). |out_result| (may be NULL) is
// the machine-readable answer.
MMDEPLOY_API int mmdeploy_command_run(int index, mmdeploy_value_t options,
                                      const mmdeploy_command_callbacks_t *callbacks,
                                      mmdeploy_value_t *out_result, int *out_exit_status);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_CONVERT_H
