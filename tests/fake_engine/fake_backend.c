// SPDX-License-Identifier: Apache-2.0
//
// A backend of one network: input "x" f32 [n,2], outputs "y" and "z" of the same shape.
#include "tests/fake_engine/fake_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmdeploy/plugin/backend.h"

#ifndef FAKE_ABI_VERSION
#define FAKE_ABI_VERSION MMDEPLOY_BACKEND_ABI_VERSION
#endif
#ifndef FAKE_STRUCT_SIZE
#define FAKE_STRUCT_SIZE sizeof(mmdeploy_backend_t)
#endif
#ifndef FAKE_RUN
#define FAKE_RUN session_run
#endif
#ifndef FAKE_QUERY
#define FAKE_QUERY mmdeploy_backend_query
#endif
#ifndef FAKE_REFUSES
#define FAKE_REFUSES 0
#endif

static fake_control_t g_control;

MMDEPLOY_PLUGIN_EXPORT fake_control_t *fake_control(void);
fake_control_t *fake_control(void) {
  return &g_control;
}

static int32_t step(const char *call, mmdeploy_plugin_error_t *error) {
  if (!g_control.fail || strcmp(g_control.fail, call) != 0) return MMDEPLOY_PLUGIN_OK;
  error->code = g_control.code;
  snprintf(error->message, sizeof error->message, "the fake engine fails in %s", call);
  return g_control.code;
}

static int lies(const char *about) {
  return g_control.lie && strcmp(g_control.lie, about) == 0;
}

static int32_t backend_open(const char *library_path, void **out_backend,
                            mmdeploy_plugin_error_t *error) {
  (void)library_path;
  *out_backend = &g_control;  // even when it fails: the host must not believe it
  return step("open", error);
}

static void backend_close(void *backend) {
  (void)backend;
}

static const char *backend_version(void *backend) {
  (void)backend;
  return "0.1";
}

static const char *backend_library(void *backend) {
  (void)backend;
  return "/fake/library.so";
}

static int32_t backend_devices(void *backend, const mmdeploy_backend_device_t **out_devices,
                               size_t *out_count, mmdeploy_plugin_error_t *error) {
  static const mmdeploy_backend_device_t devices[] = {{"cpu", 1}, {"fake", 2}};
  (void)backend;
  *out_devices = devices;
  *out_count = 2;
  return step("devices", error);
}

static int32_t session_create(void *backend, const mmdeploy_session_desc_t *desc,
                              void **out_session, mmdeploy_plugin_error_t *error) {
  (void)backend;
  (void)desc;
  *out_session = &g_control;
  const int32_t code = step("session_create", error);
  if (!code) ++g_control.sessions;
  return code;
}

static void session_destroy(void *session) {
  if (session) --g_control.sessions;
}

static int32_t session_inputs(void *session, const mmdeploy_plugin_tensor_info_t **out_infos,
                              size_t *out_count, mmdeploy_plugin_error_t *error) {
  static const mmdeploy_plugin_tensor_info_t infos[] = {
      {.name = "x", .dtype = MMDEPLOY_PLUGIN_F32, .rank = 2, .dims = {-1, 2}, .dim_names = {"n"}}};
  (void)session;
  *out_infos = infos;
  *out_count = 1;
  return step("session_inputs", error);
}

static int32_t session_outputs(void *session, const mmdeploy_plugin_tensor_info_t **out_infos,
                               size_t *out_count, mmdeploy_plugin_error_t *error) {
  static const mmdeploy_plugin_tensor_info_t infos[] = {
      {.name = "y", .dtype = MMDEPLOY_PLUGIN_F32, .rank = 2, .dims = {-1, 2}, .dim_names = {"n"}},
      {.name = "z", .dtype = MMDEPLOY_PLUGIN_F32, .rank = -1}};
  (void)session;
  *out_infos = infos;
  *out_count = lies("count") ? 1000000 : 2;
  return step("session_outputs", error);
}

static void release_output(void *owner) {
  --g_control.outputs;
  free(owner);
}

static void make_output(const mmdeploy_run_tensor_t *input, mmdeploy_run_tensor_t *output) {
  *output = *input;
  output->data = malloc(input->byte_size ? input->byte_size : 1);
  if (output->data) memset(output->data, 0, input->byte_size);
  output->owner = output->data;
  output->release = release_output;
  ++g_control.outputs;
}

static int32_t session_run(void *session, const mmdeploy_run_tensor_t *inputs, size_t input_count,
                           mmdeploy_run_tensor_t *outputs, size_t output_count,
                           mmdeploy_plugin_error_t *error) {
  (void)session;
  (void)input_count;
  const int32_t code = step("run", error);
  if (code) return code;
  for (size_t i = 0; i < output_count; ++i) make_output(&inputs[0], &outputs[i]);
  if (lies("rank")) outputs[1].rank = 100;
  if (lies("negative")) outputs[1].dims[0] = -5;
  if (lies("dtype")) outputs[1].dtype = 4711;
  if (lies("size")) outputs[1].byte_size /= 2;
  if (lies("null")) {
    release_output(outputs[1].owner);
    outputs[1].data = outputs[1].owner = NULL;
    outputs[1].release = NULL;
  }
  return MMDEPLOY_PLUGIN_OK;
}

static const mmdeploy_backend_t g_backend = {
    .abi_version = FAKE_ABI_VERSION,
    .struct_size = FAKE_STRUCT_SIZE,
    .name = FAKE_NAME,
    .description = "fails on demand",
    .features = MMDEPLOY_BACKEND_DYNAMIC_SHAPES,
    .sanitizer = "",
    .open = backend_open,
    .close = backend_close,
    .version = backend_version,
    .library = backend_library,
    .devices = backend_devices,
    .session_create = session_create,
    .session_destroy = session_destroy,
    .session_inputs = session_inputs,
    .session_outputs = session_outputs,
    .run = FAKE_RUN,
};

MMDEPLOY_PLUGIN_EXPORT const mmdeploy_backend_t *FAKE_QUERY(uint32_t host_abi_version,
                                                            const mmdeploy_host_t *host,
                                                            mmdeploy_plugin_error_t *error);
const mmdeploy_backend_t *FAKE_QUERY(uint32_t host_abi_version, const mmdeploy_host_t *host,
                                     mmdeploy_plugin_error_t *error) {
  (void)host_abi_version;
  (void)host;
  (void)session_run;
  if (FAKE_REFUSES) {
    error->code = MMDEPLOY_PLUGIN_UNAVAILABLE;
    snprintf(error->message, sizeof error->message, "this module serves nobody");
    return NULL;
  }
  return &g_backend;
}
