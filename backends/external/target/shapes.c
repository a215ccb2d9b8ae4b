// SPDX-License-Identifier: Apache-2.0
//
// What the deploy configs of TensorRT and Ascend say about shapes, in the words of their programs.
#include <string.h>

#include "backends/external/target/compiler.h"

static mmd_status_t take_text(mmd_value_t *values, const char *key, mmd_str_t *text,
                              mmd_status_t status) {
  if (!status && text->size)
    status = mmd_object_take(values, key, mmd_value_string(mmd_str_text(text)));
  mmd_str_deinit(text);
  return status;
}

static mmd_status_t get_input(const ext_request_t *request, size_t index,
                              mmdeploy_plugin_tensor_info_t *out_info) {
  const int32_t code = request->host->input_info(request->graph, index, out_info);
  return code ? MMD_ERROR(MMD_NOT_SUPPORTED, "input %zu of the network is no tensor", index) : NULL;
}

static bool is_dynamic(const mmdeploy_plugin_tensor_info_t *info) {
  for (int i = 0; i < info->rank; ++i) {
    if (info->dims[i] < 0) return true;
  }
  return false;
}

//===--- TensorRT ----------------------------------------------------------===//

// "input:1x3x320x320,…" of the inputs whose sizes may change; the program takes no others.
static mmd_status_t print_profile(const ext_request_t *request, const char *member,
                                  mmd_str_t *out_text) {
  const mmd_value_t *shapes = ext_model_input(request->backend_config, "input_shapes");
  for (size_t i = 0; i < request->host->input_count(request->graph); ++i) {
    mmdeploy_plugin_tensor_info_t info;
    MMD_TRY(get_input(request, i, &info));
    if (!is_dynamic(&info)) continue;
    const mmd_value_t *sizes = mmd_object_get(ext_of_input(shapes, info.name, i), member);
    mmd_str_t path = {0};
    mmd_status_t status = mmd_str_printf(&path, "backend_config.model_inputs[0].input_shapes.%s.%s",
                                         info.name, member);
    if (!status) status = mmd_str_printf(out_text, "%s%s:", out_text->size ? "," : "", info.name);
    if (!status) status = ext_sizes_print(sizes, 'x', mmd_str_text(&path), out_text);
    mmd_str_deinit(&path);
    MMD_TRY(status);
  }
  return NULL;
}

static bool has_calibration(const mmd_value_t *backend_config) {
  const mmd_value_t *more = mmd_object_get(backend_config, "compiler_args");
  for (size_t i = 0; i < mmd_array_size(more); ++i) {
    const char *text = mmd_value_get_string(mmd_array_at(more, i), "");
    if (strncmp(text, "--calib=", 8) == 0) return true;
  }
  return false;
}

// Without one the program makes ranges up.
mmd_status_t ext_tensorrt_check(const mmd_value_t *backend_config) {
  const mmd_value_t *common = mmd_object_get(backend_config, "common_config");
  if (!mmd_value_get_bool(mmd_object_get(common, "int8_mode"), false) ||
      has_calibration(backend_config))
    return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "backend_config.common_config.int8_mode: calibration is not supported yet; name "
                   "a calibration cache of TensorRT by backend_config.compiler_args = "
                   "['--calib=/path/of/the/cache'], or use fp16_mode");
}

mmd_status_t ext_tensorrt_fill(const ext_request_t *request, mmd_value_t *values) {
  static const char *const profiles[][2] = {
      {"min_shape", "min_shapes"}, {"opt_shape", "opt_shapes"}, {"max_shape", "max_shapes"}};
  const mmd_value_t *common = mmd_object_get(request->backend_config, "common_config");
  const int64_t workspace = mmd_value_get_int(mmd_object_get(common, "max_workspace_size"), 0);
  mmd_str_t text = {0};
  for (size_t i = 0; i < sizeof profiles / sizeof *profiles; ++i) {
    mmd_status_t status = print_profile(request, profiles[i][0], &text);
    MMD_TRY(take_text(values, profiles[i][1], &text, status));
  }
  if (mmd_value_get_bool(mmd_object_get(common, "fp16_mode"), false))
    MMD_TRY(mmd_object_take(values, "fp16", mmd_value_string("--fp16")));
  if (mmd_value_get_bool(mmd_object_get(common, "int8_mode"), false))
    MMD_TRY(mmd_object_take(values, "int8", mmd_value_string("--int8")));
  if (workspace <= 0) return NULL;
  // The program counts in MiB.
  mmd_status_t status = mmd_str_printf(&text, "%lld", (long long)((workspace + 1048575) >> 20));
  return take_text(values, "workspace", &text, status);
}

//===--- Ascend ------------------------------------------------------------===//

static mmd_status_t print_graph_sizes(const mmdeploy_plugin_tensor_info_t *info,
                                      mmd_str_t *out_text) {
  if (is_dynamic(info)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "backend_config.model_inputs[0].input_shapes.%s: a list of sizes is expected",
                     info->name);
  }
  for (int i = 0; i < info->rank; ++i)
    MMD_TRY(mmd_str_printf(out_text, "%s%lld", i ? "," : "", (long long)info->dims[i]));
  return NULL;
}

// "input:1,3,640,640;…"
static mmd_status_t print_shapes(const ext_request_t *request, mmd_str_t *out_text) {
  const mmd_value_t *shapes = ext_model_input(request->backend_config, "input_shapes");
  for (size_t i = 0; i < request->host->input_count(request->graph); ++i) {
    mmdeploy_plugin_tensor_info_t info;
    MMD_TRY(get_input(request, i, &info));
    const mmd_value_t *sizes = ext_of_input(shapes, info.name, i);
    MMD_TRY(mmd_str_printf(out_text, "%s%s:", i ? ";" : "", info.name));
    MMD_TRY(
        sizes ? ext_sizes_print(sizes, ',', "backend_config.model_inputs[0].input_shapes", out_text)
              : print_graph_sizes(&info, out_text));
  }
  return NULL;
}

// [1, 2, 4] as "1,2,4"; [[800, 1344], [1344, 800]] as "800,1344;1344,800".
static mmd_status_t print_lists(const mmd_value_t *list, const char *path, mmd_str_t *out_text) {
  if (mmd_value_kind(mmd_array_at(list, 0)) != MMD_VALUE_ARRAY)
    return ext_sizes_print(list, ',', path, out_text);
  for (size_t i = 0; i < mmd_array_size(list); ++i) {
    if (i) MMD_TRY(mmd_str_append_char(out_text, ';'));
    MMD_TRY(ext_sizes_print(mmd_array_at(list, i), ',', path, out_text));
  }
  return NULL;
}

mmd_status_t ext_ascend_fill(const ext_request_t *request, mmd_value_t *values) {
  // At most one of them, the first that is there.
  static const char *const dynamic[] = {"dynamic_batch_size", "dynamic_image_size", "dynamic_dims"};
  const mmd_value_t *chip = mmd_object_get(request->backend_config, "soc_version");
  mmd_str_t text = {0};
  mmd_status_t status = print_shapes(request, &text);
  MMD_TRY(take_text(values, "shapes", &text, status));
  for (size_t i = 0; i < sizeof dynamic / sizeof *dynamic; ++i) {
    const mmd_value_t *list = ext_model_input(request->backend_config, dynamic[i]);
    if (!mmd_array_size(list)) continue;
    status = mmd_str_printf(&text, "--%s=", dynamic[i]);
    if (!status) status = print_lists(list, dynamic[i], &text);
    MMD_TRY(take_text(values, "dynamic", &text, status));
    break;
  }
  const bool is_free = ext_model_input(request->backend_config, "dynamic_dims") != NULL;
  MMD_TRY(mmd_object_take(values, "format", mmd_value_string(is_free ? "ND" : "NCHW")));
  return mmd_object_take(values, "chip", mmd_value_string(mmd_value_get_string(chip, "Ascend310")));
}
