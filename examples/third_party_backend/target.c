// SPDX-License-Identifier: Apache-2.0
//
// The convert side: which operators the engine has and what of them, and the writer of its files.
#include <stdio.h>
#include <string.h>

#include "mmdeploy/plugin/graph.h"
#include "mmdeploy/plugin/target.h"
#include "tiny.h"

typedef const mmdeploy_graph_api_t api_t;

//===--- what a node line says ---------------------------------------------===//

static int32_t refuse(api_t *api, const mmdeploy_node_t *node, const char *what,
                      mmdeploy_plugin_error_t *error) {
  return tiny_fail(error, MMDEPLOY_PLUGIN_NOT_SUPPORTED, "%s node '%.200s': %s", api->node_op(node),
                   api->node_name(node), what);
}

// |count| numbers of a list attribute, or |fallback| for each.
static int read_list(api_t *api, const mmdeploy_node_t *node, const char *name, size_t count,
                     int64_t fallback, int64_t *out_numbers) {
  size_t found = 0;
  const int64_t *list = api->attr_ints(node, name, &found);
  if (list && found != count) return 0;
  for (size_t i = 0; i < count; ++i) out_numbers[i] = list ? list[i] : fallback;
  return 1;
}

static int has_auto_pad(api_t *api, const mmdeploy_node_t *node) {
  return strcmp(api->attr_string(node, "auto_pad", "NOTSET"), "NOTSET") != 0;
}

static int is_rank(api_t *api, const mmdeploy_node_t *node, size_t input, int rank) {
  mmdeploy_plugin_tensor_info_t info;
  const mmdeploy_graph_value_t *value = api->node_input(node, input);
  return value && api->value_info(value, &info) == 0 && info.rank == rank;
}

static int32_t conv_numbers(api_t *api, const mmdeploy_node_t *node, int64_t *out,
                            mmdeploy_plugin_error_t *error) {
  if (!is_rank(api, node, 0, 4)) return refuse(api, node, "only pictures (rank 4)", error);
  if (has_auto_pad(api, node) || !read_list(api, node, "strides", 2, 1, out) ||
      !read_list(api, node, "pads", 4, 0, out + 2) ||
      !read_list(api, node, "dilations", 2, 1, out + 6)) {
    return refuse(api, node, "two strides and dilations, four pads, no auto_pad", error);
  }
  out[8] = api->attr_int(node, "group", 1);
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t pool_numbers(api_t *api, const mmdeploy_node_t *node, int64_t *out,
                            mmdeploy_plugin_error_t *error) {
  int64_t dilation[2];
  if (!is_rank(api, node, 0, 4)) return refuse(api, node, "only pictures (rank 4)", error);
  if (has_auto_pad(api, node) || !read_list(api, node, "kernel_shape", 2, 1, out) ||
      !read_list(api, node, "strides", 2, 1, out + 2) ||
      !read_list(api, node, "pads", 4, 0, out + 4) ||
      !read_list(api, node, "dilations", 2, 1, dilation) || dilation[0] != 1 || dilation[1] != 1 ||
      api->attr_int(node, "ceil_mode", 0) || api->node_output_count(node) != 1) {
    return refuse(api, node, "no dilation, ceil_mode, auto_pad or indices", error);
  }
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t gemm_numbers(api_t *api, const mmdeploy_node_t *node, int64_t *out,
                            mmdeploy_plugin_error_t *error) {
  if (api->attr_float(node, "alpha", 1) != 1 || api->attr_float(node, "beta", 1) != 1 ||
      api->attr_int(node, "transA", 0)) {
    return refuse(api, node, "alpha and beta of 1, no transA", error);
  }
  out[0] = api->attr_int(node, "transB", 0);
  return MMDEPLOY_PLUGIN_OK;
}

// The numbers of a node's line; refuses what the engine cannot do.
static int32_t node_numbers(api_t *api, const mmdeploy_node_t *node, int64_t *out,
                            mmdeploy_plugin_error_t *error) {
  const char *op = api->node_op(node);
  mmdeploy_plugin_tensor_info_t info;
  if (strcmp(op, "Conv") == 0) return conv_numbers(api, node, out, error);
  if (strcmp(op, "MaxPool") == 0) return pool_numbers(api, node, out, error);
  if (strcmp(op, "Gemm") == 0) return gemm_numbers(api, node, out, error);
  if (strcmp(op, "Flatten") == 0) {
    out[0] = api->attr_int(node, "axis", 1);
    if (out[0] < 0) return refuse(api, node, "only an axis counted from the front", error);
  }
  if (strcmp(op, "MatMul") == 0 && (!is_rank(api, node, 0, 2) || !is_rank(api, node, 1, 2)))
    return refuse(api, node, "only matrices", error);
  if (strcmp(op, "Softmax") == 0) {
    const int64_t axis = api->attr_int(node, "axis", -1);
    if (axis != -1 && (api->value_info(api->node_input(node, 0), &info) || axis != info.rank - 1))
      return refuse(api, node, "only the last axis", error);
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- legalising --------------------------------------------------------===//

// The host has the table of names below. What it cannot say is checked here: attributes and types.
// An engine with operators of other shapes rewrites the graph here, by the functions of
// plugin/graph.h.
static int32_t target_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                               const mmdeploy_target_request_t *request,
                               mmdeploy_plugin_error_t *error) {
  api_t *api = host->graph;
  (void)request;
  for (const mmdeploy_node_t *node = api->region_first_node(api->graph_root(graph)); node;
       node = api->node_next(node)) {
    int64_t numbers[TINY_MAX_NUMBERS];
    mmdeploy_plugin_tensor_info_t info;
    if (!tiny_op_find(api->node_op(node))) continue;  // the host lists all of these at once
    const int32_t code = node_numbers(api, node, numbers, error);
    if (code) return code;
    for (size_t i = 0; i < api->node_input_count(node); ++i) {
      const mmdeploy_graph_value_t *value = api->node_input(node, i);
      if (value && (api->value_info(value, &info) || info.dtype != MMDEPLOY_PLUGIN_F32))
        return refuse(api, node, "only 32-bit floats", error);
    }
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- growing buffers ---------------------------------------------------===//

typedef struct buffer_t {
  char *data;
  size_t size, capacity;
} buffer_t;

typedef struct writer_t {
  const mmdeploy_target_host_t *host;
  api_t *api;
  mmdeploy_graph_t *graph;
  buffer_t text, weights;
  const mmdeploy_graph_value_t **values;  // by number
  size_t value_count;
  int is_short;  // of memory
} writer_t;

static void append(writer_t *writer, buffer_t *to, const void *data, size_t size) {
  const mmdeploy_host_t *base = writer->host->base;
  if (writer->is_short || !size) return;
  if (to->capacity - to->size < size) {
    const size_t capacity = (to->size + size) * 2;
    char *grown = base->reallocate(base->self, to->data, capacity);
    writer->is_short = !grown;
    if (!grown) return;
    to->data = grown;
    to->capacity = capacity;
  }
  memcpy(to->data + to->size, data, size);
  to->size += size;
}

static void put(writer_t *writer, const char *word) {
  append(writer, &writer->text, word, strlen(word));
}

static void put_number(writer_t *writer, int64_t number) {
  char text[32];
  snprintf(text, sizeof text, " %lld", (long long)number);
  put(writer, text);
}

//===--- lines -------------------------------------------------------------===//

static void add_value(writer_t *writer, const mmdeploy_graph_value_t *value) {
  writer->values[writer->value_count++] = value;
}

static int64_t number_of(const writer_t *writer, const mmdeploy_graph_value_t *value) {
  for (size_t i = writer->value_count; value && i-- > 0;) {
    if (writer->values[i] == value) return (int64_t)i;
  }
  return -1;
}

// "4 batch 3 224 224"
static int32_t put_sizes(writer_t *writer, const mmdeploy_plugin_tensor_info_t *info,
                         mmdeploy_plugin_error_t *error) {
  put_number(writer, info->rank);
  for (int i = 0; i < info->rank; ++i) {
    const char *name = info->dim_names[i] ? info->dim_names[i] : "?";
    if (info->dims[i] >= 0) {
      put_number(writer, info->dims[i]);
      continue;
    }
    if (strpbrk(name, " \n") || strlen(name) >= TINY_MAX_NAME) name = "?";
    put(writer, " ");
    put(writer, *name ? name : "?");
  }
  return writer->is_short ? tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory")
                          : MMDEPLOY_PLUGIN_OK;
}

static int32_t put_tensor(writer_t *writer, const char *side, int64_t number,
                          const mmdeploy_plugin_tensor_info_t *info,
                          mmdeploy_plugin_error_t *error) {
  if (info->dtype != MMDEPLOY_PLUGIN_F32 || info->rank < 0) {
    return tiny_fail(error, MMDEPLOY_PLUGIN_NOT_SUPPORTED,
                     "%s '%.200s': only 32-bit floats of a known rank", side, info->name);
  }
  if (strpbrk(info->name, " \n") || strlen(info->name) >= TINY_MAX_NAME) {
    return tiny_fail(error, MMDEPLOY_PLUGIN_NOT_SUPPORTED,
                     "%s '%.200s': a name is one word of at most %d bytes", side, info->name,
                     TINY_MAX_NAME - 1);
  }
  put(writer, side);
  put(writer, " ");
  put(writer, info->name);
  if (number >= 0) put_number(writer, number);
  const int32_t code = put_sizes(writer, info, error);
  put(writer, "\n");
  return code;
}

static int32_t put_inputs(writer_t *writer, const mmdeploy_region_t *root,
                          mmdeploy_plugin_error_t *error) {
  for (size_t i = 0; i < writer->api->region_input_count(root); ++i) {
    mmdeploy_plugin_tensor_info_t info;
    int32_t code = writer->host->input_info(writer->graph, i, &info);
    if (code) return tiny_fail(error, code, "input %zu of the network is no tensor", i);
    code = put_tensor(writer, "input", -1, &info, error);
    if (code) return code;
    add_value(writer, writer->api->region_input(root, i));
  }
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t put_constants(writer_t *writer, const mmdeploy_region_t *root,
                             mmdeploy_plugin_error_t *error) {
  for (size_t i = 0; i < writer->api->region_constant_count(root); ++i) {
    mmdeploy_graph_value_t *value = writer->api->region_constant(root, i);
    mmdeploy_graph_tensor_t tensor;
    const int32_t code = writer->api->value_constant(value, &tensor, error);
    if (code) return code;
    if (tensor.dtype != MMDEPLOY_PLUGIN_F32) {
      return tiny_fail(error, MMDEPLOY_PLUGIN_NOT_SUPPORTED,
                       "constant '%.200s': only 32-bit floats", writer->api->value_name(value));
    }
    put(writer, "constant");
    put_number(writer, tensor.rank);
    for (int d = 0; d < tensor.rank; ++d) put_number(writer, tensor.dims[d]);
    put_number(writer, (int64_t)(writer->weights.size / sizeof(float)));
    put(writer, "\n");
    append(writer, &writer->weights, tensor.data, tensor.byte_size);
    add_value(writer, value);
  }
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t put_nodes(writer_t *writer, const mmdeploy_region_t *root,
                         mmdeploy_plugin_error_t *error) {
  api_t *api = writer->api;
  for (const mmdeploy_node_t *node = api->region_first_node(root); node;
       node = api->node_next(node)) {
    const tiny_op_t *op = tiny_op_find(api->node_op(node));
    int64_t numbers[TINY_MAX_NUMBERS];
    const int32_t code =
        op ? node_numbers(api, node, numbers, error) : refuse(api, node, "no such operator", error);
    if (code) return code;
    put(writer, "node ");
    put(writer, op->name);
    put_number(writer, (int64_t)api->node_input_count(node));
    for (size_t i = 0; i < api->node_input_count(node); ++i)
      put_number(writer, number_of(writer, api->node_input(node, i)));
    put_number(writer, op->numbers);
    for (int i = 0; i < op->numbers; ++i) put_number(writer, numbers[i]);
    put(writer, "\n");
    add_value(writer, api->node_output(node, 0));
  }
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t put_outputs(writer_t *writer, const mmdeploy_region_t *root,
                           mmdeploy_plugin_error_t *error) {
  for (size_t i = 0; i < writer->api->region_output_count(root); ++i) {
    mmdeploy_plugin_tensor_info_t info;
    int32_t code = writer->host->output_info(writer->graph, i, &info);
    if (code) return tiny_fail(error, code, "output %zu of the network is no tensor", i);
    const int64_t number = number_of(writer, writer->api->region_output(root, i));
    code = put_tensor(writer, "output", number, &info, error);
    if (code) return code;
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- files -------------------------------------------------------------===//

static int32_t describe(writer_t *writer, mmdeploy_plugin_error_t *error) {
  api_t *api = writer->api;
  const mmdeploy_host_t *base = writer->host->base;
  const mmdeploy_region_t *root = api->graph_root(writer->graph);
  const size_t most = api->region_input_count(root) + api->region_constant_count(root) +
                      api->region_node_count(root);
  writer->values = base->allocate(base->self, (most + 1) * sizeof *writer->values);
  if (!writer->values) return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  put(writer, TINY_MAGIC);
  int32_t code = put_inputs(writer, root, error);
  if (!code) code = put_constants(writer, root, error);
  if (!code) code = put_nodes(writer, root, error);
  if (!code) code = put_outputs(writer, root, error);
  if (!code && writer->is_short)
    code = tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  return code;
}

// "end2end.onnx" of the deploy config gives "end2end.tiny" and "end2end.bin".
static int32_t write_one(const mmdeploy_target_host_t *host,
                         const mmdeploy_target_request_t *request, const char *suffix,
                         const buffer_t *content, char name[256], mmdeploy_plugin_error_t *error) {
  char path[4096];
  const char *dot = strrchr(request->save_file, '.');
  const size_t stem = dot ? (size_t)(dot - request->save_file) : strlen(request->save_file);
  const int size = stem > 200 ? -1
                              : snprintf(path, sizeof path, "%s/%.*s%s", request->directory,
                                         (int)stem, request->save_file, suffix);
  if (size < 0 || (size_t)size >= sizeof path)
    return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_RANGE, "the path of the files is too long");
  snprintf(name, 256, "%.*s%s", (int)stem, request->save_file, suffix);
  return host->write_file(path, content->data ? content->data : "", content->size, error);
}

static int32_t target_write(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                            const mmdeploy_target_request_t *request,
                            mmdeploy_target_result_t *out_result, mmdeploy_plugin_error_t *error) {
  // The functions that read graphs take one that could be changed; nothing here does.
  writer_t writer = {
      .host = host, .api = host->graph, .graph = (mmdeploy_graph_t *)(uintptr_t)graph};
  int32_t code = describe(&writer, error);
  if (!code) code = write_one(host, request, ".tiny", &writer.text, out_result->files[0], error);
  if (!code) code = write_one(host, request, ".bin", &writer.weights, out_result->files[1], error);
  if (!code) out_result->file_count = 2;
  host->base->free(host->base->self, writer.text.data);
  host->base->free(host->base->self, writer.weights.data);
  host->base->free(host->base->self, writer.values);
  return code;
}

//===--- the exported symbol -----------------------------------------------===//

#define OP(op, least, most, numbers) \
  {.domain = "", .name = #op, .min_version = 9, .max_version = 1000, .note = "32-bit floats"},
static const mmdeploy_target_op_t g_ops[] = {TINY_OPS(OP)};

static const mmdeploy_target_t g_target = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_t),
    .name = "tiny",
    .description = "the example of a backend outside the tree",
    .ir_type = "onnx",
    .ir_suffix = ".onnx",
    .ops = g_ops,
    .op_count = sizeof g_ops / sizeof *g_ops,
    .legalize = target_legalize,
    .write = target_write,
};

MMDEPLOY_PLUGIN_EXPORT const mmdeploy_target_t *mmdeploy_target_query(
    uint32_t host_abi_version, const mmdeploy_target_host_t *host, mmdeploy_plugin_error_t *error);

const mmdeploy_target_t *mmdeploy_target_query(uint32_t host_abi_version,
                                               const mmdeploy_target_host_t *host,
                                               mmdeploy_plugin_error_t *error) {
  (void)host;  // it is handed to every call again
  if (host_abi_version < MMDEPLOY_TARGET_ABI_VERSION) {
    tiny_fail(error, MMDEPLOY_PLUGIN_UNAVAILABLE, "the host is older than this module");
    return NULL;
  }
  return &g_target;
}
