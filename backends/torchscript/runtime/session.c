// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/runtime/session.h"

#include <string.h>

#include "backends/module.h"
#include "backends/torchscript/runtime/archive_check.h"
#include "backends/torchscript/runtime/describe.h"
#include "base/alloc.h"
#include "base/storage.h"
#include "value/json.h"
#include "value/options.h"

_Static_assert(TS_SHIM_MAX_RANK == MMDEPLOY_PLUGIN_MAX_RANK, "ranks");

static mmd_status_t check(const ts_session_t *session, int32_t code, const ts_error_t *error) {
  if (!code) return NULL;
  return MMD_ERROR((mmd_code_t)code, "libtorch %s: %s", session->library->version, error->text);
}

//===--- options -----------------------------------------------------------===//

typedef struct ts_options_t {
  bool optimize;
} ts_options_t;

static const mmd_option_t g_options[] = {
    {.name = "optimize",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(ts_options_t, optimize),
     .default_text = "false",
     .help = "libtorch studies the first runs to make later ones faster; pays for one shape only."},
};
static const mmd_option_table_t g_option_table =
    MMD_OPTION_TABLE("torchscript", ts_options_t, g_options);

static mmd_status_t read_options(ts_session_t *session, const char *text) {
  mmd_value_t *json = NULL;
  ts_options_t options = {0};
  text = text ? text : "{}";
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend options", &json));
  mmd_status_t status = mmd_options_read(&g_option_table, json, "backend options", true, &options);
  mmd_value_release(json);
  session->optimize = options.optimize;
  return status;
}

//===--- life --------------------------------------------------------------===//

static mmd_status_t check_device(const ts_library_t *library, const mmdeploy_session_desc_t *desc) {
  for (size_t i = 0; i < library->device_count; ++i) {
    const mmdeploy_backend_device_t *device = &library->devices[i];
    if (strcmp(device->name, desc->device_name) == 0 && desc->device_id < device->count)
      return NULL;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "device '%s' number %d is not supported by this libtorch %s; it has %s",
                   desc->device_name, (int)desc->device_id, library->version,
                   library->device_count > 1 ? "'cpu' and 'cuda'" : "'cpu'");
}

static mmd_status_t load_module(ts_session_t *session, const mmdeploy_session_desc_t *desc) {
  const ts_library_t *library = session->library;
  mmd_storage_t *file = NULL;
  const void *data = desc->net_data;
  size_t size = desc->net_size;
  ts_error_t error = {0};
  if (!data && desc->net_path) {
    MMD_TRY(mmd_storage_map_file(desc->net_path, &file));
    data = mmd_storage_data(file);
    size = mmd_storage_size(file);
  }
  if (!size) {
    mmd_storage_release(file);
    return MMD_ERROR(MMD_CORRUPT, "the file is empty");
  }
  mmd_status_t status = ts_archive_check(data, size);
  if (!status) {
    const int32_t code =
        library->fn.load(data, size, desc->device_name, desc->device_id, &session->module, &error);
    status = check(session, code, &error);
  }
  mmd_storage_release(file);
  return status;
}

static mmd_status_t start(ts_session_t *session, const mmdeploy_session_desc_t *desc) {
  session->threads = desc->threads;
  MMD_TRY(read_options(session, desc->options_json));
  MMD_TRY(check_device(session->library, desc));
  MMD_TRY(load_module(session, desc));
  return ts_describe(session);
}

mmd_status_t ts_session_create(const ts_library_t *library, const mmdeploy_session_desc_t *desc,
                               ts_session_t **out_session) {
  *out_session = NULL;
  ts_session_t *session = mmd_alloc(sizeof *session);
  MMD_TRY_ALLOC(session);
  session->library = library;
  mmd_arena_init(&session->arena);
  mmd_status_t status = start(session, desc);
  if (status) {
    ts_session_destroy(session);
    return status;
  }
  *out_session = session;
  return NULL;
}

void ts_session_destroy(ts_session_t *session) {
  if (!session) return;
  if (session->module) session->library->fn.destroy(session->module);
  mmd_arena_deinit(&session->arena);
  mmd_free(session);
}

//===--- runs --------------------------------------------------------------===//

static void set_input(const mmdeploy_run_tensor_t *input, ts_tensor_t *out) {
  *out = (ts_tensor_t){.dtype = input->dtype,
                       .rank = input->rank,
                       .data = input->data,
                       .byte_size = input->byte_size};
  memcpy(out->dims, input->dims, sizeof out->dims);
}

// Hands the result over, or copies it and leaves it to be released.
static mmd_status_t take_output(const ts_session_t *session, size_t index, ts_tensor_t *result,
                                mmdeploy_run_tensor_t *output) {
  mmdeploy_run_tensor_t given = {.dtype = result->dtype,
                                 .rank = result->rank,
                                 .data = result->data,
                                 .byte_size = result->byte_size,
                                 .owner = result->owner,
                                 .release = session->library->fn.release};
  memcpy(given.dims, result->dims, sizeof given.dims);
  if (output->data) return mmd_module_copy_result(session->outputs[index].name, &given, output);
  *output = given;
  result->owner = NULL;
  return NULL;
}

static mmd_status_t take_outputs(const ts_session_t *session, ts_tensor_t *results,
                                 mmdeploy_run_tensor_t *outputs) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < session->output_count; ++i) {
    if (!status) status = take_output(session, i, &results[i], &outputs[i]);
    if (results[i].owner) session->library->fn.release(results[i].owner);
  }
  return status;
}

mmd_status_t ts_session_run(ts_session_t *session, const mmdeploy_run_tensor_t *inputs,
                            size_t input_count, mmdeploy_run_tensor_t *outputs,
                            size_t output_count) {
  ts_tensor_t *tensors = mmd_alloc_array(input_count + output_count, sizeof *tensors);
  MMD_TRY_ALLOC(tensors);
  ts_tensor_t *results = tensors + input_count;
  ts_error_t error = {0};
  for (size_t i = 0; i < input_count; ++i) set_input(&inputs[i], &tensors[i]);
  const int32_t code =
      session->library->fn.run(session->module, session->threads, session->optimize, tensors,
                               input_count, results, output_count, &error);
  mmd_status_t status = check(session, code, &error);
  if (!status) status = take_outputs(session, results, outputs);
  mmd_free(tensors);
  return status;
}
