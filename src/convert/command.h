// SPDX-License-Identifier: Apache-2.0
//
// A tool: its option table and its run function. commands.c lists them all.
#ifndef MMD_CONVERT_COMMAND_H_
#define MMD_CONVERT_COMMAND_H_

#include "base/progress.h"
#include "mmdeploy/convert.h"
#include "value/options.h"

typedef struct mmd_command_context_t {
  const mmdeploy_command_callbacks_t *callbacks;  // may be NULL
  mmd_progress_t progress;
  mmd_value_t *result;  // an object to fill
  int exit_status;      // 0, or 3: results differ by more than the tolerance
} mmd_command_context_t;

struct mmdeploy_command_t {
  const char *name;     // "checkpoint rename"
  const char *summary;  // one sentence
  const mmd_option_table_t *options;
  mmd_status_t (*run)(const void *options, mmd_command_context_t *context);
};
typedef struct mmdeploy_command_t mmd_command_t;

extern const mmd_command_t
    *const mmd_command_registry[];  // NULL-terminated, in the order of the help

// Text for a person.
void mmd_command_text(const mmd_command_context_t *context, const char *text);
void mmd_command_printf(const mmd_command_context_t *context, const char *fmt, ...)
    MMD_PRINTF(2, 3);

#endif  // MMD_CONVERT_COMMAND_H_
