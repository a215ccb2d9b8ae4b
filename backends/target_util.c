// SPDX-License-Identifier: Apache-2.0
#include "backends/target_util.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "passes/pass.h"
#include "value/json.h"

mmd_status_t mmd_target_name_file(const mmdeploy_target_request_t *request, const char *key,
                                  const char *suffix, size_t index,
                                  mmdeploy_target_result_t *out_result, char **out_path) {
  const char *file = request->save_file;
  const char *dot = suffix ? strrchr(file, '.') : NULL;
  const int stem = dot && dot != file ? (int)(dot - file) : (int)strlen(file);
  const size_t capacity = sizeof out_result->files[index];
  if (!mmd_path_is_contained(file)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.save_file: '%s' leaves the work directory", key,
                     file);
  }
  const int size =
      snprintf(out_result->files[index], capacity, "%.*s%s", stem, file, suffix ? suffix : "");
  if (size < 0 || (size_t)size >= capacity)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.save_file: the name is too long", key);
  out_result->file_count = index + 1;
  *out_path = mmd_path_join(request->directory, out_result->files[index]);
  return *out_path ? NULL : mmd_status_no_memory();
}

static mmd_status_t read_precision(const char *what, const char *text, bool *out_is_f16) {
  *out_is_f16 = mmd_str_equal(text, "FP16");
  if (*out_is_f16 || mmd_str_equal(text, "FP32")) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: '%s' is not supported; FP32 and FP16 are", what, text);
}

mmd_status_t mmd_target_wants_f16(const mmdeploy_target_request_t *request, bool *out_is_f16) {
  mmd_value_t *config = NULL;
  bool is_requested = false;
  if (request->precision) MMD_TRY(read_precision("precision", request->precision, &is_requested));
  const char *text = request->backend_config_json ? request->backend_config_json : "{}";
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend_config", &config));
  const char *wanted = mmd_value_get_string(mmd_object_get(config, "precision"), "FP32");
  mmd_status_t status = read_precision("backend_config.precision", wanted, out_is_f16);
  *out_is_f16 = *out_is_f16 || is_requested;
  mmd_value_release(config);
  return status;
}

mmd_status_t mmd_target_raise(mmdeploy_graph_t *graph, int64_t opset) {
  static const char *const raise[] = {"convert_opset", NULL};
  const mmd_pass_options_t options = {.opset = opset};
  MMD_TRY(mmd_passes_run(graph, mmd_passes_split, NULL));
  return mmd_passes_run(graph, raise, &options);
}

mmd_status_t mmd_target_refusal(const char *engine, const mmd_node_t *node, const char *fmt,
                                va_list arguments) {
  mmd_str_t text = {0};
  char reason[256];
  vsnprintf(reason, sizeof reason, fmt, arguments);
  mmd_status_t status = mmd_node_describe(node, &text);
  if (!status)
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "%s: %s: %s", engine, mmd_str_text(&text), reason);
  mmd_str_deinit(&text);
  return status;
}
