// SPDX-License-Identifier: Apache-2.0
#include "frontends/openmmlab/config.h"

#include <stdio.h>
#include <string.h>

static mmd_status_t wrong_kind(const char *path, const char *expected, const mmd_value_t *found) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "deploy config: %s: expected %s, found %s", path, expected,
                   found ? mmd_value_kind_name(mmd_value_kind(found)) : "nothing");
}

static mmd_status_t read_text(const mmd_value_t *object, const char *where, const char *key,
                              const char *fallback, const char **out_text) {
  const mmd_value_t *value = mmd_object_get(object, key);
  *out_text = mmd_value_is_null(value) ? fallback : mmd_value_get_string(value, NULL);
  if (*out_text) return NULL;
  char path[128];
  snprintf(path, sizeof path, "%s.%s", where, key);
  return wrong_kind(path, "a string", value);
}

static mmd_status_t read_names(const mmd_value_t *ir, const char *where, const char *key,
                               const char *const *fallback, const char **out_names,
                               size_t *out_count) {
  const mmd_value_t *value = mmd_object_get(ir, key);
  char path[128];
  snprintf(path, sizeof path, "%s.%s", where, key);
  *out_count = 0;
  if (mmd_value_is_null(value)) {
    out_names[(*out_count)++] = *fallback;
    return NULL;
  }
  const size_t count = mmd_array_size(value);
  if (mmd_value_kind(value) != MMD_VALUE_ARRAY) return wrong_kind(path, "a list of names", value);
  if (count == 0 || count > MMD_DEPLOY_MAX_NAMES) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "deploy config: %s: %zu names, expected 1 to %d", path,
                     count, MMD_DEPLOY_MAX_NAMES);
  }
  for (size_t i = 0; i < count; ++i) {
    out_names[i] = mmd_value_get_string(mmd_array_at(value, i), NULL);
    if (!out_names[i] || !*out_names[i]) {
      return wrong_kind(path, "a list of names", mmd_array_at(value, i));
    }
  }
  *out_count = count;
  return NULL;
}

// [width, height], a list of one for both, or None.
static mmd_status_t read_input_shape(const char *where, mmd_deploy_view_t *view) {
  const mmd_value_t *value = mmd_object_get(view->ir, "input_shape");
  if (mmd_value_is_null(value)) return NULL;
  const size_t count = mmd_array_size(value);
  const int64_t width = mmd_value_get_int(mmd_array_at(value, 0), -1);
  const int64_t height = mmd_value_get_int(mmd_array_at(value, count == 1 ? 0 : 1), -1);
  if (count < 1 || count > 2 || width < 1 || height < 1 || width > INT32_MAX ||
      height > INT32_MAX) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "deploy config: %s.input_shape: expected None or [width, height]", where);
  }
  view->has_input_shape = true;
  view->input_width = width;
  view->input_height = height;
  return NULL;
}

static mmd_status_t read_ir(const mmd_value_t *deploy_cfg, mmd_deploy_view_t *view) {
  static const char *const input = "input", *const output = "output";
  const char *where = "ir_config";
  view->ir = mmd_object_get(deploy_cfg, where);
  if (mmd_value_is_null(view->ir)) {
    where = "onnx_config";
    view->ir = mmd_object_get(deploy_cfg, where);
  }
  if (mmd_value_kind(view->ir) != MMD_VALUE_OBJECT) {
    return wrong_kind("onnx_config (or ir_config)", "a dict", view->ir);
  }
  MMD_TRY(read_text(view->ir, where, "type", "onnx", &view->ir_type));
  const bool onnx = mmd_str_equal(view->ir_type, "onnx");
  MMD_TRY(read_text(view->ir, where, "save_file", onnx ? "end2end.onnx" : "end2end.pt",
                    &view->save_file));
  MMD_TRY(
      read_names(view->ir, where, "input_names", &input, view->input_names, &view->input_count));
  MMD_TRY(read_names(view->ir, where, "output_names", &output, view->output_names,
                     &view->output_count));
  MMD_TRY(read_input_shape(where, view));
  view->opset_version = mmd_value_get_int(mmd_object_get(view->ir, "opset_version"), 11);
  view->optimize = mmd_value_get_bool(mmd_object_get(view->ir, "optimize"), false);
  view->keep_initializers_as_inputs =
      mmd_value_get_bool(mmd_object_get(view->ir, "keep_initializers_as_inputs"), true);
  const mmd_value_t *axes = mmd_object_get(view->ir, "dynamic_axes");
  view->dynamic_axes = mmd_value_is_null(axes) ? NULL : axes;
  return NULL;
}

mmd_status_t mmd_deploy_view_read(const mmd_value_t *deploy_cfg, mmd_deploy_view_t *out_view) {
  memset(out_view, 0, sizeof *out_view);
  MMD_TRY(read_ir(deploy_cfg, out_view));
  out_view->codebase_config = mmd_object_get(deploy_cfg, "codebase_config");
  out_view->backend_config = mmd_object_get(deploy_cfg, "backend_config");
  if (mmd_value_kind(out_view->codebase_config) != MMD_VALUE_OBJECT) {
    return wrong_kind("codebase_config", "a dict", out_view->codebase_config);
  }
  const mmd_value_t *codebase = out_view->codebase_config;
  MMD_TRY(read_text(codebase, "codebase_config", "type", NULL, &out_view->codebase));
  MMD_TRY(read_text(codebase, "codebase_config", "task", NULL, &out_view->task));
  MMD_TRY(read_text(codebase, "codebase_config", "model_type", "end2end", &out_view->model_type));
  return read_text(out_view->backend_config, "backend_config", "type", NULL, &out_view->backend);
}

// The entry of |name|: {axis: label} or [axes].
static const mmd_value_t *axes_of(const mmd_deploy_view_t *view, const char *name) {
  const mmd_value_t *axes = view->dynamic_axes;
  if (mmd_value_kind(axes) == MMD_VALUE_OBJECT) return mmd_object_get(axes, name);
  for (size_t i = 0; i < mmd_array_size(axes); ++i) {  // paired with inputs, then outputs
    const size_t output = i - view->input_count;
    const char *owner = i < view->input_count         ? view->input_names[i]
                        : output < view->output_count ? view->output_names[output]
                                                      : NULL;
    if (mmd_str_equal(owner, name)) return mmd_array_at(axes, i);
  }
  return NULL;
}

// A TorchScript network takes pictures of any number and size, whatever its config says.
static bool is_free_axis(const mmd_deploy_view_t *view, const char *name, int axis,
                         const char **out_label) {
  static const char *const labels[] = {"batch", NULL, "height", "width"};
  bool is_input = false;
  for (size_t i = 0; i < view->input_count && !is_input; ++i)
    is_input = mmd_str_equal(view->input_names[i], name);
  if (!is_input || view->dynamic_axes || !mmd_str_equal(view->backend, "torchscript") || axis < 0 ||
      axis > 3 || !labels[axis])
    return false;
  if (out_label) *out_label = labels[axis];
  return true;
}

bool mmd_deploy_axis(const mmd_deploy_view_t *view, const char *name, int axis,
                     const char **out_label) {
  const mmd_value_t *axes = axes_of(view, name);
  if (out_label) *out_label = NULL;
  if (is_free_axis(view, name, axis, out_label)) return true;
  if (mmd_value_kind(axes) == MMD_VALUE_OBJECT) {
    char key[16];
    snprintf(key, sizeof key, "%d", axis);
    const mmd_value_t *label = mmd_object_get(axes, key);
    if (out_label) *out_label = mmd_value_get_string(label, NULL);
    return label != NULL;
  }
  for (size_t i = 0; i < mmd_array_size(axes); ++i) {
    if (mmd_value_get_int(mmd_array_at(axes, i), -1) == axis) return true;
  }
  return false;
}

static const char *first_input(const mmd_deploy_view_t *view, const char *name) {
  return name ? name : view->input_names[0];
}

bool mmd_deploy_is_dynamic_batch(const mmd_deploy_view_t *view, const char *name) {
  return mmd_deploy_axis(view, first_input(view, name), 0, NULL);
}

bool mmd_deploy_is_dynamic_shape(const mmd_deploy_view_t *view, const char *name,
                                 mmd_dialect_t dialect) {
  if (mmd_str_equal(view->backend, "torchscript")) return true;
  const bool height = mmd_deploy_axis(view, first_input(view, name), 2, NULL);
  const bool width = mmd_deploy_axis(view, first_input(view, name), 3, NULL);
  return dialect == MMD_DIALECT_0X ? height && width : height || width;
}

mmd_status_t mmd_deploy_tensor_type(const mmd_deploy_view_t *view, mmd_graph_t *graph,
                                    const char *name, mmd_dtype_t dtype, int rank,
                                    const int64_t *dims, mmd_type_t *out_type) {
  int unnamed = 0;
  memset(out_type, 0, sizeof *out_type);
  out_type->kind = MMD_TYPE_TENSOR;
  out_type->dtype = dtype;
  out_type->has_rank = true;
  out_type->rank = rank;
  for (int i = 0; i < rank; ++i) {
    const char *label;
    char made[256];
    if (!mmd_deploy_axis(view, name, i, &label)) {
      out_type->dims[i] = mmd_dim_const(graph, dims[i]);
    } else {
      snprintf(made, sizeof made, "%s_dynamic_axes_%d", name, ++unnamed);
      out_type->dims[i] = mmd_dim_symbol(graph, label && *label ? label : made);
    }
    MMD_TRY_ALLOC(out_type->dims[i]);
  }
  return NULL;
}

mmd_dialect_t mmd_dialect_detect(const mmd_value_t *model_cfg) {
  static const char *const marks[] = {"test_dataloader", "data_preprocessor", "default_scope",
                                      "test_evaluator", "default_hooks"};
  if (mmd_value_kind(mmd_object_get_path(model_cfg, "data.test")) != MMD_VALUE_NULL) {
    return MMD_DIALECT_0X;
  }
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; ++i) {
    if (mmd_object_get(model_cfg, marks[i])) return MMD_DIALECT_1X;
  }
  return MMD_DIALECT_0X;
}

const char *mmd_codebase_of_scope(const char *scope) {
  static const char *const renamed[][2] = {{"mmpretrain", "mmcls"}, {"mmagic", "mmedit"}};
  for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; ++i) {
    if (mmd_str_equal(scope, renamed[i][0])) return renamed[i][1];
  }
  return scope;
}

const char *mmd_type_without_scope(const char *type) {
  const char *dot = strrchr(type, '.');
  return dot ? dot + 1 : type;
}

mmd_status_t mmd_object_without(const mmd_value_t *value, const char *const *names,
                                mmd_value_t **out_copy) {
  mmd_value_t *copy = mmd_value_object();
  MMD_TRY_ALLOC(copy);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_object_size(value) && !status; ++i) {
    const char *key = mmd_object_key_at(value, i);
    bool left_out = false;
    for (size_t j = 0; names[j]; ++j) left_out = left_out || mmd_str_equal(key, names[j]);
    if (!left_out) {
      status = mmd_object_take(copy, key, mmd_value_retain(mmd_object_value_at(value, i)));
    }
  }
  if (status) {
    mmd_value_release(copy);
    return status;
  }
  *out_copy = copy;
  return NULL;
}
