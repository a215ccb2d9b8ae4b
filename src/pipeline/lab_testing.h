// SPDX-License-Identifier: Apache-2.0
//
// For the tests of the graph language: modules that count with whole numbers, so that configs,
// inputs and answers are short JSON texts. Defines the registries of the program.
#ifndef MMD_PIPELINE_LAB_TESTING_H_
#define MMD_PIPELINE_LAB_TESTING_H_

#include <string.h>

#include "base/str.h"
#include "pipeline/pipeline.h"
#include "pipeline/registry.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

//===--- modules -----------------------------------------------------------===//

typedef struct lab_t {
  int64_t by;
  const char *file;
  mmd_storage_t *storage;  // of |file|
} lab_t;

static const mmd_option_t g_options[] = {
    {.name = "by",
     .type = MMD_OPTION_INT,
     .offset = offsetof(lab_t, by),
     .default_text = "10",
     .min = 1,
     .max = 1000,
     .help = "A number."},
    {.name = "file",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(lab_t, file),
     .default_text = "",
     .help = "A file of the package."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("lab", lab_t, g_options);

static mmd_status_t number_of(const mmd_value_t *value, int64_t *out_number) {
  *out_number = mmd_value_get_int(value, 0);
  if (mmd_value_kind(value) == MMD_VALUE_INT) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "a number is expected, %s found",
                   mmd_value_kind_name(mmd_value_kind(value)));
}

static mmd_status_t answer(mmd_value_t *value, mmd_value_t **out_result) {
  *out_result = value;
  return value ? NULL : mmd_status_no_memory();
}

#define APPLY(name)                                                                     \
  static mmd_status_t name(const void *options, const mmd_component_context_t *context, \
                           mmd_value_t *const *inputs, size_t input_count,              \
                           mmd_value_t **out_result)
#define UNUSED_ARGUMENTS ((void)options, (void)context, (void)inputs, (void)input_count)

// 3 -> [30, 31, 32]
APPLY(expand) {
  const lab_t *self = options;
  int64_t n = 0;
  UNUSED_ARGUMENTS;
  MMD_TRY(number_of(inputs[0], &n));
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? NULL : mmd_status_no_memory();
  for (int64_t i = 0; i < n && !status; ++i) {
    status = mmd_array_take(list, mmd_value_int(n * self->by + i));
  }
  if (!status) return answer(list, out_result);
  mmd_value_release(list);
  return status;
}

APPLY(add) {
  int64_t sum = 0;
  UNUSED_ARGUMENTS;
  for (size_t i = 0; i < input_count; ++i) {
    int64_t n = 0;
    MMD_TRY(number_of(inputs[i], &n));
    sum += n;
  }
  return answer(mmd_value_int(sum), out_result);
}

APPLY(div_mod) {
  const lab_t *self = options;
  int64_t n = 0;
  UNUSED_ARGUMENTS;
  MMD_TRY(number_of(inputs[0], &n));
  mmd_value_t *pair = mmd_value_array();
  MMD_TRY_ALLOC(pair);
  mmd_status_t status = mmd_array_take(pair, mmd_value_int(n / self->by));
  if (!status) status = mmd_array_take(pair, mmd_value_int(n % self->by));
  if (!status) return answer(pair, out_result);
  mmd_value_release(pair);
  return status;
}

APPLY(is_odd) {
  int64_t n = 0;
  UNUSED_ARGUMENTS;
  MMD_TRY(number_of(inputs[0], &n));
  return answer(mmd_value_bool(n % 2), out_result);
}

APPLY(is_null) {
  UNUSED_ARGUMENTS;
  return answer(mmd_value_bool(mmd_value_is_null(inputs[0])), out_result);
}

APPLY(refuse_13) {
  int64_t n = 0;
  UNUSED_ARGUMENTS;
  MMD_TRY(number_of(inputs[0], &n));
  if (n == 13) return MMD_ERROR(MMD_OUT_OF_RANGE, "13 brings bad luck");
  return answer(mmd_value_int(n), out_result);
}

// The length of the batch at the place of each sample; of one sample -1.
APPLY(count_batch) {
  UNUSED_ARGUMENTS;
  if (mmd_value_kind(inputs[0]) != MMD_VALUE_ARRAY) return answer(mmd_value_int(-1), out_result);
  const size_t count = mmd_array_size(inputs[0]);
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? NULL : mmd_status_no_memory();
  for (size_t i = 0; i < count && !status; ++i) {
    status = mmd_array_take(list, mmd_value_int((int64_t)count));
  }
  if (!status) return answer(list, out_result);
  mmd_value_release(list);
  return status;
}

APPLY(threshold) {
  UNUSED_ARGUMENTS;
  return answer(mmd_value_float(mmd_call_float(context->call, "score_thr", 0.5)), out_result);
}

APPLY(cancel) {
  UNUSED_ARGUMENTS;
  if (context->call) mmd_cancel_request(context->call->cancel);
  return answer(mmd_value_int(1), out_result);
}

APPLY(file_size) {
  const lab_t *self = options;
  UNUSED_ARGUMENTS;
  const size_t size = mmd_storage_size(self->storage);
  return answer(mmd_value_int((int64_t)size * 100 + context->release), out_result);
}

static mmd_status_t prepare_file(void *options, const mmd_component_env_t *env, const char *where) {
  lab_t *self = options;
  assert_non_null(env->config);
  return mmd_status_annotate(env->read_file(env->files, self->file, &self->storage), "%s.file",
                             where);
}

static void release_file(void *options) {
  mmd_storage_release(((lab_t *)options)->storage);
}

#define MODULE(id, label, fn, ...)    \
  static const mmd_component_t id = { \
      .module = "Task", .name = label, .options = &g_table, .apply = fn, __VA_ARGS__}
MODULE(g_expand, "Expand", expand, .input_count = 1);
MODULE(g_add, "Add", add, .input_count = 0);
MODULE(g_div_mod, "DivMod", div_mod, .input_count = 1, .output_count = 2);
MODULE(g_is_odd, "IsOdd", is_odd, .input_count = 1);
MODULE(g_is_null, "IsNull", is_null, .input_count = 1);
MODULE(g_refuse, "Refuse13", refuse_13, .input_count = 1);
MODULE(g_count, "lab::Count", count_batch, .input_count = 1);
MODULE(g_threshold, "Threshold", threshold, .input_count = 1);
MODULE(g_cancel, "Cancel", cancel, .input_count = 1);
MODULE(g_file, "FileSize", file_size, .prepare = prepare_file, .release = release_file);
static const mmd_component_t g_head = {
    .module = "mmlab", .name = "AddHead", .options = &g_table, .apply = add};

const mmd_component_t *const mmd_postprocess_registry[] = {&g_head, NULL};
const mmd_component_t *const mmd_task_module_registry[] = {
    &g_expand, &g_add,       &g_div_mod, &g_is_odd, &g_is_null, &g_refuse,
    &g_count,  &g_threshold, &g_cancel,  &g_file,   NULL,
};
const char *const mmd_task_registry[] = {NULL};
const mmdeploy_backend_query_fn mmd_backend_registry[] = {NULL};

//===--- running texts -----------------------------------------------------===//

static inline mmd_value_t *lab_parse(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "test", &value));
  return value;
}

static inline mmd_status_t lab_build(const char *config, const mmd_pipeline_options_t *options,
                                     mmd_pipeline_t **out_pipeline) {
  static const mmd_pipeline_options_t defaults = {.threads = 2};
  mmd_value_t *value = lab_parse(config);
  mmd_status_t status =
      mmd_pipeline_create_from_config(value, options ? options : &defaults, out_pipeline);
  mmd_value_release(value);
  return status;
}

static inline void lab_check_call(mmd_pipeline_t *pipeline, const mmd_call_t *call,
                                  const char *input, const char *expected) {
  mmd_value_t *in = lab_parse(input), *wanted = lab_parse(expected), *out = NULL;
  mmd_assert_ok(mmd_pipeline_run_call(pipeline, call, in, &out, NULL));
  if (!mmd_value_equal(out, wanted)) {
    mmd_str_t text = {0};
    mmd_assert_ok(mmd_json_write(out, 0, &text));
    fail_msg("%s gave %s, expected %s", input, mmd_str_text(&text), expected);
  }
  mmd_value_release(out);
  mmd_value_release(wanted);
  mmd_value_release(in);
}

static inline void lab_check_with(const mmd_pipeline_options_t *options, const char *config,
                                  const char *input, const char *expected) {
  mmd_pipeline_t *pipeline = NULL;
  mmd_assert_ok(lab_build(config, options, &pipeline));
  lab_check_call(pipeline, NULL, input, expected);
  mmd_pipeline_destroy(pipeline);
}

static inline void lab_check(const char *config, const char *input, const char *expected) {
  lab_check_with(NULL, config, input, expected);
}

static inline void lab_check_refused(const char *config, const char *part) {
  mmd_pipeline_t *pipeline = NULL;
  mmd_status_t status = lab_build(config, NULL, &pipeline);
  assert_null(pipeline);
  if (!status || !strstr(mmd_status_message(status), part)) {
    fail_msg("'%s' expected in: %s", part, mmd_status_message(status));
  }
  mmd_status_free(status);
}

static inline void lab_check_fails(const char *config, const char *input, mmd_code_t code,
                                   const char *part) {
  mmd_pipeline_t *pipeline = NULL;
  mmd_value_t *in = lab_parse(input), *out = NULL;
  mmd_assert_ok(lab_build(config, NULL, &pipeline));
  mmd_assert_fails(mmd_pipeline_run(pipeline, in, &out), code, part);
  assert_null(out);
  mmd_value_release(in);
  mmd_pipeline_destroy(pipeline);
}

#define GRAPH(in, out, tasks) \
  "{\"type\": \"Pipeline\", \"input\": " in ", \"output\": " out ", \"tasks\": [" tasks "]}"
#define TASK(module, in, out, more) \
  "{\"type\": \"Task\", \"module\": \"" module "\", \"input\": " in ", \"output\": " out more "}"

#endif  // MMD_PIPELINE_LAB_TESTING_H_
