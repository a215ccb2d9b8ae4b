// SPDX-License-Identifier: Apache-2.0
#include "backends/target_util.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "passes/pass.h"

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
