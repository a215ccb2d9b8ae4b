// SPDX-License-Identifier: Apache-2.0
//
// convert.h over the table of commands.
#include "convert/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/last_error.h"

void mmd_command_text(const mmd_command_context_t *context, const char *text) {
  const mmdeploy_command_callbacks_t *callbacks = context->callbacks;
  if (callbacks && callbacks->text && *text) callbacks->text(callbacks->user, text);
}

void mmd_command_printf(const mmd_command_context_t *context, const char *fmt, ...) {
  char text[2048];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  mmd_command_text(context, text);
}

static const mmd_command_t *find_command(int index) {
  for (int i = 0; i <= index && mmd_command_registry[i]; ++i) {
    if (i == index) return mmd_command_registry[i];
  }
  return NULL;
}

static mmd_status_t get_command(int index, const mmd_command_t **out_command) {
  *out_command = find_command(index);
  if (*out_command) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "there is no command %d; 0 to %d are accepted", index,
                   mmdeploy_command_count() - 1);
}

int mmdeploy_command_count(void) {
  int count = 0;
  while (mmd_command_registry[count]) ++count;
  return count;
}

const char *mmdeploy_command_name(int index) {
  const mmd_command_t *command = find_command(index);
  return command ? command->name : NULL;
}

const char *mmdeploy_command_summary(int index) {
  const mmd_command_t *command = find_command(index);
  return command ? command->summary : NULL;
}

static mmd_status_t make_text(int index, const char *program, bool is_full, char **out_text) {
  const mmd_command_t *command = NULL;
  if (!program || !out_text)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "NULL where an object is needed");
  *out_text = NULL;
  MMD_TRY(get_command(index, &command));
  mmd_str_t name = {0}, text = {0};
  mmd_status_t status = mmd_str_printf(&name, "%s %s", program, command->name);
  if (!status && is_full) {
    status = mmd_options_help(command->options, mmd_str_text(&name), command->summary, &text);
  } else if (!status) {
    status = mmd_options_usage(command->options, mmd_str_text(&name), &text);
  }
  if (!status) {
    *out_text = mmd_str_take(&text);
    if (!*out_text) status = mmd_status_no_memory();
  }
  mmd_str_deinit(&name);
  mmd_str_deinit(&text);
  return status;
}

int mmdeploy_command_usage(int index, const char *program, char **out_text) {
  return mmd_last_error_set("usage", make_text(index, program, false, out_text));
}

int mmdeploy_command_help(int index, const char *program, char **out_text) {
  return mmd_last_error_set("help", make_text(index, program, true, out_text));
}

static mmd_status_t parse(int index, int argc, char **argv, int *out_help,
                          mmdeploy_value_t *out_options) {
  const mmd_command_t *command = NULL;
  if (!out_help || !out_options || argc < 0 || (argc && !argv)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "NULL where an object is needed");
  }
  *out_options = NULL;
  *out_help = 0;
  MMD_TRY(get_command(index, &command));
  bool help = false;
  mmd_value_t *options = NULL;
  MMD_TRY(mmd_options_parse_args(command->options, argc, argv, &help, &options));
  *out_help = help;
  if (help) {
    mmd_value_release(options);
    options = NULL;
  }
  *out_options = (mmdeploy_value_t)options;
  return NULL;
}

int mmdeploy_command_parse(int index, int argc, char **argv, int *out_help,
                           mmdeploy_value_t *out_options) {
  const char *name = mmdeploy_command_name(index);
  return mmd_last_error_set(name ? name : "command",
                            parse(index, argc, argv, out_help, out_options));
}

static bool forward_progress(void *user, const char *stage, uint64_t done, uint64_t total) {
  const mmdeploy_command_callbacks_t *callbacks = user;
  return callbacks->progress(callbacks->user, stage, done, total) != 0;
}

#define MAX_OPTIONS_SIZE 4096

static mmd_status_t run_command(const mmd_command_t *command, const mmd_value_t *object,
                                mmd_command_context_t *context) {
  _Alignas(max_align_t) unsigned char options[MAX_OPTIONS_SIZE];
  if (command->options->struct_size > sizeof options) {
    return MMD_ERROR(MMD_INTERNAL, "the options of '%s' take %zu bytes", command->name,
                     command->options->struct_size);
  }
  MMD_TRY(mmd_options_read(command->options, object, command->name, true, options));
  return command->run(options, context);
}

static mmd_status_t run(int index, mmdeploy_value_t options,
                        const mmdeploy_command_callbacks_t *callbacks, mmdeploy_value_t *out_result,
                        int *out_exit_status) {
  const mmd_command_t *command = NULL;
  if (out_result) *out_result = NULL;
  if (!options || !out_exit_status)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "NULL where an object is needed");
  *out_exit_status = 1;
  MMD_TRY(get_command(index, &command));
  mmd_command_context_t context = {.callbacks = callbacks, .result = mmd_value_object()};
  MMD_TRY_ALLOC(context.result);
  if (callbacks && callbacks->progress) {
    context.progress.user = (void *)(uintptr_t)callbacks;
    context.progress.update = forward_progress;
  }
  mmd_status_t status = run_command(command, (const mmd_value_t *)options, &context);
  if (!status) *out_exit_status = context.exit_status;
  if (!status && out_result) {
    *out_result = (mmdeploy_value_t)mmd_value_retain(context.result);
  }
  mmd_value_release(context.result);
  return status;
}

int mmdeploy_command_run(int index, mmdeploy_value_t options,
                         const mmdeploy_command_callbacks_t *callbacks,
                         mmdeploy_value_t *out_result, int *out_exit_status) {
  const char *name = mmdeploy_command_name(index);
  return mmd_last_error_set(name ? name : "command",
                            run(index, options, callbacks, out_result, out_exit_status));
}
