// SPDX-License-Identifier: Apache-2.0
//
// The convert side of the skeleton: takes every operator and writes a text file that lists the
// network's inputs and outputs. Clone it, then narrow the operator table and write what your engine
// reads.
#include <stdio.h>
#include <string.h>

#include "mmdeploy/plugin/target.h"

// A growing buffer on the host's allocator.
typedef struct text_t {
  const mmdeploy_host_t *host;
  char *data;
  size_t size, capacity;
  int failed;
} text_t;

static void append(text_t *text, const char *piece) {
  const size_t size = strlen(piece);
  if (text->failed) return;
  if (text->size + size + 1 > text->capacity) {
    const size_t capacity = (text->size + size + 1) * 2;
    char *data = text->host->reallocate(text->host->self, text->data, capacity);
    if (!data) {
      text->failed = 1;
      return;
    }
    text->data = data;
    text->capacity = capacity;
  }
  memcpy(text->data + text->size, piece, size + 1);
  text->size += size;
}

static int32_t fail(mmdeploy_plugin_error_t *error, int32_t code, const char *message) {
  error->code = code;
  snprintf(error->message, sizeof error->message, "%s", message);
  return code;
}

// A name as one word: the file separates fields by blanks.
static void append_word(text_t *text, const char *name) {
  for (; *name; ++name) {
    const char c[2] = {(*name == ' ' || *name == '\n') ? '_' : *name, 0};
    append(text, c);
  }
}

// "input images 1 4 batch 3 224 224": name, element type, rank, then each size or its name ("?"
// without one).
static void append_tensor(text_t *text, const char *side,
                          const mmdeploy_plugin_tensor_info_t *info) {
  char number[32];
  append(text, side);
  append(text, " ");
  append_word(text, info->name);
  snprintf(number, sizeof number, " %d %d", info->dtype, info->rank);
  append(text, number);
  for (int i = 0; i < info->rank; ++i) {
    append(text, " ");
    if (info->dims[i] >= 0) {
      snprintf(number, sizeof number, "%lld", (long long)info->dims[i]);
      append(text, number);
    } else {
      append_word(text, info->dim_names[i] && *info->dim_names[i] ? info->dim_names[i] : "?");
    }
  }
  append(text, "\n");
}

static int32_t describe(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                        text_t *text, mmdeploy_plugin_error_t *error) {
  append(text, "mmdeploy-null 1\n");
  for (size_t i = 0; i < host->input_count(graph); ++i) {
    mmdeploy_plugin_tensor_info_t info;
    const int32_t code = host->input_info(graph, i, &info);
    if (code) return fail(error, code, "an input of the network cannot be described");
    append_tensor(text, "input", &info);
  }
  for (size_t i = 0; i < host->output_count(graph); ++i) {
    mmdeploy_plugin_tensor_info_t info;
    const int32_t code = host->output_info(graph, i, &info);
    if (code) return fail(error, code, "an output of the network cannot be described");
    append_tensor(text, "output", &info);
  }
  return text->failed ? fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory")
                      : MMDEPLOY_PLUGIN_OK;
}

static int32_t target_write(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                            const mmdeploy_target_request_t *request,
                            mmdeploy_target_result_t *out_result, mmdeploy_plugin_error_t *error) {
  char path[4096];
  const char *name = "end2end.null";
  const int size = snprintf(path, sizeof path, "%s/%s", request->directory, name);
  if (size < 0 || (size_t)size >= sizeof path) {
    return fail(error, MMDEPLOY_PLUGIN_OUT_OF_RANGE, "the work directory's path is too long");
  }
  text_t text = {.host = host->base};
  int32_t code = describe(host, graph, &text, error);
  if (!code) code = host->write_file(path, text.data, text.size, error);
  host->base->free(host->base->self, text.data);
  if (code) return code;
  out_result->file_count = 1;
  snprintf(out_result->files[0], sizeof out_result->files[0], "%s", name);
  return MMDEPLOY_PLUGIN_OK;
}

static const mmdeploy_target_op_t g_ops[] = {
    {.domain = "*", .name = "*", .min_version = 1, .max_version = 1000, .note = "computes nothing"},
};

extern const mmdeploy_target_t mmd_null_target;
const mmdeploy_target_t mmd_null_target = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_t),
    .name = "null",
    .description = "the skeleton to clone: right shapes, all zeros",
    .ir_type = "onnx",
    .ir_suffix = ".onnx",
    .ops = g_ops,
    .op_count = sizeof g_ops / sizeof *g_ops,
    .write = target_write,
};
