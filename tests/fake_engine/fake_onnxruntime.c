// SPDX-License-Identifier: Apache-2.0
//
// A libonnxruntime of one network: input "x" and output "y", both f32 [n,3]. It knows the functions
// that our module uses and nothing else; every object counts as alive until it is released.
#include "tests/fake_engine/fake_onnxruntime.h"

#include <stdlib.h>
#include <string.h>

#include "backends/onnxruntime/runtime/ort_api.h"

#define EXPORT __attribute__((visibility("default")))
#ifndef FAKE_REFUSES
#define FAKE_REFUSES 0
#endif
#ifndef FAKE_GET_BASE
#define FAKE_GET_BASE OrtGetApiBase
#endif

static fake_ort_control_t g_control;

EXPORT fake_ort_control_t *fake_ort_control(void);
fake_ort_control_t *fake_ort_control(void) {
  return &g_control;
}

static void *make(size_t size) {
  void *object = calloc(1, size ? size : 1);
  if (!object) abort();
  ++g_control.live;
  return object;
}

static void drop(void *object) {
  if (!object) return;
  --g_control.live;
  free(object);
}

struct OrtStatus {
  const char *call;
};

struct OrtValue {
  int64_t dims[2];
  float *data;
  int is_borrowed;
};

// A failed status when it is this call's turn.
static OrtStatus *step(const char *call) {
  if (++g_control.calls != g_control.fail_at) return NULL;
  g_control.failed = call;
  OrtStatus *status = make(sizeof *status);
  status->call = call;
  return status;
}

#define STEP(call)                         \
  do {                                     \
    OrtStatus *step_status_ = step(call);  \
    if (step_status_) return step_status_; \
  } while (0)

static int get_error_code(const OrtStatus *status) {
  (void)status;
  return 1;
}
static const char *get_error_message(const OrtStatus *status) {
  return status->call;
}
static void release_status(OrtStatus *status) {
  drop(status);
}

static OrtStatus *make_object(const char *call, void *out_object) {
  STEP(call);
  void *object = make(64);
  memcpy(out_object, &object, sizeof object);
  return NULL;
}

static OrtStatus *create_env(ort_logging_fn log, void *param, int level, const char *name,
                             OrtEnv **out) {
  (void)log;
  (void)param;
  (void)level;
  (void)name;
  return make_object("CreateEnvWithCustomLogger", out);
}
static OrtStatus *create_session(const OrtEnv *env, const char *path,
                                 const OrtSessionOptions *options, OrtSession **out) {
  (void)env;
  (void)path;
  (void)options;
  return make_object("CreateSession", out);
}
static OrtStatus *create_session_from_array(const OrtEnv *env, const void *data, size_t size,
                                            const OrtSessionOptions *options, OrtSession **out) {
  (void)env;
  (void)data;
  (void)size;
  (void)options;
  return make_object("CreateSessionFromArray", out);
}
static OrtStatus *create_session_options(OrtSessionOptions **out) {
  return make_object("CreateSessionOptions", out);
}
static OrtStatus *create_memory_info(int allocator, int type, OrtMemoryInfo **out) {
  (void)allocator;
  (void)type;
  return make_object("CreateCpuMemoryInfo", out);
}
static OrtStatus *get_allocator(OrtAllocator **out) {
  static int allocator;
  void *address = &allocator;
  STEP("GetAllocatorWithDefaultOptions");
  memcpy(out, &address, sizeof address);
  return NULL;
}
static OrtStatus *set_number(OrtSessionOptions *options, int number) {
  (void)options;
  (void)number;
  return step("SetNumber");
}
static OrtStatus *set_flag(OrtSessionOptions *options) {
  (void)options;
  return step("SetFlag");
}
static OrtStatus *add_config(OrtSessionOptions *options, const char *key, const char *value) {
  (void)options;
  (void)key;
  (void)value;
  return step("AddSessionConfigEntry");
}
static OrtStatus *get_count(const OrtSession *session, size_t *out) {
  (void)session;
  *out = 1;
  return step("SessionGetCount");
}
static OrtStatus *get_type_info(const OrtSession *session, size_t index, OrtTypeInfo **out) {
  (void)session;
  (void)index;
  return make_object("SessionGetTypeInfo", out);
}
static OrtStatus *get_name(const char *name, char **out) {
  STEP("SessionGetName");
  *out = make(strlen(name) + 1);
  memcpy(*out, name, strlen(name) + 1);
  return NULL;
}
static OrtStatus *get_input_name(const OrtSession *session, size_t index, OrtAllocator *allocator,
                                 char **out) {
  (void)session;
  (void)index;
  (void)allocator;
  return get_name("x", out);
}
static OrtStatus *get_output_name(const OrtSession *session, size_t index, OrtAllocator *allocator,
                                  char **out) {
  (void)session;
  (void)index;
  (void)allocator;
  return get_name("y", out);
}
static OrtStatus *allocator_free(OrtAllocator *allocator, void *block) {
  (void)allocator;
  drop(block);  // freed even when the call says it failed
  return step("AllocatorFree");
}
static OrtStatus *cast_type_info(const OrtTypeInfo *type, const OrtTensorTypeAndShapeInfo **out) {
  const void *address = type;
  STEP("CastTypeInfoToTensorInfo");
  memcpy(out, &address, sizeof address);
  return NULL;
}
static OrtStatus *get_onnx_type(const OrtTypeInfo *type, int *out) {
  (void)type;
  *out = ORT_TYPE_TENSOR;
  return step("GetOnnxTypeFromTypeInfo");
}
static OrtStatus *get_element_type(const OrtTensorTypeAndShapeInfo *info, int *out) {
  (void)info;
  *out = 1;
  return step("GetTensorElementType");
}
static OrtStatus *get_rank(const OrtTensorTypeAndShapeInfo *info, size_t *out) {
  (void)info;
  *out = 2;
  return step("GetDimensionsCount");
}
// An info of a value begins with its sizes, one of a session is all zero.
static OrtStatus *get_dims(const OrtTensorTypeAndShapeInfo *info, int64_t *dims, size_t count) {
  STEP("GetDimensions");
  int64_t known[2];
  memcpy(known, info, sizeof known);
  if (count > 0) dims[0] = known[0] ? known[0] : -1;
  if (count > 1) dims[1] = 3;
  return NULL;
}
static OrtStatus *get_dim_names(const OrtTensorTypeAndShapeInfo *info, const char **names,
                                size_t count) {
  (void)info;
  if (count > 0) names[0] = "n";
  return step("GetSymbolicDimensions");
}
static OrtStatus *get_element_count(const OrtTensorTypeAndShapeInfo *info, size_t *out) {
  int64_t known[2];
  memcpy(known, info, sizeof known);
  *out = (size_t)(known[0] * 3);
  return step("GetTensorShapeElementCount");
}
static OrtStatus *get_value_info(const OrtValue *value, OrtTensorTypeAndShapeInfo **out) {
  STEP("GetTensorTypeAndShape");
  void *info = make(64);
  memcpy(info, value->dims, sizeof value->dims);
  memcpy(out, &info, sizeof info);
  return NULL;
}
static OrtStatus *wrap_value(const OrtMemoryInfo *info, void *data, size_t size,
                             const int64_t *dims, size_t rank, int dtype, OrtValue **out) {
  (void)info;
  (void)size;
  (void)rank;
  (void)dtype;
  STEP("CreateTensorWithDataAsOrtValue");
  OrtValue *value = make(sizeof *value);
  memcpy(value->dims, dims, sizeof value->dims);
  value->data = data;
  value->is_borrowed = 1;
  *out = value;
  return NULL;
}
static OrtStatus *is_tensor(const OrtValue *value, int *out) {
  (void)value;
  *out = 1;
  return step("IsTensor");
}
static OrtStatus *get_data(OrtValue *value, void **out) {
  *out = value->data;
  return step("GetTensorMutableData");
}
static OrtStatus *run(OrtSession *session, const OrtRunOptions *options,
                      const char *const *input_names, const OrtValue *const *inputs,
                      size_t input_count, const char *const *output_names, size_t output_count,
                      OrtValue **outputs) {
  (void)session;
  (void)options;
  (void)input_names;
  (void)input_count;
  (void)output_names;
  (void)output_count;
  STEP("Run");
  if (outputs[0]) return NULL;
  OrtValue *value = make(sizeof *value);
  memcpy(value->dims, inputs[0]->dims, sizeof value->dims);
  value->data = calloc((size_t)value->dims[0] * 3 + 1, sizeof(float));
  outputs[0] = value;
  return NULL;
}
static void release_value(OrtValue *value) {
  if (value && !value->is_borrowed) free(value->data);
  drop(value);
}

static OrtStatus *create_domain(const char *name, OrtCustomOpDomain **out) {
  (void)name;
  return make_object("CreateCustomOpDomain", out);
}
static OrtStatus *add_op(OrtCustomOpDomain *domain, const OrtCustomOp *op) {
  (void)domain;
  (void)op;
  return step("CustomOpDomain_Add");
}
static OrtStatus *add_domain(OrtSessionOptions *options, OrtCustomOpDomain *domain) {
  (void)options;
  (void)domain;
  return step("AddCustomOpDomain");
}

static void *g_slots[256];

#define SET(slot, function)                             \
  do {                                                  \
    __typeof__(&(function)) pointer_ = function;        \
    memcpy(&g_slots[slot], &pointer_, sizeof pointer_); \
  } while (0)

static void release_env(OrtEnv *object) {
  drop(object);
}
static void release_memory_info(OrtMemoryInfo *object) {
  drop(object);
}
static void release_session(OrtSession *object) {
  drop(object);
}
static void release_type_info(OrtTypeInfo *object) {
  drop(object);
}
static void release_tensor_info(OrtTensorTypeAndShapeInfo *object) {
  drop(object);
}
static void release_domain(OrtCustomOpDomain *object) {
  drop(object);
}
static void release_options(OrtSessionOptions *object) {
  drop(object);
}

static const OrtApi *get_api(uint32_t version) {
  if (FAKE_REFUSES || version > 17) return NULL;
  SET(1, get_error_code);
  SET(2, get_error_message);
  SET(4, create_env);
  SET(7, create_session);
  SET(8, create_session_from_array);
  SET(9, run);
  SET(10, create_session_options);
  SET(17, set_flag);
  SET(19, set_flag);
  SET(23, set_number);
  SET(24, set_number);
  SET(25, set_number);
  SET(26, create_domain);
  SET(27, add_op);
  SET(28, add_domain);
  SET(30, get_count);
  SET(31, get_count);
  SET(33, get_type_info);
  SET(34, get_type_info);
  SET(36, get_input_name);
  SET(37, get_output_name);
  SET(49, wrap_value);
  SET(50, is_tensor);
  SET(51, get_data);
  SET(55, cast_type_info);
  SET(56, get_onnx_type);
  SET(60, get_element_type);
  SET(61, get_rank);
  SET(62, get_dims);
  SET(63, get_dim_names);
  SET(64, get_element_count);
  SET(65, get_value_info);
  SET(69, create_memory_info);
  SET(76, allocator_free);
  SET(78, get_allocator);
  SET(92, release_env);
  SET(93, release_status);
  SET(94, release_memory_info);
  SET(95, release_session);
  SET(96, release_value);
  SET(98, release_type_info);
  SET(99, release_tensor_info);
  SET(100, release_options);
  SET(101, release_domain);
  SET(130, add_config);
  return (const OrtApi *)(const void *)g_slots;
}

static const char *get_version(void) {
  return FAKE_VERSION;
}

EXPORT const OrtApiBase *FAKE_GET_BASE(void);
const OrtApiBase *FAKE_GET_BASE(void) {
  static const OrtApiBase base = {get_api, get_version};
  return &base;
}
