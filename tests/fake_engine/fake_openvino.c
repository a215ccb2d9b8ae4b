// SPDX-License-Identifier: Apache-2.0
//
// A libopenvino_c of one network: input "x" and output "y", both f32 [n,3]; the output is the
// input. It knows the functions that our module uses and nothing else; every object counts as alive
// until it is released.
#include "tests/fake_engine/fake_openvino.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/openvino/runtime/ov_api.h"

#define EXPORT __attribute__((visibility("default")))
#ifndef FAKE_RUN
#define FAKE_RUN ov_infer_request_infer
#endif
#ifndef FAKE_GET_VERSION
#define FAKE_GET_VERSION ov_get_openvino_version
#endif

enum { F32 = 7, TYPES = 13, FAILED = -1 };

static fake_ov_control_t g_control;

EXPORT fake_ov_control_t *fake_ov_control(void);
fake_ov_control_t *fake_ov_control(void) {
  return &g_control;
}

static void *make(size_t size) {
  void *object = calloc(1, size ? size : 1);
  if (!object) abort();
  ++g_control.live;
  return object;
}

static void drop(const void *object) {
  void *address;
  if (!object) return;
  --g_control.live;
  memcpy(&address, &object, sizeof address);
  free(address);
}

// Whether it is this call's turn to fail.
static int fails(const char *call) {
  if (++g_control.calls != g_control.fail_at) return 0;
  g_control.failed = call;
  return 1;
}

#define STEP(call)                  \
  do {                              \
    if (fails(call)) return FAILED; \
  } while (0)

static int make_object(const char *call, void *out_object) {
  STEP(call);
  void *object = make(64);
  memcpy(out_object, &object, sizeof object);
  return OV_OK;
}

// Declares each function as the module expects it.
#define DECLARE(name, result, parameters) EXPORT result ov_##name parameters;
MMD_OV_FUNCTIONS(DECLARE)
#undef DECLARE
EXPORT int FAKE_RUN(ov_infer_request_t *request);
EXPORT int FAKE_GET_VERSION(ov_version_t *version);

//===--- library -----------------------------------------------------------===//

int FAKE_GET_VERSION(ov_version_t *version) {
  version->build_number = FAKE_VERSION "-12345-fake";
  version->description = "fake";
  return OV_OK;
}

void ov_version_free(ov_version_t *version) {
  (void)version;
}

const char *ov_get_last_err_msg(void) {
  return g_control.message ? g_control.message : g_control.failed ? g_control.failed : "";
}

void ov_free(const char *text) {
  drop(text);
}

int ov_core_create(ov_core_t **out) {
  return make_object("ov_core_create", out);
}

void ov_core_free(ov_core_t *core) {
  drop(core);
}

int ov_core_get_available_devices(const ov_core_t *core, ov_available_devices_t *out) {
  static char cpu[] = "CPU", first[] = "GPU.0", second[] = "GPU.1";
  static char *names[] = {cpu, first, second};
  (void)core;
  STEP("ov_core_get_available_devices");
  out->devices = names;
  out->size = 3;
  return OV_OK;
}

void ov_available_devices_free(ov_available_devices_t *devices) {
  (void)devices;
}

//===--- networks ----------------------------------------------------------===//

int ov_core_read_model(const ov_core_t *core, const char *path, const char *weights,
                       ov_model_t **out) {
  (void)core;
  (void)path;
  (void)weights;
  return make_object("ov_core_read_model", out);
}

int ov_core_read_model_from_memory_buffer(const ov_core_t *core, const char *text, size_t size,
                                          const ov_tensor_t *weights, ov_model_t **out) {
  (void)core;
  (void)text;
  (void)size;
  (void)weights;
  return make_object("ov_core_read_model_from_memory_buffer", out);
}

void ov_model_free(ov_model_t *model) {
  drop(model);
}

int ov_model_inputs_size(const ov_model_t *model, size_t *out) {
  (void)model;
  *out = TYPES;
  return OV_OK;
}

// Ports are numbers above 0.
static int make_port(const char *call, size_t index, ov_port_t **out) {
  STEP(call);
  size_t *port = make(sizeof *port);
  *port = index;
  memcpy(out, &port, sizeof port);
  return OV_OK;
}

int ov_model_const_input_by_index(const ov_model_t *model, size_t index, ov_port_t **out) {
  (void)model;
  return make_port("ov_model_const_input_by_index", index, out);
}

int ov_core_compile_model(const ov_core_t *core, const ov_model_t *model, const char *device,
                          size_t count, ov_compiled_model_t **out, ...) {
  va_list words;
  (void)core;
  (void)model;
  g_control.word_count = 0;
  va_start(words, out);
  for (size_t i = 0; i < count && i + 1 < FAKE_OV_MAX_WORDS; ++i)
    snprintf(g_control.words[g_control.word_count++], 64, "%s", va_arg(words, const char *));
  va_end(words);
  snprintf(g_control.words[g_control.word_count++], 64, "%s", device);
  return make_object("ov_core_compile_model", out);
}

void ov_compiled_model_free(ov_compiled_model_t *compiled) {
  drop(compiled);
}

// Those that it was told, or one.
int ov_compiled_model_get_property(const ov_compiled_model_t *compiled, const char *key,
                                   char **out) {
  (void)compiled;
  *out = make(64);
  strcpy(*out, "1");
  for (size_t i = 0; i + 2 < g_control.word_count; i += 2) {
    if (strcmp(g_control.words[i], key) == 0) strcpy(*out, g_control.words[i + 1]);
  }
  return OV_OK;
}

int ov_compiled_model_inputs_size(const ov_compiled_model_t *compiled, size_t *out) {
  (void)compiled;
  STEP("ov_compiled_model_inputs_size");
  *out = 1;
  return OV_OK;
}

int ov_compiled_model_outputs_size(const ov_compiled_model_t *compiled, size_t *out) {
  (void)compiled;
  STEP("ov_compiled_model_outputs_size");
  *out = 1;
  return OV_OK;
}

int ov_compiled_model_input_by_index(const ov_compiled_model_t *compiled, size_t index,
                                     ov_port_t **out) {
  (void)compiled;
  (void)index;
  return make_port("ov_compiled_model_input_by_index", 0, out);
}

int ov_compiled_model_output_by_index(const ov_compiled_model_t *compiled, size_t index,
                                      ov_port_t **out) {
  (void)compiled;
  (void)index;
  return make_port("ov_compiled_model_output_by_index", 0, out);
}

void ov_output_const_port_free(ov_port_t *port) {
  drop(port);
}

int ov_port_get_any_name(const ov_port_t *port, char **out) {
  (void)port;
  STEP("ov_port_get_any_name");
  *out = make(8);
  strcpy(*out, "x");
  return OV_OK;
}

// Of the network that asks for the numbers of element types: each its own.
int ov_port_get_element_type(const ov_port_t *port, int *out) {
  size_t index;
  STEP("ov_port_get_element_type");
  memcpy(&index, port, sizeof index);
  *out = F32 + (int)index;
  return OV_OK;
}

int ov_port_get_partial_shape(const ov_port_t *port, ov_partial_shape_t *out) {
  (void)port;
  STEP("ov_port_get_partial_shape");
  out->rank = (ov_dimension_t){2, 2};
  out->dims = make(2 * sizeof *out->dims);
  out->dims[0] = (ov_dimension_t){0, -1};
  out->dims[1] = (ov_dimension_t){3, 3};
  return OV_OK;
}

void ov_partial_shape_free(ov_partial_shape_t *shape) {
  drop(shape->dims);
}

//===--- runs --------------------------------------------------------------===//

struct ov_tensor {
  int64_t dims[2];
  int64_t rank;
  void *data;
};

struct ov_infer_request {
  struct ov_tensor input;
  float *result;
};

int ov_compiled_model_create_infer_request(const ov_compiled_model_t *compiled,
                                           ov_infer_request_t **out) {
  (void)compiled;
  STEP("ov_compiled_model_create_infer_request");
  *out = make(sizeof **out);
  return OV_OK;
}

void ov_infer_request_free(ov_infer_request_t *request) {
  free(request->result);
  drop(request);
}

int ov_infer_request_set_input_tensor_by_index(ov_infer_request_t *request, size_t index,
                                               const ov_tensor_t *tensor) {
  (void)index;
  STEP("ov_infer_request_set_input_tensor_by_index");
  request->input = *tensor;
  return OV_OK;
}

static int run(const char *call, ov_infer_request_t *request) {
  STEP(call);
  const size_t size = (size_t)(request->input.dims[0] * request->input.dims[1]) * sizeof(float);
  float *result = realloc(request->result, size);
  if (!result) return FAILED;
  memcpy(result, request->input.data, size);
  request->result = result;
  return OV_OK;
}

int FAKE_RUN(ov_infer_request_t *request) {
  return run("ov_infer_request_infer", request);
}

int ov_infer_request_start_async(ov_infer_request_t *request) {
  (void)request;
  STEP("ov_infer_request_start_async");
  return OV_OK;
}

int ov_infer_request_wait(ov_infer_request_t *request) {
  return run("ov_infer_request_wait", request);
}

int ov_infer_request_get_output_tensor_by_index(const ov_infer_request_t *request, size_t index,
                                                ov_tensor_t **out) {
  (void)index;
  STEP("ov_infer_request_get_output_tensor_by_index");
  *out = make(sizeof **out);
  **out = request->input;
  (*out)->data = request->result;
  return OV_OK;
}

int ov_tensor_create_from_host_ptr(int type, ov_shape_t shape, void *data, ov_tensor_t **out) {
  (void)type;
  STEP("ov_tensor_create_from_host_ptr");
  *out = make(sizeof **out);
  (*out)->rank = shape.rank;
  for (int64_t i = 0; i < shape.rank && i < 2; ++i) (*out)->dims[i] = shape.dims[i];
  (*out)->data = data;
  return OV_OK;
}

int ov_tensor_get_shape(const ov_tensor_t *tensor, ov_shape_t *out) {
  STEP("ov_tensor_get_shape");
  out->rank = tensor->rank;
  out->dims = make(2 * sizeof *out->dims);
  memcpy(out->dims, tensor->dims, sizeof tensor->dims);
  return OV_OK;
}

int ov_shape_free(ov_shape_t *shape) {
  drop(shape->dims);
  return OV_OK;
}

int ov_tensor_get_element_type(const ov_tensor_t *tensor, int *out) {
  (void)tensor;
  STEP("ov_tensor_get_element_type");
  *out = F32;
  return OV_OK;
}

int ov_tensor_get_byte_size(const ov_tensor_t *tensor, size_t *out) {
  STEP("ov_tensor_get_byte_size");
  *out = (size_t)(tensor->dims[0] * tensor->dims[1]) * sizeof(float);
  return OV_OK;
}

int ov_tensor_data(const ov_tensor_t *tensor, void **out) {
  STEP("ov_tensor_data");
  *out = tensor->data;
  return OV_OK;
}

void ov_tensor_free(ov_tensor_t *tensor) {
  drop(tensor);
}
