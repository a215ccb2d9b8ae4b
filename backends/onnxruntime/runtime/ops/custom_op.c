// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/runtime/ops/custom_op.h"

#include <string.h>

#include "base/alloc.h"

// |version| that we declare: the newest form that we fill in.
enum { OLD_FORM = 15, NEW_FORM = 16 };

static const char *const g_domains[] = {"mmdeploy", "mmcv"};
static const ort_op_def_t *const g_defs[] = {
    &ort_op_deform_conv, &ort_op_modulated_deform_conv, &ort_op_grid_sampler,
    &ort_op_nms_match,   &ort_op_nms_rotated,           &ort_op_roi_align_rotated,
};
enum {
  DOMAIN_COUNT = sizeof g_domains / sizeof *g_domains,
  OP_COUNT = sizeof g_defs / sizeof *g_defs
};

// The engine hands |native| back, which is this too.
typedef struct op_t {
  OrtCustomOp native;
  const ort_op_def_t *def;
  const ort_ops_t *ops;
} op_t;

struct ort_ops_t {
  ort_functions_t fn;
  ort_ops_options_t options;
  op_t ops[OP_COUNT];
  OrtCustomOpDomain *domains[DOMAIN_COUNT];
};

typedef struct kernel_t {
  const op_t *op;
  char *node;            // its name, for messages
  mmd_status_t failure;  // of its making, where that could not be returned
  void *attributes;
} kernel_t;

static _Thread_local mmd_status_t g_error;
static _Thread_local const OrtKernelContext *g_context;

mmd_status_t ort_ops_take_error(void) {
  mmd_status_t error = g_error;
  g_error = NULL;
  return error;
}

const OrtKernelContext *ort_ops_current_context(void) {
  return g_context;
}

//===--- statuses ----------------------------------------------------------===//

// The engine's into ours; releases it.
static mmd_status_t take(const ort_functions_t *fn, OrtStatus *status) {
  if (!status) return NULL;
  mmd_status_t result = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s", fn->GetErrorMessage(status));
  fn->ReleaseStatus(status);
  return result;
}

// Ours into the engine's; frees it.
static OrtStatus *give(const ort_functions_t *fn, mmd_status_t status) {
  if (!status) return NULL;
  const mmd_code_t code = mmd_status_code(status);
  const int theirs = code == MMD_NOT_SUPPORTED ? ORT_NOT_IMPLEMENTED
                     : code == MMD_INVALID_ARGUMENT || code == MMD_OUT_OF_RANGE
                         ? ORT_INVALID_ARGUMENT
                         : ORT_FAIL;
  OrtStatus *result = fn->CreateStatus(theirs, mmd_status_message(status));
  mmd_status_free(status);
  return result;
}

static void keep_error(const ort_ops_t *ops, mmd_status_t status) {
  if (!status) return;
  if (ops->options.keeps_errors) {
    g_error = mmd_status_join(g_error, status);
  } else {
    mmd_status_free(status);
  }
}

//===--- attributes --------------------------------------------------------===//

// Whether the engine found it; it does not tell a missing one from one of another type.
static bool found(const ort_functions_t *fn, OrtStatus *status) {
  if (!status) return true;
  fn->ReleaseStatus(status);
  return false;
}

static bool has_int(const ort_op_attrs_t *attrs, const char *name, int64_t *out_number) {
  return found(attrs->fn, attrs->fn->KernelInfoGetAttribute_int64(attrs->info, name, out_number));
}
static bool has_float(const ort_op_attrs_t *attrs, const char *name, float *out_number) {
  return found(attrs->fn, attrs->fn->KernelInfoGetAttribute_float(attrs->info, name, out_number));
}
static bool has_ints(const ort_op_attrs_t *attrs, const char *name, size_t *out_count) {
  *out_count = 0;
  return found(attrs->fn,
               attrs->fn->KernelInfoGetAttributeArray_int64(attrs->info, name, NULL, out_count));
}

mmd_status_t ort_op_attr_int(const ort_op_attrs_t *attrs, const char *name, int64_t fallback,
                             int64_t *out_number) {
  float other;
  size_t count;
  if (has_int(attrs, name, out_number)) return NULL;
  *out_number = fallback;
  if (!has_float(attrs, name, &other) && !has_ints(attrs, name, &count)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute %s: an integer is expected", name);
}

mmd_status_t ort_op_attr_float(const ort_op_attrs_t *attrs, const char *name, float fallback,
                               float *out_number) {
  int64_t other;
  if (has_float(attrs, name, out_number)) return NULL;
  *out_number = fallback;
  if (!has_int(attrs, name, &other)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute %s: a float is expected", name);
}

mmd_status_t ort_op_attr_ints(const ort_op_attrs_t *attrs, const char *name, size_t room,
                              int64_t *numbers, size_t *out_count) {
  int64_t other;
  *out_count = 0;
  if (!has_ints(attrs, name, out_count)) {
    *out_count = 0;
    if (!has_int(attrs, name, &other)) return NULL;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute %s: a list of integers is expected", name);
  }
  if (*out_count > room) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute %s: %zu numbers, at most %zu are expected",
                     name, *out_count, room);
  }
  if (*out_count == 0) return NULL;
  return take(attrs->fn,
              attrs->fn->KernelInfoGetAttributeArray_int64(attrs->info, name, numbers, out_count));
}

//===--- tensors -----------------------------------------------------------===//

static mmd_status_t read_shape(const ort_functions_t *fn, const OrtTensorTypeAndShapeInfo *info,
                               size_t index, ort_op_tensor_t *out_tensor) {
  size_t rank = 0;
  MMD_TRY(take(fn, fn->GetDimensionsCount(info, &rank)));
  if (rank > ORT_OP_MAX_RANK) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "input %zu: rank %zu, at most %d is expected", index,
                     rank, ORT_OP_MAX_RANK);
  }
  out_tensor->rank = (int)rank;
  return take(fn, fn->GetDimensions(info, out_tensor->dims, rank));
}

static mmd_status_t read_input(const ort_functions_t *fn, const OrtKernelContext *context,
                               size_t index, ort_op_tensor_t *out_tensor) {
  const OrtValue *value = NULL;
  OrtTensorTypeAndShapeInfo *info = NULL;
  void *data = NULL;
  MMD_TRY(take(fn, fn->KernelContext_GetInput(context, index, &value)));
  if (!value) return NULL;
  MMD_TRY(take(fn, fn->GetTensorTypeAndShape(value, &info)));
  mmd_status_t status = read_shape(fn, info, index, out_tensor);
  fn->ReleaseTensorTypeAndShapeInfo(info);
  MMD_TRY(status);
  // The function wants a value that is not const, but only looks.
  OrtValue *borrowed;
  memcpy(&borrowed, &value, sizeof borrowed);
  MMD_TRY(take(fn, fn->GetTensorMutableData(borrowed, &data)));
  static const float nothing[1];
  out_tensor->data = data ? data : nothing;  // an empty tensor is there all the same
  return NULL;
}

static mmd_status_t read_inputs(const ort_op_def_t *def, const ort_functions_t *fn,
                                const OrtKernelContext *context, ort_op_tensor_t *inputs) {
  size_t count = 0;
  MMD_TRY(take(fn, fn->KernelContext_GetInputCount(context, &count)));
  for (size_t i = 0; i < ORT_OP_MAX_INPUTS; ++i) inputs[i] = (ort_op_tensor_t){.rank = -1};
  for (size_t i = 0; i < count && i < def->input_count; ++i) {
    MMD_TRY(read_input(fn, context, i, &inputs[i]));
  }
  for (size_t i = 0; i < def->required; ++i) {
    if (!inputs[i].data) return MMD_ERROR(MMD_INVALID_ARGUMENT, "input %zu is missing", i);
  }
  return NULL;
}

mmd_status_t ort_op_output(const ort_op_call_t *call, int rank, const int64_t *dims,
                           void *out_data) {
  OrtValue *value = NULL;
  void *data = NULL;
  MMD_TRY(take(call->fn,
               call->fn->KernelContext_GetOutput(call->context, 0, dims, (size_t)rank, &value)));
  if (!value) return MMD_ERROR(MMD_INTERNAL, "the engine gives no output");
  MMD_TRY(take(call->fn, call->fn->GetTensorMutableData(value, &data)));
  memcpy(out_data, &data, sizeof data);
  return NULL;
}

//===--- kernels -----------------------------------------------------------===//

static void kernel_destroy(void *opaque) {
  kernel_t *kernel = opaque;
  if (!kernel) return;
  mmd_status_free(kernel->failure);
  mmd_free(kernel->attributes);
  mmd_free(kernel->node);
  mmd_free(kernel);
}

// A node without a name is called after its operator.
static mmd_status_t read_node_name(const op_t *op, const OrtKernelInfo *info, char **out_name) {
  const ort_functions_t *fn = &op->ops->fn;
  size_t size = 0;
  *out_name = NULL;
  if (!found(fn, fn->KernelInfo_GetNodeName(info, NULL, &size)) || size <= 1 || size > 1 << 16) {
    return NULL;
  }
  char *name = mmd_alloc(size + 1);
  MMD_TRY_ALLOC(name);
  if (found(fn, fn->KernelInfo_GetNodeName(info, name, &size))) {
    *out_name = name;
  } else {
    mmd_free(name);
  }
  return NULL;
}

static mmd_status_t fill_kernel(kernel_t *kernel, const OrtKernelInfo *info) {
  const ort_op_def_t *def = kernel->op->def;
  const ort_op_attrs_t attrs = {&kernel->op->ops->fn, info};
  MMD_TRY(read_node_name(kernel->op, info, &kernel->node));
  kernel->attributes = mmd_alloc(def->attribute_size);
  MMD_TRY_ALLOC(kernel->attributes);
  return mmd_status_annotate(def->read(&attrs, kernel->attributes), "%s '%s'", def->name,
                             kernel->node ? kernel->node : "");
}

static mmd_status_t kernel_create(const OrtCustomOp *native, const OrtKernelInfo *info,
                                  kernel_t **out_kernel) {
  kernel_t *kernel = mmd_alloc(sizeof *kernel);
  *out_kernel = kernel;
  MMD_TRY_ALLOC(kernel);
  kernel->op = (const op_t *)(const void *)native;
  return fill_kernel(kernel, info);
}

static mmd_status_t kernel_compute(const kernel_t *kernel, OrtKernelContext *context) {
  const ort_ops_t *ops = kernel->op->ops;
  ort_op_tensor_t inputs[ORT_OP_MAX_INPUTS];
  const ort_op_call_t call = {&ops->fn, context, ops->options.pool, inputs};
  g_context = context;
  mmd_status_t status = read_inputs(kernel->op->def, &ops->fn, context, inputs);
  if (!status) status = kernel->op->def->compute(kernel->attributes, &call);
  g_context = NULL;
  return mmd_status_annotate(status, "%s '%s'", kernel->op->def->name,
                             kernel->node ? kernel->node : "");
}

//===--- what the engine calls ---------------------------------------------===//

static OrtStatus *create_new(const OrtCustomOp *native, const OrtApi *api,
                             const OrtKernelInfo *info, void **out_kernel) {
  kernel_t *kernel;
  (void)api;
  mmd_status_t status = kernel_create(native, info, &kernel);
  *out_kernel = kernel;
  if (!status) return NULL;
  kernel_destroy(kernel);
  *out_kernel = NULL;
  return give(&((const op_t *)(const void *)native)->ops->fn, status);
}

static OrtStatus *compute_new(void *opaque, OrtKernelContext *context) {
  const kernel_t *kernel = opaque;
  return give(&kernel->op->ops->fn, kernel_compute(kernel, context));
}

// The old pair. A kernel whose making failed is kept with the failure, which each compute tells.
static void *create_old(const OrtCustomOp *native, const OrtApi *api, const OrtKernelInfo *info) {
  kernel_t *kernel;
  (void)api;
  mmd_status_t status = kernel_create(native, info, &kernel);
  if (!status) return kernel;
  const ort_ops_t *ops = ((const op_t *)(const void *)native)->ops;
  if (kernel) {
    kernel->failure = status;
    status = MMD_ERROR(mmd_status_code(status), "%s", mmd_status_message(status));
  }
  keep_error(ops, status);
  return kernel;
}

// What comes behind must find a tensor.
static void make_empty_output(const kernel_t *kernel, OrtKernelContext *context) {
  static const int64_t dims[ORT_OP_MAX_RANK];
  const ort_op_call_t call = {.fn = &kernel->op->ops->fn, .context = context};
  void *data;
  mmd_status_free(ort_op_output(&call, kernel->op->def->output_rank, dims, &data));
}

static void compute_old(void *opaque, OrtKernelContext *context) {
  const kernel_t *kernel = opaque;
  if (!kernel) return;  // memory was short when it was made, as the session's maker was told
  mmd_status_t status = kernel->failure ? MMD_ERROR(mmd_status_code(kernel->failure), "%s",
                                                    mmd_status_message(kernel->failure))
                                        : kernel_compute(kernel, context);
  if (!status) return;
  make_empty_output(kernel, context);
  keep_error(kernel->op->ops, status);
}

static const ort_op_def_t *def_of(const OrtCustomOp *native) {
  return ((const op_t *)(const void *)native)->def;
}
static const char *get_name(const OrtCustomOp *native) {
  return def_of(native)->name;
}
static const char *get_provider(const OrtCustomOp *native) {
  (void)native;
  return "CPUExecutionProvider";
}
static int get_input_type(const OrtCustomOp *native, size_t index) {
  (void)native;
  (void)index;
  return MMD_F32;  // ONNX Runtime numbers element types as ONNX does
}
static size_t get_input_count(const OrtCustomOp *native) {
  return def_of(native)->input_count;
}
static int get_output_type(const OrtCustomOp *native, size_t index) {
  (void)index;
  return (int)def_of(native)->output;
}
static size_t get_output_count(const OrtCustomOp *native) {
  (void)native;
  return 1;
}
static int get_input_arity(const OrtCustomOp *native, size_t index) {
  return index < def_of(native)->required ? ORT_ARITY_ONE : ORT_ARITY_OPTIONAL;
}
static int get_output_arity(const OrtCustomOp *native, size_t index) {
  (void)native;
  (void)index;
  return ORT_ARITY_ONE;
}
static int get_memory_type(const OrtCustomOp *native, size_t index) {
  (void)native;
  (void)index;
  return ORT_MEMORY_DEFAULT;
}
static int get_one(const OrtCustomOp *native) {
  (void)native;
  return 1;
}

//===--- the set -----------------------------------------------------------===//

static OrtCustomOp make_native(int api_version) {
  return (OrtCustomOp){.version = (uint32_t)(api_version < NEW_FORM ? OLD_FORM : NEW_FORM),
                       .CreateKernel = create_old,
                       .GetName = get_name,
                       .GetExecutionProviderType = get_provider,
                       .GetInputType = get_input_type,
                       .GetInputTypeCount = get_input_count,
                       .GetOutputType = get_output_type,
                       .GetOutputTypeCount = get_output_count,
                       .KernelCompute = compute_old,
                       .KernelDestroy = kernel_destroy,
                       .GetInputCharacteristic = get_input_arity,
                       .GetOutputCharacteristic = get_output_arity,
                       .GetInputMemoryType = get_memory_type,
                       .GetVariadicInputMinArity = get_one,
                       .GetVariadicInputHomogeneity = get_one,
                       .GetVariadicOutputMinArity = get_one,
                       .GetVariadicOutputHomogeneity = get_one,
                       .CreateKernelV2 = create_new,
                       .KernelComputeV2 = compute_new};
}

static mmd_status_t make_domains(ort_ops_t *ops) {
  for (size_t d = 0; d < DOMAIN_COUNT; ++d) {
    MMD_TRY(take(&ops->fn, ops->fn.CreateCustomOpDomain(g_domains[d], &ops->domains[d])));
    for (size_t i = 0; i < OP_COUNT; ++i) {
      MMD_TRY(take(&ops->fn, ops->fn.CustomOpDomain_Add(ops->domains[d], &ops->ops[i].native)));
    }
  }
  return NULL;
}

mmd_status_t ort_ops_create(const ort_functions_t *fn, const ort_ops_options_t *options,
                            ort_ops_t **out_ops) {
  *out_ops = NULL;
  ort_ops_t *ops = mmd_alloc(sizeof *ops);
  MMD_TRY_ALLOC(ops);
  ops->fn = *fn;
  ops->options = *options;
  for (size_t i = 0; i < OP_COUNT; ++i) {
    ops->ops[i] = (op_t){make_native(options->api_version), g_defs[i], ops};
  }
  mmd_status_t status = make_domains(ops);
  if (status) {
    ort_ops_destroy(ops);
    return status;
  }
  *out_ops = ops;
  return NULL;
}

void ort_ops_destroy(ort_ops_t *ops) {
  if (!ops) return;
  for (size_t d = 0; d < DOMAIN_COUNT; ++d) {
    if (ops->domains[d]) ops->fn.ReleaseCustomOpDomain(ops->domains[d]);
  }
  mmd_free(ops);
}

OrtStatus *ort_ops_register(const ort_ops_t *ops, OrtSessionOptions *options) {
  for (size_t d = 0; d < DOMAIN_COUNT; ++d) {
    OrtStatus *status = ops->fn.AddCustomOpDomain(options, ops->domains[d]);
    if (status) return status;
  }
  return NULL;
}
