// SPDX-License-Identifier: Apache-2.0
//
// One network on one backend. Checks what goes in, wraps what comes out without copying.
#include <string.h>

#include "base/alloc.h"
#include "base/plugin_error.h"
#include "runtime/backend.h"

#define MAX_TENSORS 64

struct mmd_session {
  mmd_backend_t *backend;
  void *handle;
  char *name;
  mmd_storage_t *net, *weights;
  const mmdeploy_plugin_tensor_info_t *inputs, *outputs;
  size_t input_count, output_count;
  bool is_concurrent;
  mmd_mutex_t mutex;
  bool has_mutex;
};

static mmd_status_t from_plugin(const mmd_session_t *session, int32_t code,
                                const mmdeploy_plugin_error_t *error) {
  mmd_status_t status = mmd_plugin_error_status(code, error);
  return mmd_status_annotate(status, "net '%s'", session->name);
}

static mmd_status_t read_infos(mmd_session_t *session) {
  const mmdeploy_backend_t *table = session->backend->table;
  mmdeploy_plugin_error_t error = {0};
  int32_t code =
      table->session_inputs(session->handle, &session->inputs, &session->input_count, &error);
  if (!code) {
    code =
        table->session_outputs(session->handle, &session->outputs, &session->output_count, &error);
  }
  MMD_TRY(from_plugin(session, code, &error));
  if (session->input_count > MAX_TENSORS || session->output_count > MAX_TENSORS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "net '%s': %zu inputs and %zu outputs; at most %d of each",
                     session->name, session->input_count, session->output_count, MAX_TENSORS);
  }
  return NULL;
}

static mmd_status_t start(mmd_session_t *session, const mmd_session_options_t *options) {
  const mmdeploy_backend_t *table = session->backend->table;
  session->name = mmd_strdup(options->name ? options->name : "");
  MMD_TRY_ALLOC(session->name);
  MMD_TRY(mmd_mutex_init(&session->mutex));
  session->has_mutex = true;
  session->is_concurrent = (table->features & MMDEPLOY_BACKEND_CONCURRENT_RUN) != 0;
  session->net = mmd_storage_retain(options->net);
  session->weights = mmd_storage_retain(options->weights);
  if ((table->features & MMDEPLOY_BACKEND_NEEDS_PATH) && !options->net_path) {
    return MMD_ERROR(
        MMD_NOT_SUPPORTED,
        "net '%s': backend '%s' reads files itself; give a package that is a directory",
        session->name, table->name);
  }
  const mmdeploy_session_desc_t desc = {
      .struct_size = sizeof desc,
      .name = session->name,
      .net_data = options->net ? mmd_storage_data(options->net) : NULL,
      .net_size = options->net ? mmd_storage_size(options->net) : 0,
      .net_path = options->net_path,
      .weights_data = options->weights ? mmd_storage_data(options->weights) : NULL,
      .weights_size = options->weights ? mmd_storage_size(options->weights) : 0,
      .weights_path = options->weights_path,
      .device_name = options->device_name ? options->device_name : "cpu",
      .device_id = options->device_id,
      .threads = options->threads,
      .pool = options->pool,
      .precision = options->precision ? options->precision : "FP32",
      .options_json = options->options_json ? options->options_json : "{}",
  };
  mmdeploy_plugin_error_t error = {0};
  const int32_t code =
      table->session_create(session->backend->handle, &desc, &session->handle, &error);
  if (code) session->handle = NULL;  // whatever a failed call left there
  MMD_TRY(from_plugin(session, code, &error));
  return read_infos(session);
}

mmd_status_t mmd_session_create(mmd_backend_t *backend, const mmd_session_options_t *options,
                                mmd_session_t **out_session) {
  *out_session = NULL;
  MMD_TRY(mmd_backend_open(backend));
  mmd_session_t *session = mmd_alloc(sizeof *session);
  MMD_TRY_ALLOC(session);
  session->backend = backend;
  mmd_status_t status = start(session, options);
  if (status) {
    mmd_session_destroy(session);
    return status;
  }
  *out_session = session;
  return NULL;
}

void mmd_session_destroy(mmd_session_t *session) {
  if (!session) return;
  if (session->handle) session->backend->table->session_destroy(session->handle);
  if (session->has_mutex) mmd_mutex_deinit(&session->mutex);
  mmd_storage_release(session->net);
  mmd_storage_release(session->weights);
  mmd_free(session->name);
  mmd_free(session);
}

size_t mmd_session_input_count(const mmd_session_t *session) {
  return session->input_count;
}

size_t mmd_session_output_count(const mmd_session_t *session) {
  return session->output_count;
}

const mmdeploy_plugin_tensor_info_t *mmd_session_input(const mmd_session_t *session, size_t index) {
  return index < session->input_count ? &session->inputs[index] : NULL;
}

const mmdeploy_plugin_tensor_info_t *mmd_session_output(const mmd_session_t *session,
                                                        size_t index) {
  return index < session->output_count ? &session->outputs[index] : NULL;
}

//===--- run ---------------------------------------------------------------===//

static mmd_status_t shape_error(const mmd_session_t *session,
                                const mmdeploy_plugin_tensor_info_t *info,
                                const mmd_tensor_t *tensor) {
  mmd_shape_t wanted = {.rank = info->rank};
  memcpy(wanted.dims, info->dims, sizeof wanted.dims);
  mmd_str_t got = {0}, want = {0};
  mmd_status_t status = mmd_shape_format(&tensor->shape, &got);
  if (!status) status = mmd_shape_format(&wanted, &want);
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "net '%s', input '%s': shape %s given, %s expected (-1: any)", session->name,
                       info->name, mmd_str_text(&got), mmd_str_text(&want));
  }
  mmd_str_deinit(&got);
  mmd_str_deinit(&want);
  return status;
}

static mmd_status_t check_input(const mmd_session_t *session, size_t index,
                                const mmd_tensor_t *tensor) {
  const mmdeploy_plugin_tensor_info_t *info = &session->inputs[index];
  if ((int32_t)tensor->dtype != info->dtype) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "net '%s', input '%s': element type %s given, %s expected", session->name,
                     info->name, mmd_dtype_name(tensor->dtype),
                     mmd_dtype_name((mmd_dtype_t)info->dtype));
  }
  if (!mmd_tensor_is_contiguous(tensor) || !mmd_tensor_is_aligned(tensor)) {
    return MMD_ERROR(MMD_INTERNAL, "net '%s', input '%s': the tensor is not packed", session->name,
                     info->name);
  }
  if (info->rank < 0) return NULL;
  bool fits = tensor->shape.rank == info->rank;
  for (int i = 0; fits && i < info->rank; ++i) {
    fits = info->dims[i] < 0 || info->dims[i] == tensor->shape.dims[i];
  }
  return fits ? NULL : shape_error(session, info, tensor);
}

static mmd_status_t wrap_output(const mmd_session_t *session, size_t index,
                                mmdeploy_run_tensor_t *output, mmd_tensor_t *out_tensor) {
  if (!output->data && output->byte_size) {
    if (output->release) output->release(output->owner);
    return MMD_ERROR(MMD_INTERNAL, "net '%s', output '%s': the backend gave no memory",
                     session->name, session->outputs[index].name);
  }
  mmd_storage_t *storage = NULL;
  mmd_status_t status =
      mmd_storage_borrow(output->data, output->byte_size, output->release, output->owner, &storage);
  if (status) {
    if (output->release) output->release(output->owner);
    return status;
  }
  mmd_shape_t shape;
  status = mmd_shape_make(output->rank, output->dims, &shape);
  if (!status) status = mmd_tensor_view(storage, 0, (mmd_dtype_t)output->dtype, &shape, out_tensor);
  mmd_storage_release(storage);
  return mmd_status_annotate(status, "net '%s', output '%s'", session->name,
                             session->outputs[index].name);
}

mmd_status_t mmd_session_run(mmd_session_t *session, const mmd_tensor_t *inputs, size_t input_count,
                             mmd_tensor_t *outputs, size_t output_count) {
  if (input_count != session->input_count || output_count != session->output_count) {
    return MMD_ERROR(
        MMD_INVALID_ARGUMENT, "net '%s': %zu inputs and %zu outputs given, the net has %zu and %zu",
        session->name, input_count, output_count, session->input_count, session->output_count);
  }
  mmdeploy_run_tensor_t in[MAX_TENSORS] = {0}, out[MAX_TENSORS] = {0};
  for (size_t i = 0; i < input_count; ++i) {
    MMD_TRY(check_input(session, i, &inputs[i]));
    in[i].dtype = (int32_t)inputs[i].dtype;
    in[i].rank = inputs[i].shape.rank;
    memcpy(in[i].dims, inputs[i].shape.dims, sizeof in[i].dims);
    in[i].data = (void *)(uintptr_t)mmd_tensor_data(&inputs[i]);
    in[i].byte_size = mmd_tensor_byte_size(&inputs[i]);
  }
  mmdeploy_plugin_error_t error = {0};
  if (!session->is_concurrent) mmd_mutex_lock(&session->mutex);
  const int32_t code =
      session->backend->table->run(session->handle, in, input_count, out, output_count, &error);
  if (!session->is_concurrent) mmd_mutex_unlock(&session->mutex);
  MMD_TRY(from_plugin(session, code, &error));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < output_count; ++i) {
    if (!status)
      status = wrap_output(session, i, &out[i], &outputs[i]);
    else if (out[i].release)
      out[i].release(out[i].owner);
  }
  if (status) {
    for (size_t i = 0; i < output_count; ++i) mmd_tensor_deinit(&outputs[i]);
  }
  return status;
}
