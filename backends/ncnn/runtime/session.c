// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/session.h"

#include <string.h>

#include "backends/module.h"
#include "backends/ncnn/runtime/load.h"
#include "base/alloc.h"
#include "tensor/dtype.h"

//===--- life --------------------------------------------------------------===//

static mmd_status_t list_infos(ncnn_session_t *session, size_t count, const ncnn_tensor_t *tensors,
                               mmdeploy_plugin_tensor_info_t **out_infos) {
  *out_infos = mmd_arena_alloc_array(&session->param.arena, count, sizeof **out_infos);
  MMD_TRY_ALLOC(*out_infos);
  for (size_t i = 0; i < count; ++i) (*out_infos)[i] = tensors[i].info;
  return NULL;
}

static mmd_status_t start(ncnn_session_t *session, const mmdeploy_session_desc_t *desc) {
  const char *name = desc->name ? desc->name : "net";
  ncnn_param_t *param = &session->param;
  MMD_TRY(ncnn_param_read(desc->net_data, desc->net_data ? desc->net_size : 0, name, param));
  MMD_TRY(list_infos(session, param->input_count, param->inputs, &session->input_infos));
  MMD_TRY(list_infos(session, param->output_count, param->outputs, &session->output_infos));
  return ncnn_load(session, desc);
}

mmd_status_t ncnn_session_create(ncnn_library_t *library, const mmdeploy_session_desc_t *desc,
                                 ncnn_session_t **out_session) {
  *out_session = NULL;
  ncnn_session_t *session = mmd_alloc(sizeof *session);
  MMD_TRY_ALLOC(session);
  session->library = library;
  mmd_status_t status = start(session, desc);
  if (status) {
    ncnn_session_destroy(session);
    return status;
  }
  *out_session = session;
  return NULL;
}

void ncnn_session_destroy(ncnn_session_t *session) {
  if (!session) return;
  if (session->net) session->library->fn.net_destroy(session->net);
  ncnn_param_deinit(&session->param);
  mmd_free(session);
}

//===--- sizes -------------------------------------------------------------===//

// The size that the inputs give to a name; false when none has it.
static bool find_size(const ncnn_session_t *session, const mmdeploy_run_tensor_t *inputs,
                      const char *name, int64_t *out_size) {
  for (size_t i = 0; i < session->param.input_count; ++i) {
    const mmdeploy_plugin_tensor_info_t *info = &session->param.inputs[i].info;
    for (int axis = 0; axis < info->rank; ++axis) {
      if (!info->dim_names[axis] || strcmp(info->dim_names[axis], name) != 0) continue;
      *out_size = inputs[i].dims[axis];
      return true;
    }
  }
  return false;
}

// The engine does not look whether sizes fit each other.
static mmd_status_t check_input(const ncnn_session_t *session, const mmdeploy_run_tensor_t *inputs,
                                size_t index) {
  const mmdeploy_plugin_tensor_info_t *info = &session->param.inputs[index].info;
  for (int axis = 0; axis < info->rank; ++axis) {
    const char *name = info->dim_names[axis];
    int64_t size = 0;
    if (!name || !find_size(session, inputs, name, &size) || size == inputs[index].dims[axis])
      continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "input '%s': axis %d ('%s') has size %lld, but an input before it gives %lld",
                     info->name, axis, name, (long long)inputs[index].dims[axis], (long long)size);
  }
  return NULL;
}

// How often the net is run: the size of the batch. 1 where there is none.
static mmd_status_t count_items(const ncnn_session_t *session, const mmdeploy_run_tensor_t *inputs,
                                int64_t *out_items) {
  const mmdeploy_run_tensor_t *first = NULL;
  *out_items = 1;
  for (size_t i = 0; i < session->param.input_count; ++i) {
    if (!session->param.inputs[i].is_batched) continue;
    if (!first) first = &inputs[i];
    *out_items = first->dims[0];
    if (inputs[i].dims[0] == *out_items) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s': a batch of %lld, but of %lld before it",
                     session->param.inputs[i].info.name, (long long)inputs[i].dims[0],
                     (long long)*out_items);
  }
  return NULL;
}

//===--- one item ----------------------------------------------------------===//

typedef struct run_t {
  ncnn_session_t *session;
  const mmdeploy_run_tensor_t *inputs;
  mmdeploy_run_tensor_t *results;  // data is ours until it is handed out
  int64_t items;
} run_t;

static mmd_status_t feed(const run_t *run, ncnn_extractor_t *extractor, size_t index,
                         int64_t item) {
  const ncnn_library_t *library = run->session->library;
  const ncnn_tensor_t *tensor = &run->session->param.inputs[index];
  ncnn_mat_t *mat = NULL;
  const bool is_blank = tensor->is_batched && run->items == 0;
  MMD_TRY(ncnn_mat_from_tensor(library, tensor, &run->inputs[index], tensor->is_batched ? item : 0,
                               is_blank, &mat));
  const int code = library->fn.extractor_input(extractor, tensor->blob, mat);
  library->fn.mat_destroy(mat);
  if (code == 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s': ncnn has no blob '%s' (code %d)",
                   tensor->info.name, tensor->blob, code);
}

// Room for all items, once the first tells its size.
static mmd_status_t make_room(const run_t *run, size_t index, const mmdeploy_run_tensor_t *shape,
                              size_t count) {
  const ncnn_tensor_t *tensor = &run->session->param.outputs[index];
  mmdeploy_run_tensor_t *result = &run->results[index];
  const int64_t items = tensor->is_batched ? run->items : 1;
  const size_t size = mmd_dtype_size((mmd_dtype_t)tensor->info.dtype);
  result->dtype = tensor->info.dtype;
  result->rank = shape->rank;
  memcpy(result->dims, shape->dims, sizeof result->dims);
  if (tensor->is_batched) result->dims[0] = items;
  result->byte_size = count * (size_t)items * size;
  if (items && result->byte_size / (size_t)items / size != count) return mmd_status_no_memory();
  result->data = mmd_alloc_uninit(result->byte_size ? result->byte_size : 1);
  MMD_TRY_ALLOC(result->data);
  return NULL;
}

static mmd_status_t keep(const run_t *run, size_t index, const ncnn_mat_t *mat, int64_t item) {
  const ncnn_tensor_t *tensor = &run->session->param.outputs[index];
  mmdeploy_run_tensor_t *result = &run->results[index], shape = {0};
  size_t count = 0;
  MMD_TRY(ncnn_mat_shape(run->session->library, tensor, mat, &shape, &count));
  if (!result->data) MMD_TRY(make_room(run, index, &shape, count));
  const size_t size = count * mmd_dtype_size((mmd_dtype_t)tensor->info.dtype);
  if (!result->byte_size || (item && !tensor->is_batched)) return NULL;
  if (size * (size_t)(item + 1) > result->byte_size) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "output '%s': items of the batch differ in size",
                     tensor->info.name);
  }
  ncnn_mat_read(run->session->library, mat, tensor->info.dtype,
                (char *)result->data + size * (size_t)item);
  return NULL;
}

static mmd_status_t extract(const run_t *run, ncnn_extractor_t *extractor, size_t index,
                            int64_t item) {
  enum { OUT_OF_MEMORY = -100 };
  const ncnn_library_t *library = run->session->library;
  const ncnn_tensor_t *tensor = &run->session->param.outputs[index];
  ncnn_mat_t *mat = NULL;
  const int code = library->fn.extractor_extract(extractor, tensor->blob, &mat);
  mmd_status_t status = NULL;
  if (code) {
    status =
        MMD_ERROR(code == OUT_OF_MEMORY ? MMD_OUT_OF_MEMORY : MMD_INVALID_ARGUMENT,
                  "output '%s': ncnn %s fails: %s (code %d)", tensor->info.name, library->version,
                  code == OUT_OF_MEMORY ? "memory is short, or a size is not positive"
                                        : "a layer refuses its inputs",
                  code);
  }
  if (!status) status = keep(run, index, mat, item);
  if (mat) library->fn.mat_destroy(mat);
  return status;
}

static mmd_status_t run_item(const run_t *run, int64_t item) {
  const ncnn_session_t *session = run->session;
  const ncnn_functions_t *fn = &session->library->fn;
  ncnn_extractor_t *extractor = fn->extractor_create(session->net);
  MMD_TRY_ALLOC(extractor);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < session->param.input_count && !status; ++i)
    status = feed(run, extractor, i, item);
  for (size_t i = 0; i < session->param.output_count && !status; ++i)
    status = extract(run, extractor, i, item);
  fn->extractor_destroy(extractor);
  return status;
}

//===--- runs --------------------------------------------------------------===//

static void release_data(void *data) {
  mmd_free(data);
}

// Into the caller's memory, or as memory of ours.
static mmd_status_t hand_out(const ncnn_session_t *session, size_t index,
                             mmdeploy_run_tensor_t *result, mmdeploy_run_tensor_t *output) {
  if (!output->data) {
    *output = *result;
    output->owner = result->data;
    output->release = release_data;
    result->data = NULL;
    return NULL;
  }
  return mmd_module_copy_result(session->param.outputs[index].info.name, result, output);
}

static mmd_status_t hand_out_all(const run_t *run, mmdeploy_run_tensor_t *outputs) {
  for (size_t i = 0; i < run->session->param.output_count; ++i)
    MMD_TRY(hand_out(run->session, i, &run->results[i], &outputs[i]));
  return NULL;
}

mmd_status_t ncnn_session_run(ncnn_session_t *session, const mmdeploy_run_tensor_t *inputs,
                              size_t input_count, mmdeploy_run_tensor_t *outputs,
                              size_t output_count) {
  mmdeploy_run_tensor_t results[MMD_NCNN_MAX_TENSORS];
  memset(results, 0, output_count * sizeof *results);
  for (size_t i = 0; i < input_count; ++i) MMD_TRY(check_input(session, inputs, i));
  run_t run = {session, inputs, results, 1};
  MMD_TRY(count_items(session, inputs, &run.items));
  mmd_status_t status = NULL;
  // Without items the net is run once on zeros, for the sizes of what it gives.
  for (int64_t i = 0; (i < run.items || i == 0) && !status; ++i) status = run_item(&run, i);
  if (!status) status = hand_out_all(&run, outputs);
  for (size_t i = 0; i < output_count; ++i) mmd_free(results[i].data);
  return status;
}
