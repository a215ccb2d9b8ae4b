// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/runtime/describe.h"

#include <string.h>

#include "tensor/dtype.h"
#include "value/json.h"

enum { MAX_TENSORS = 64 };

static mmd_status_t read_dims(mmd_arena_t *arena, const mmd_value_t *dims,
                              mmdeploy_plugin_tensor_info_t *out_info) {
  const size_t rank = mmd_array_size(dims);
  out_info->rank = -1;
  if (!dims) return NULL;
  if (rank > MMDEPLOY_PLUGIN_MAX_RANK)
    return MMD_ERROR(MMD_CORRUPT, "'%s' has %zu dimensions", out_info->name, rank);
  out_info->rank = (int32_t)rank;
  for (size_t i = 0; i < rank; ++i) {
    const mmd_value_t *dim = mmd_array_at(dims, i);
    out_info->dims[i] = mmd_value_get_int(dim, -1);
    const char *name = mmd_value_get_string(dim, "");
    if (!*name) continue;
    out_info->dim_names[i] = mmd_arena_strdup(arena, name);
    MMD_TRY_ALLOC(out_info->dim_names[i]);
  }
  return NULL;
}

static mmd_status_t read_tensor(mmd_arena_t *arena, const mmd_value_t *item,
                                mmdeploy_plugin_tensor_info_t *out_info) {
  mmd_dtype_t dtype;
  const char *type = mmd_value_get_string(mmd_object_get(item, "dtype"), "");
  out_info->name = mmd_arena_strdup(arena, mmd_value_get_string(mmd_object_get(item, "name"), ""));
  MMD_TRY_ALLOC(out_info->name);
  if (!mmd_dtype_parse(type, &dtype))
    return MMD_ERROR(MMD_CORRUPT, "'%s': no element type '%s'", out_info->name, type);
  out_info->dtype = (int32_t)dtype;
  return read_dims(arena, mmd_object_get(item, "dims"), out_info);
}

static mmd_status_t read_side(ts_session_t *session, const mmd_value_t *list, size_t count,
                              mmdeploy_plugin_tensor_info_t *out_infos) {
  if (mmd_array_size(list) != count) {
    return MMD_ERROR(MMD_CORRUPT, "it describes %zu inputs or outputs and has %zu",
                     mmd_array_size(list), count);
  }
  for (size_t i = 0; i < count; ++i)
    MMD_TRY(read_tensor(&session->arena, mmd_array_at(list, i), &out_infos[i]));
  return NULL;
}

static mmd_status_t read_description(ts_session_t *session, const char *text) {
  mmd_value_t *root = NULL;
  MMD_TRY(mmd_json_parse(text, strlen(text), "extra/mmdeploy.json", &root));
  mmd_status_t status =
      read_side(session, mmd_object_get(root, "inputs"), session->input_count, session->inputs);
  if (!status)
    status = read_side(session, mmd_object_get(root, "outputs"), session->output_count,
                       session->outputs);
  mmd_value_release(root);
  return mmd_status_annotate(status, "extra/mmdeploy.json");
}

static mmd_status_t number_tensors(mmd_arena_t *arena, size_t count,
                                   mmdeploy_plugin_tensor_info_t *out_infos) {
  for (size_t i = 0; i < count; ++i) {
    out_infos[i].name = mmd_arena_printf(arena, "#%zu", i);
    MMD_TRY_ALLOC(out_infos[i].name);
    out_infos[i].dtype = MMDEPLOY_PLUGIN_F32;
    out_infos[i].rank = -1;
  }
  return NULL;
}

mmd_status_t ts_describe(ts_session_t *session) {
  const ts_functions_t *fn = &session->library->fn;
  const int32_t inputs = fn->input_count(session->module);
  const int32_t outputs = fn->output_count(session->module);
  if (inputs < 0 || inputs > MAX_TENSORS || outputs < 1 || outputs > MAX_TENSORS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "its method forward must take tensors, at most %d, and give a tensor or a "
                     "tuple of tensors",
                     (int)MAX_TENSORS);
  }
  session->input_count = (size_t)inputs;
  session->output_count = (size_t)outputs;
  session->inputs =
      mmd_arena_alloc_array(&session->arena, session->input_count + 1, sizeof *session->inputs);
  session->outputs =
      mmd_arena_alloc_array(&session->arena, session->output_count, sizeof *session->outputs);
  MMD_TRY_ALLOC(session->inputs);
  MMD_TRY_ALLOC(session->outputs);
  const char *text = fn->description(session->module);
  if (*text) return read_description(session, text);
  MMD_TRY(number_tensors(&session->arena, session->input_count, session->inputs));
  return number_tensors(&session->arena, session->output_count, session->outputs);
}
