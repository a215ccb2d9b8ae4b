// SPDX-License-Identifier: Apache-2.0
#include "backends/tvm/runtime/session.h"

#include <string.h>

#include "backends/tvm/runtime/tensor.h"
#include "base/alloc.h"
#include "value/json.h"

//===--- the network -------------------------------------------------------===//

static mmd_status_t check_options(const char *text) {
  mmd_value_t *options = NULL;
  if (!text) return NULL;
  MMD_TRY(mmd_json_parse(text, strlen(text), "options", &options));
  mmd_status_t status = NULL;
  if (mmd_value_kind(options) != MMD_VALUE_OBJECT || mmd_object_size(options)) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "TVM has no options here, '%.100s' was given; '{}' is right", text);
  }
  mmd_value_release(options);
  return status;
}

// The function |name| of |module|.
static mmd_status_t get_function(const tvm_library_t *library, const tvm_value_t *module,
                                 const char *name, tvm_value_t *out_function) {
  tvm_value_t arguments[] = {
      *module, {.kind = TVM_TEXT, .v.text = name}, {.kind = TVM_BOOL, .v.number = 1}};
  MMD_TRY(tvm_call(library, library->get_function, arguments, 3, MMD_CORRUPT, name, out_function));
  if (out_function->kind == TVM_FUNCTION) return NULL;
  tvm_value_release(library, out_function);
  return MMD_ERROR(MMD_CORRUPT, "TVM: no function '%s' in the network", name);
}

// Calls the function |name| of |module|.
static mmd_status_t call_function(const tvm_library_t *library, const tvm_value_t *module,
                                  const char *name, tvm_value_t *arguments, int32_t count,
                                  tvm_value_t *out_result) {
  tvm_value_t function = {0};
  MMD_TRY(get_function(library, module, name, &function));
  mmd_status_t status =
      tvm_call(library, function.v.object, arguments, count, MMD_CORRUPT, name, out_result);
  tvm_value_release(library, &function);
  return status;
}

static mmd_status_t load(tvm_session_t *session, const char *path) {
  const tvm_library_t *library = session->library;
  tvm_value_t file = {.kind = TVM_TEXT, .v.text = path}, nothing = {0};
  // The processor, and pooled memory.
  tvm_value_t device[] = {{.kind = TVM_INT, .v.number = 1},
                          {.kind = TVM_INT, .v.number = 0},
                          {.kind = TVM_INT, .v.number = 2}};
  MMD_TRY(tvm_call(library, library->load_module, &file, 1, MMD_CORRUPT, path, &session->module));
  MMD_TRY(
      call_function(library, &session->module, "vm_load_executable", NULL, 0, &session->machine));
  MMD_TRY(call_function(library, &session->machine, "vm_initialization", device, 3, &nothing));
  tvm_value_release(library, &nothing);
  return get_function(library, &session->machine, "main", &session->main);
}

static mmd_status_t start(tvm_session_t *session, const mmdeploy_session_desc_t *desc) {
  if (strcmp(desc->device_name, "cpu") != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "device '%s' is not supported; 'cpu' is",
                     desc->device_name);
  }
  MMD_TRY(check_options(desc->options_json));
  if (!desc->net_path) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "TVM loads networks from files only, not from memory or an archive");
  }
  MMD_TRY(tvm_interface_read(desc->weights_data, desc->weights_size, &session->interface));
  return load(session, desc->net_path);
}

mmd_status_t tvm_session_create(const tvm_library_t *library, const mmdeploy_session_desc_t *desc,
                                tvm_session_t **out_session) {
  *out_session = NULL;
  tvm_session_t *session = mmd_alloc(sizeof *session);
  MMD_TRY_ALLOC(session);
  session->library = library;
  session->name = mmd_strdup(desc->name);
  mmd_status_t status = session->name ? start(session, desc) : mmd_status_no_memory();
  if (status) {
    tvm_session_destroy(session);
    return mmd_status_annotate(status, "%s", desc->name);
  }
  *out_session = session;
  return NULL;
}

void tvm_session_destroy(tvm_session_t *session) {
  if (!session) return;
  tvm_value_release(session->library, &session->main);
  tvm_value_release(session->library, &session->machine);
  tvm_value_release(session->library, &session->module);
  tvm_interface_deinit(&session->interface);
  mmd_free(session->name);
  mmd_free(session);
}

//===--- outputs -----------------------------------------------------------===//

static void release_output(void *owner) {
  mmd_free(owner);
}

static mmd_status_t give(const mmdeploy_plugin_tensor_info_t *info, const tvm_value_t *value,
                         mmdeploy_run_tensor_t *output) {
  if (value->kind != TVM_TENSOR)
    return MMD_ERROR(MMD_MISMATCH, "TVM: output '%s' is no tensor", info->name);
  const tvm_dl_tensor_t *tensor = tvm_tensor_of(value);
  if (tensor->rank < 0 || tensor->rank > MMDEPLOY_PLUGIN_MAX_RANK ||
      tvm_dtype_of(tensor) != info->dtype) {
    return MMD_ERROR(MMD_MISMATCH, "TVM: output '%s' is of another rank or element type",
                     info->name);
  }
  size_t size = (size_t)(tensor->bits + 7) / 8;
  for (int i = 0; i < tensor->rank; ++i) {
    output->dims[i] = tensor->dims[i];
    size *= (size_t)tensor->dims[i];
  }
  output->dtype = info->dtype;
  output->rank = tensor->rank;
  if (output->data && output->byte_size != size) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "output '%s' is of %zu bytes, the given memory of %zu",
                     info->name, size, output->byte_size);
  }
  if (!output->data) {
    output->data = mmd_alloc_uninit(size ? size : 1);
    MMD_TRY_ALLOC(output->data);
    output->byte_size = size;
    output->owner = output->data;
    output->release = release_output;
  }
  if (size) memcpy(output->data, (const char *)tensor->data + tensor->byte_offset, size);
  return NULL;
}

// One output is a tensor, several are a list of tensors.
static mmd_status_t take_item(const tvm_session_t *session, const tvm_value_t *result, size_t index,
                              mmdeploy_run_tensor_t *output) {
  const mmdeploy_plugin_tensor_info_t *info = &session->interface.outputs[index];
  if (result->kind != TVM_ARRAY) return give(info, result, output);
  tvm_value_t arguments[] = {*result, {.kind = TVM_INT, .v.number = (int64_t)index}}, item = {0};
  MMD_TRY(tvm_call(session->library, session->library->array_item, arguments, 2, MMD_MISMATCH,
                   info->name, &item));
  mmd_status_t status = give(info, &item, output);
  tvm_value_release(session->library, &item);
  return status;
}

static mmd_status_t take_results(const tvm_session_t *session, const tvm_value_t *result,
                                 mmdeploy_run_tensor_t *outputs, size_t count) {
  for (size_t i = 0; i < count; ++i) MMD_TRY(take_item(session, result, i, &outputs[i]));
  return NULL;
}

//===--- run ---------------------------------------------------------------===//

mmd_status_t tvm_session_run(const tvm_session_t *session, const mmdeploy_run_tensor_t *inputs,
                             size_t input_count, mmdeploy_run_tensor_t *outputs,
                             size_t output_count) {
  const tvm_library_t *library = session->library;
  tvm_value_t arguments[TVM_MAX_PORTS] = {{0}}, result = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < input_count && !status; ++i)
    status = tvm_tensor_create(library, &inputs[i], &arguments[i]);
  if (!status)
    status = tvm_call(library, session->main.v.object, arguments, (int32_t)input_count,
                      MMD_INVALID_ARGUMENT, "run", &result);
  for (size_t i = 0; i < input_count; ++i) tvm_value_release(library, &arguments[i]);
  if (!status) status = take_results(session, &result, outputs, output_count);
  tvm_value_release(library, &result);
  return mmd_status_annotate(status, "%s", session->name);
}
