// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/runtime/session.h"

#include <string.h>

#include "base/alloc.h"
#include "value/json.h"
#include "value/options.h"

#define MAX_TENSORS 64

//===--- options -----------------------------------------------------------===//

typedef struct ort_options_t {
  int optimization;
  int64_t inter_op_threads;
  bool memory_pattern;
  bool memory_arena;
  const mmd_value_t *config;
} ort_options_t;

static const char *const g_optimization_names[] = {"none", "basic", "extended", "all", NULL};
static const int g_optimization_levels[] = {ORT_OPTIMIZE_NONE, ORT_OPTIMIZE_BASIC,
                                            ORT_OPTIMIZE_EXTENDED, ORT_OPTIMIZE_ALL};

static const mmd_option_t g_options[] = {
    {.name = "graph_optimization_level",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(ort_options_t, optimization),
     .default_text = "\"all\"",
     .choices = g_optimization_names,
     .help = "How far the engine rewrites the graph."},
    {.name = "inter_op_threads",
     .type = MMD_OPTION_INT,
     .offset = offsetof(ort_options_t, inter_op_threads),
     .default_text = "1",
     .min = 1,
     .max = 1024,
     .help = "Nodes that may run at the same time."},
    {.name = "memory_pattern",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(ort_options_t, memory_pattern),
     .default_text = "true",
     .help = "Plan memory from the shapes of earlier runs."},
    {.name = "memory_arena",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(ort_options_t, memory_arena),
     .default_text = "true",
     .help = "Keep freed memory for the next run."},
    {.name = "config",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(ort_options_t, config),
     .help = "The engine's own session configuration entries, as an object of strings."},
};
static const mmd_option_table_t g_option_table =
    MMD_OPTION_TABLE("onnxruntime", ort_options_t, g_options);

static mmd_status_t apply_config(const ort_library_t *library, OrtSessionOptions *native,
                                 const mmd_value_t *config) {
  for (size_t i = 0; i < mmd_object_size(config); ++i) {
    const char *key = mmd_object_key_at(config, i);
    const char *text = mmd_value_get_string(mmd_object_value_at(config, i), NULL);
    if (!text)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "onnxruntime option config.%s: a string is expected",
                       key);
    MMD_TRY(ort_check(library, library->fn.AddSessionConfigEntry(native, key, text), key));
  }
  return NULL;
}

static mmd_status_t apply_options(const ort_library_t *library, const mmdeploy_session_desc_t *desc,
                                  const mmd_value_t *json, OrtSessionOptions *native) {
  ort_options_t options;
  MMD_TRY(mmd_options_read(&g_option_table, json, "backend options", true, &options));
  const ort_functions_t *fn = &library->fn;
  MMD_TRY(ort_check(
      library,
      fn->SetSessionGraphOptimizationLevel(native, g_optimization_levels[options.optimization]),
      "optimization level"));
  // Weights outside the arena: sessions load faster and the arena stays small.
  const char *direct = "session.use_device_allocator_for_initializers";
  MMD_TRY(ort_check(library, fn->AddSessionConfigEntry(native, direct, "1"), direct));
  MMD_TRY(ort_check(library, fn->SetInterOpNumThreads(native, (int)options.inter_op_threads),
                    "inter-op threads"));
  if (desc->threads > 0) {
    MMD_TRY(ort_check(library, fn->SetIntraOpNumThreads(native, desc->threads), "threads"));
  }
  if (!options.memory_pattern)
    MMD_TRY(ort_check(library, fn->DisableMemPattern(native), "memory pattern"));
  if (!options.memory_arena)
    MMD_TRY(ort_check(library, fn->DisableCpuMemArena(native), "memory arena"));
  return apply_config(library, native, options.config);
}

static mmd_status_t register_ops(ort_session_t *session, const mmdeploy_session_desc_t *desc,
                                 OrtSessionOptions *native) {
  const ort_ops_options_t options = {
      .api_version = session->library->api_version, .pool = desc->pool, .keeps_errors = true};
  MMD_TRY(ort_ops_create(&session->library->fn, &options, &session->ops));
  return ort_check(session->library, ort_ops_register(session->ops, native), "custom operators");
}

// What an operator could not return says more than what the engine made of it.
static mmd_status_t join_op_error(const ort_library_t *library, mmd_status_t status) {
  mmd_status_t error = ort_ops_take_error();
  if (!error) return status;
  mmd_status_free(status);
  return mmd_status_annotate(error, "ONNX Runtime %s", library->version);
}

// Operators that the engine's CPU provider has had only since some version.
static const struct { const char *op, *version; } g_late_ops[] = {{"DeformConv", "1.25.0"}};

// The engine names the node and itself; what is missing is the version to look for.
static mmd_status_t add_needed_version(mmd_status_t status) {
  const char *text = mmd_status_message(status);
  for (size_t i = 0; status && i < sizeof g_late_ops / sizeof *g_late_ops; ++i) {
    const char *op = g_late_ops[i].op, *at = strstr(text, "implementation for ");
    if (!at || strncmp(at + strlen("implementation for "), op, strlen(op)) != 0) continue;
    mmd_status_t longer = MMD_ERROR(mmd_status_code(status),
                                    "%s; %s needs ONNX Runtime %s or newer (convert without "
                                    "backend_config.min_version for older ones)",
                                    text, op, g_late_ops[i].version);
    mmd_status_free(status);
    return longer;
  }
  return status;
}

static mmd_status_t create_native(ort_session_t *session, const mmdeploy_session_desc_t *desc) {
  ort_library_t *library = session->library;
  const ort_functions_t *fn = &library->fn;
  mmd_value_t *json = NULL;
  const char *text = desc->options_json ? desc->options_json : "{}";
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend options", &json));
  OrtSessionOptions *options = NULL;
  mmd_status_t status = ort_check(library, fn->CreateSessionOptions(&options), "session options");
  if (!status) status = apply_options(library, desc, json, options);
  if (!status) status = register_ops(session, desc, options);
  // From the path the engine reads weights that lie in files beside the net, and keeps no second
  // copy.
  if (!status && desc->net_path) {
    status = ort_check(library,
                       fn->CreateSession(library->env, desc->net_path, options, &session->native),
                       desc->net_path);
  } else if (!status) {
    status = ort_check(library,
                       fn->CreateSessionFromArray(library->env, desc->net_data, desc->net_size,
                                                  options, &session->native),
                       "network from memory");
  }
  status = add_needed_version(join_op_error(library, status));
  if (options) fn->ReleaseSessionOptions(options);
  mmd_value_release(json);
  return status;
}

//===--- descriptors -------------------------------------------------------===//

static mmd_status_t copy_dims(ort_session_t *session, const OrtTensorTypeAndShapeInfo *info,
                              mmdeploy_plugin_tensor_info_t *out_info) {
  const ort_library_t *library = session->library;
  size_t rank = 0;
  MMD_TRY(ort_check(library, library->fn.GetDimensionsCount(info, &rank), "rank"));
  if (rank > MMDEPLOY_PLUGIN_MAX_RANK) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s' has %zu dimensions; at most %d are supported",
                     out_info->name, rank, MMDEPLOY_PLUGIN_MAX_RANK);
  }
  out_info->rank = (int32_t)rank;
  const char *names[MMDEPLOY_PLUGIN_MAX_RANK] = {0};
  MMD_TRY(ort_check(library, library->fn.GetDimensions(info, out_info->dims, rank), "dimensions"));
  MMD_TRY(
      ort_check(library, library->fn.GetSymbolicDimensions(info, names, rank), "dimension names"));
  for (size_t i = 0; i < rank; ++i) {
    if (out_info->dims[i] >= 0 || !names[i] || !*names[i]) continue;
    out_info->dim_names[i] = mmd_arena_strdup(&session->arena, names[i]);
    MMD_TRY_ALLOC(out_info->dim_names[i]);
  }
  return NULL;
}

static mmd_status_t describe_type(ort_session_t *session, const OrtTypeInfo *type,
                                  mmdeploy_plugin_tensor_info_t *out_info) {
  const ort_library_t *library = session->library;
  const OrtTensorTypeAndShapeInfo *info = NULL;
  int kind = 0, dtype = 0;
  MMD_TRY(ort_check(library, library->fn.GetOnnxTypeFromTypeInfo(type, &kind), "type"));
  if (kind != ORT_TYPE_TENSOR) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s' is not a tensor (ONNX type %d)", out_info->name,
                     kind);
  }
  MMD_TRY(ort_check(library, library->fn.CastTypeInfoToTensorInfo(type, &info), "type"));
  MMD_TRY(ort_check(library, library->fn.GetTensorElementType(info, &dtype), "element type"));
  out_info->dtype = dtype;  // ONNX Runtime numbers element types as ONNX does
  return copy_dims(session, info, out_info);
}

static mmd_status_t describe_tensor(ort_session_t *session, bool is_input, size_t index,
                                    mmdeploy_plugin_tensor_info_t *out_info) {
  const ort_library_t *library = session->library;
  const ort_functions_t *fn = &library->fn;
  char *name = NULL;
  MMD_TRY(ort_check(library,
                    (is_input ? fn->SessionGetInputName : fn->SessionGetOutputName)(
                        session->native, index, library->allocator, &name),
                    "name"));
  out_info->name = mmd_arena_strdup(&session->arena, name);
  MMD_TRY(ort_check(library, fn->AllocatorFree(library->allocator, name), "name"));
  MMD_TRY_ALLOC(out_info->name);
  OrtTypeInfo *type = NULL;
  MMD_TRY(ort_check(library,
                    (is_input ? fn->SessionGetInputTypeInfo : fn->SessionGetOutputTypeInfo)(
                        session->native, index, &type),
                    out_info->name));
  mmd_status_t status = describe_type(session, type, out_info);
  fn->ReleaseTypeInfo(type);
  return status;
}

static mmd_status_t describe_side(ort_session_t *session, bool is_input, size_t count,
                                  mmdeploy_plugin_tensor_info_t **out_infos,
                                  const char ***out_names) {
  if (count > MAX_TENSORS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu %s; at most %d are supported", count,
                     is_input ? "inputs" : "outputs", MAX_TENSORS);
  }
  *out_infos = mmd_arena_alloc_array(&session->arena, count, sizeof **out_infos);
  *out_names = mmd_arena_alloc_array(&session->arena, count, sizeof **out_names);
  MMD_TRY_ALLOC(*out_infos);
  MMD_TRY_ALLOC(*out_names);
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(describe_tensor(session, is_input, i, &(*out_infos)[i]));
    (*out_names)[i] = (*out_infos)[i].name;
  }
  return NULL;
}

static mmd_status_t describe(ort_session_t *session) {
  const ort_library_t *library = session->library;
  size_t inputs = 0, outputs = 0;
  MMD_TRY(ort_check(library, library->fn.SessionGetInputCount(session->native, &inputs), "inputs"));
  MMD_TRY(
      ort_check(library, library->fn.SessionGetOutputCount(session->native, &outputs), "outputs"));
  MMD_TRY(describe_side(session, true, inputs, &session->inputs, &session->input_names));
  MMD_TRY(describe_side(session, false, outputs, &session->outputs, &session->output_names));
  session->input_count = inputs;
  session->output_count = outputs;
  return NULL;
}

//===--- life --------------------------------------------------------------===//

mmd_status_t ort_session_create(ort_library_t *library, const mmdeploy_session_desc_t *desc,
                                ort_session_t **out_session) {
  *out_session = NULL;
  if (strcmp(desc->device_name, "cpu") != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "device '%s' is not supported by this build of the onnxruntime backend; "
                     "'cpu' is",
                     desc->device_name);
  }
  ort_session_t *session = mmd_alloc(sizeof *session);
  MMD_TRY_ALLOC(session);
  session->library = library;
  mmd_arena_init(&session->arena);
  mmd_status_t status = create_native(session, desc);
  if (!status) status = describe(session);
  if (status) {
    ort_session_destroy(session);
    return status;
  }
  *out_session = session;
  return NULL;
}

void ort_session_destroy(ort_session_t *session) {
  if (!session) return;
  if (session->native) session->library->fn.ReleaseSession(session->native);
  ort_ops_destroy(session->ops);
  mmd_arena_deinit(&session->arena);
  mmd_free(session);
}

//===--- run ---------------------------------------------------------------===//

static mmd_status_t wrap_tensor(const ort_session_t *session, const mmdeploy_run_tensor_t *tensor,
                                const char *name, OrtValue **out_value) {
  const ort_library_t *library = session->library;
  return ort_check(library,
                   library->fn.CreateTensorWithDataAsOrtValue(
                       library->cpu, tensor->data, tensor->byte_size, tensor->dims,
                       (size_t)tensor->rank, tensor->dtype, out_value),
                   name);
}

static size_t element_size(int dtype) {
  return mmd_dtype_size((mmd_dtype_t)dtype);
}

// The caller's memory for a result: the engine would take a larger block too.
static mmd_status_t wrap_output(const ort_session_t *session, size_t index,
                                const mmdeploy_run_tensor_t *output, OrtValue **out_value) {
  mmd_shape_t shape;
  size_t count = 0;
  MMD_TRY(mmd_shape_make(output->rank, output->dims, &shape));
  MMD_TRY(mmd_shape_count(&shape, &count));
  const size_t size = element_size(output->dtype);
  if (!size || output->byte_size % size || output->byte_size / size != count) {
    return MMD_ERROR(MMD_OUT_OF_RANGE,
                     "output '%s': %zu elements of type %d do not fill the given %zu bytes",
                     session->output_names[index], count, output->dtype, output->byte_size);
  }
  return wrap_tensor(session, output, session->output_names[index], out_value);
}

// Reads type and shape of a result.
static mmd_status_t read_result(const ort_session_t *session, size_t index, OrtValue *value,
                                mmdeploy_run_tensor_t *output) {
  const ort_library_t *library = session->library;
  const ort_functions_t *fn = &library->fn;
  OrtTensorTypeAndShapeInfo *info = NULL;
  size_t rank = 0, count = 0;
  int dtype = 0;
  MMD_TRY(ort_check(library, fn->GetTensorTypeAndShape(value, &info), "result"));
  mmd_status_t status = ort_check(library, fn->GetTensorElementType(info, &dtype), "result");
  if (!status) status = ort_check(library, fn->GetDimensionsCount(info, &rank), "result");
  if (!status && (rank > MMDEPLOY_PLUGIN_MAX_RANK || !element_size(dtype))) {
    status =
        MMD_ERROR(MMD_NOT_SUPPORTED, "output '%s': element type %d of rank %zu is not supported",
                  session->output_names[index], dtype, rank);
  }
  if (!status) status = ort_check(library, fn->GetDimensions(info, output->dims, rank), "result");
  if (!status) status = ort_check(library, fn->GetTensorShapeElementCount(info, &count), "result");
  fn->ReleaseTensorTypeAndShapeInfo(info);
  MMD_TRY(status);
  MMD_TRY(ort_check(library, fn->GetTensorMutableData(value, &output->data), "result"));
  output->dtype = dtype;
  output->rank = (int32_t)rank;
  output->byte_size = count * element_size(dtype);
  return NULL;
}

// The engine's memory of a result lives as long as its OrtValue.
typedef struct result_owner_t {
  const ort_library_t *library;
  OrtValue *value;
} result_owner_t;

static void release_result(void *owner) {
  result_owner_t *result = owner;
  result->library->fn.ReleaseValue(result->value);
  mmd_free(result);
}

static mmd_status_t hand_over(const ort_session_t *session, size_t index, OrtValue **value,
                              mmdeploy_run_tensor_t *output) {
  result_owner_t *owner = mmd_alloc(sizeof *owner);
  MMD_TRY_ALLOC(owner);
  mmd_status_t status = read_result(session, index, *value, output);
  if (status) {
    mmd_free(owner);
    return status;
  }
  owner->library = session->library;
  owner->value = *value;
  *value = NULL;
  output->owner = owner;
  output->release = release_result;
  return NULL;
}

static mmd_status_t take_results(const ort_session_t *session, OrtValue **values,
                                 const bool *is_given, mmdeploy_run_tensor_t *outputs) {
  for (size_t i = 0; i < session->output_count; ++i) {
    if (!is_given[i]) MMD_TRY(hand_over(session, i, &values[i], &outputs[i]));
  }
  return NULL;
}

mmd_status_t ort_session_run(ort_session_t *session, const mmdeploy_run_tensor_t *inputs,
                             size_t input_count, mmdeploy_run_tensor_t *outputs,
                             size_t output_count) {
  const ort_functions_t *fn = &session->library->fn;
  OrtValue *in[MAX_TENSORS] = {0}, *out[MAX_TENSORS] = {0};
  bool is_given[MAX_TENSORS] = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < input_count && !status; ++i) {
    status = wrap_tensor(session, &inputs[i], session->input_names[i], &in[i]);
  }
  for (size_t i = 0; i < output_count && !status; ++i) {
    is_given[i] = outputs[i].data != NULL;
    if (is_given[i]) status = wrap_output(session, i, &outputs[i], &out[i]);
  }
  if (!status) {
    status =
        ort_check(session->library,
                  fn->Run(session->native, NULL, session->input_names, (const OrtValue *const *)in,
                          input_count, session->output_names, output_count, out),
                  "run");
    status = join_op_error(session->library, status);
  }
  if (!status) status = take_results(session, out, is_given, outputs);
  for (size_t i = 0; i < input_count; ++i) {
    if (in[i]) fn->ReleaseValue(in[i]);
  }
  for (size_t i = 0; i < output_count; ++i) {
    if (out[i]) fn->ReleaseValue(out[i]);
  }
  return status;
}
