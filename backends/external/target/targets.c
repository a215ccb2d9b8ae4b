// SPDX-License-Identifier: Apache-2.0
//
// The targets: one entry a compiler, and what they have in common.
#include "backends/external/target/compiler.h"
#include "backends/onnx_files.h"
#include "base/plugin_error.h"

#define LIST(...)         \
  (const char *const[]) { \
    __VA_ARGS__, NULL     \
  }

static const ext_compiler_t g_tensorrt = {
    .backend = "tensorrt",
    .program = "trtexec",
    .variable = "MMDEPLOY_TRTEXEC",
    .origin = "TensorRT 8.6 and newer bring it",
    .arguments = LIST("--onnx={net}", "--saveEngine={output}", "--skipInference", "{fp16}",
                      "{int8}", "--memPoolSize=workspace:{workspace}", "--minShapes={min_shapes}",
                      "--optShapes={opt_shapes}", "--maxShapes={max_shapes}", "{compiler_args}"),
    .suffixes = {".engine"},
    .fill = ext_tensorrt_fill,
    .check = ext_tensorrt_check,
};

static const ext_compiler_t g_snpe = {
    .backend = "snpe",
    .program = "snpe-onnx-to-dlc",
    .variable = "MMDEPLOY_SNPE_ONNX_TO_DLC",
    .origin = "Qualcomm's SNPE brings it",
    .arguments = LIST("--input_network", "{net}", "--output", "{output}", "{compiler_args}"),
    .suffixes = {".dlc"},
};

static const ext_compiler_t g_ascend = {
    .backend = "ascend",
    .program = "atc",
    .variable = "MMDEPLOY_ATC",
    .origin = "Huawei's CANN toolkit brings it",
    .arguments =
        LIST("--model={net}", "--framework=5", "--output={stem}", "--soc_version={chip}",
             "--input_format={format}", "--input_shape={shapes}", "{dynamic}", "{compiler_args}"),
    .suffixes = {".om"},
    .fill = ext_ascend_fill,
};

static const ext_compiler_t g_tvm = {
    .backend = "tvm",
    .script = "tvm_compile.py",
    .package = "tvm",
    .origin = "'pip install apache-tvm onnx' gets it",
    .arguments = LIST("--onnx", "{net}", "--output", "{output}", "--config", "{backend_config}",
                      "{compiler_args}"),
    .suffixes = {".so", ".txt"},
    .writes_interface = true,
    .check = ext_tvm_check,
};

static const ext_compiler_t g_rknn = {
    .backend = "rknn",
    .script = "rknn_compile.py",
    .package = "rknn",
    .origin = "'pip install rknn-toolkit2' gets it",
    .arguments = LIST("--onnx", "{net}", "--output", "{output}", "--config", "{backend_config}",
                      "--trial={trial}", "{compiler_args}"),
    .suffixes = {".rknn"},
    .check = ext_rknn_check,
};

static const ext_compiler_t g_coreml = {
    .backend = "coreml",
    .script = "coreml_compile.py",
    .package = "coremltools",
    .origin = "'pip install coremltools torch' gets it",
    .arguments = LIST("--net", "{net}", "--output", "{output}", "--config", "{backend_config}",
                      "--nms={nms}", "{compiler_args}"),
    .suffixes = {".mlpackage"},
    .suffix = ext_coreml_suffix,
    .write_net = ext_coreml_write_net,
    .fill = ext_coreml_fill,
    .check = ext_coreml_check,
};

//===--- configs -----------------------------------------------------------===//

mmd_status_t ext_rknn_check(const mmd_value_t *backend_config) {
  const mmd_value_t *quantization = mmd_object_get(backend_config, "quantization_config");
  const mmd_value_t *common = mmd_object_get(backend_config, "common_config");
  if (!mmd_value_get_string(mmd_object_get(common, "target_platform"), NULL)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "backend_config.common_config.target_platform: a chip is expected, such as "
                     "'rk3588'");
  }
  // Without a data set the original goes on without quantisation too.
  const mmd_value_t *dataset = mmd_object_get(quantization, "dataset");
  if (mmd_value_is_null(dataset) || mmd_value_get_string(dataset, NULL)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "backend_config.quantization_config.dataset: a text file that lists pictures is "
                   "expected");
}

mmd_status_t ext_tvm_check(const mmd_value_t *backend_config) {
  if (!mmd_value_is_null(ext_model_input(backend_config, "qconfig"))) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "backend_config.model_inputs[0].qconfig: calibration is not supported yet");
  }
  return NULL;
}

//===--- functions of the tables -------------------------------------------===//

static int32_t onnx_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                             const mmdeploy_target_request_t *request,
                             mmdeploy_plugin_error_t *error) {
  (void)host;
  return mmd_plugin_error_set(error, mmd_onnx_files_lower(graph, request));
}

static int32_t coreml_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                               const mmdeploy_target_request_t *request,
                               mmdeploy_plugin_error_t *error) {
  return mmd_plugin_error_set(error, ext_coreml_legalize(host, graph, request));
}

// The programs know their operators themselves; ours they do not know.
static const mmdeploy_target_op_t g_ops[] = {
    {.domain = "",
     .name = "*",
     .min_version = MMD_OLDEST_OPSET,
     .max_version = MMD_NEWEST_OPSET,
     .note = "what the compiler takes"},
};

#define FUNCTIONS(backend)                                                                         \
  static int32_t backend##_prepare(const mmdeploy_target_request_t *request,                       \
                                   mmdeploy_plugin_error_t *error) {                               \
    return mmd_plugin_error_set(error, ext_compiler_prepare(&g_##backend, request));               \
  }                                                                                                \
  static int32_t backend##_find(const mmdeploy_target_request_t *request, char *out_text,          \
                                size_t text_size, mmdeploy_plugin_error_t *error) {                \
    return mmd_plugin_error_set(error,                                                             \
                                ext_compiler_find(&g_##backend, request, out_text, text_size));    \
  }                                                                                                \
  static int32_t backend##_write(                                                                  \
      const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,                           \
      const mmdeploy_target_request_t *request, mmdeploy_target_result_t *out_result,              \
      mmdeploy_plugin_error_t *error) {                                                            \
    return mmd_plugin_error_set(error,                                                             \
                                ext_compiler_run(&g_##backend, host, graph, request, out_result)); \
  }

// The rest of the table's fields follow.
#define TARGET(backend, text, ...)                                                              \
  FUNCTIONS(backend)                                                                            \
  extern const mmdeploy_target_t mmd_##backend##_target;                                        \
  const mmdeploy_target_t mmd_##backend##_target = {.abi_version = MMDEPLOY_TARGET_ABI_VERSION, \
                                                    .struct_size = sizeof(mmdeploy_target_t),   \
                                                    .name = #backend,                           \
                                                    .description = text,                        \
                                                    .write = backend##_write,                   \
                                                    .prepare = backend##_prepare,               \
                                                    .find = backend##_find,                     \
                                                    __VA_ARGS__}

#define FROM_ONNX                                                                                  \
  .ir_type = "onnx", .ir_suffix = ".onnx", .ops = g_ops, .op_count = sizeof g_ops / sizeof *g_ops, \
  .legalize = onnx_legalize

TARGET(tensorrt, "engines of TensorRT, by trtexec", FROM_ONNX,
       .get = "apt-get install libnvinfer-bin (from NVIDIA's package repository)");
TARGET(snpe, "DLC of SNPE, by snpe-onnx-to-dlc", FROM_ONNX,
       .get = "Qualcomm's Neural Processing SDK, by its own installer: no package has it");
TARGET(ascend, "OM of Ascend, by atc", FROM_ONNX,
       .get = "Huawei's CANN toolkit, by its own installer: no package has it");
TARGET(tvm, "libraries of TVM, by its Python package", FROM_ONNX,
       .get = "pip install apache-tvm onnx");
TARGET(rknn, "RKNN of Rockchip, by its Python package", FROM_ONNX,
       .get = "pip install rknn-toolkit2", .features = MMDEPLOY_TARGET_TRIES,
       .precision = 2e-2);  // it computes in half precision
TARGET(coreml, "Core ML of Apple, by its Python package", .ir_type = "torchscript",
       .ir_suffix = ".pt", .ops = g_ops, .op_count = sizeof g_ops / sizeof *g_ops,
       .legalize = coreml_legalize, .get = "pip install coremltools torch");
