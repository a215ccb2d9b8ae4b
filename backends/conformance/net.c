// SPDX-License-Identifier: Apache-2.0
//
// From a case's text to files of the backend, to inputs, and to the answers that are right.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/conformance/conformance.h"
#include "base/alloc.h"
#include "base/file.h"
#include "convert/target.h"
#include "graph/text.h"
#include "ops/evaluator.h"
#include "ops/infer.h"

//===--- networks ----------------------------------------------------------===//

static mmd_status_t fill_constants(mmd_graph_t *graph) {
  for (size_t i = 0; i < graph->root->constant_count; ++i) {
    mmd_edge_t *edge = graph->root->constants[i];
    if (strncmp(edge->name, "fill", 4) != 0) continue;
    mmd_tensor_t tensor = {0};
    MMD_TRY(conf_fill(edge->constant.dtype, &edge->constant.shape, 77 + (unsigned)i, &tensor));
    mmd_status_t status = mmd_edge_set_constant(edge, &tensor);
    mmd_tensor_deinit(&tensor);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t write_graph(const conf_context_t *context, const conf_case_t *item,
                                const mmd_graph_t *graph, mmdeploy_target_result_t *out_files) {
  char *directory = mmd_path_join(context->directory, item->name);
  MMD_TRY_ALLOC(directory);
  char ir_config[64];
  snprintf(ir_config, sizeof ir_config, "{\"opset_version\": %d}", context->opset);
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = directory,
      .save_file = "end2end.onnx",
      .backend_config_json = "{}",
      .ir_config_json = ir_config,
      .precision = "FP32",
  };
  mmd_graph_t *legal = NULL;
  mmd_status_t status = mmd_path_make_directories(directory);
  if (!status) status = mmd_graph_clone(graph, &legal);
  if (!status) status = mmd_target_legalize(context->target, legal, &request);
  if (!status) status = mmd_graph_infer(legal);
  if (!status) status = mmd_target_write(context->target, legal, &request, out_files);
  mmd_graph_destroy(legal);
  mmd_free(directory);
  return status;
}

static mmd_status_t map_file(const conf_context_t *context, const char *folder, const char *name,
                             char **out_path, mmd_storage_t **out_bytes) {
  char *directory = mmd_path_join(context->directory, folder);
  MMD_TRY_ALLOC(directory);
  *out_path = mmd_path_join(directory, name);
  mmd_free(directory);
  MMD_TRY_ALLOC(*out_path);
  return mmd_storage_map_file(*out_path, out_bytes);
}

static mmd_status_t make_net(const conf_context_t *context, const conf_case_t *item,
                             conf_net_t *net) {
  mmdeploy_target_result_t files;
  MMD_TRY(mmd_graph_parse(item->text, strlen(item->text), item->name, &net->graph));
  MMD_TRY(fill_constants(net->graph));
  MMD_TRY(mmd_graph_infer(net->graph));
  MMD_TRY(write_graph(context, item, net->graph, &files));
  if (!files.file_count) return MMD_ERROR(MMD_MISMATCH, "the target wrote no file");
  MMD_TRY(map_file(context, item->name, files.files[0], &net->path, &net->bytes));
  if (files.file_count < 2 || !*files.files[1]) return NULL;
  return map_file(context, item->name, files.files[1], &net->weights_path, &net->weights);
}

mmd_status_t conf_net_create(const conf_context_t *context, const conf_case_t *item,
                             conf_net_t *out_net) {
  *out_net = (conf_net_t){.name = item->name};
  mmd_status_t status = make_net(context, item, out_net);
  if (status) conf_net_deinit(out_net);
  return status;
}

void conf_net_deinit(conf_net_t *net) {
  mmd_graph_destroy(net->graph);
  mmd_storage_release(net->bytes);
  mmd_storage_release(net->weights);
  mmd_free(net->path);
  mmd_free(net->weights_path);
  *net = (conf_net_t){0};
}

//===--- data --------------------------------------------------------------===//

mmd_status_t conf_fill(mmd_dtype_t dtype, const mmd_shape_t *shape, unsigned seed,
                       mmd_tensor_t *out_tensor) {
  MMD_TRY(mmd_tensor_create(dtype, shape, true, out_tensor));
  void *data = mmd_tensor_mutable_data(out_tensor);
  uint32_t state = seed * 2654435761u + 12345u;
  for (size_t i = 0; i < mmd_tensor_count(out_tensor); ++i) {
    state = state * 1664525u + 1013904223u;
    const int draw = (int)(state >> 24) % 65;  // quarters from -8 to 8, or 0 to 64
    const bool is_float = mmd_dtype_is_float(dtype);
    const double number = is_float ? (draw - 32) / 4.0 : dtype == MMD_BOOL ? draw & 1 : draw;
    mmd_dtype_store_f64(dtype, data, i, number);
  }
  return NULL;
}

// The size that |sizes| ("a=1,b=2") gives to |name|, or -1.
static int64_t named_size(const char *sizes, const char *name) {
  const size_t length = strlen(name);
  for (const char *p = sizes; *p;) {
    if (strncmp(p, name, length) == 0 && p[length] == '=') return strtoll(p + length + 1, NULL, 10);
    p += strcspn(p, ",");
    p += *p == ',';
  }
  return -1;
}

static mmd_status_t input_shape(const mmd_edge_t *edge, const char *sizes, mmd_shape_t *out_shape) {
  int64_t dims[MMD_MAX_RANK] = {0};
  for (int i = 0; i < edge->type.rank; ++i) {
    const mmd_dim_t *dim = edge->type.dims[i];
    dims[i] = dim->kind == MMD_DIM_SYMBOL ? named_size(sizes, dim->symbol) : mmd_dim_number(dim);
    if (dims[i] < 0) return MMD_ERROR(MMD_INTERNAL, "the case names no size for '%s'", edge->name);
  }
  return mmd_shape_make(edge->type.rank, dims, out_shape);
}

static mmd_status_t evaluate(const conf_net_t *net, conf_data_t *data) {
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_PLAIN};
  mmd_evaluator_t *evaluator = NULL;
  MMD_TRY(mmd_evaluator_create(net->graph, &options, &evaluator));
  mmd_status_t status = mmd_evaluator_run_tensors(evaluator, data->inputs, data->input_count,
                                                  data->expected, data->output_count);
  mmd_evaluator_destroy(evaluator);
  return status;
}

static mmd_status_t make_data(const conf_net_t *net, const char *sizes, unsigned seed,
                              conf_data_t *data) {
  const mmd_region_t *root = net->graph->root;
  if (root->input_count > CONF_MAX_TENSORS || root->output_count > CONF_MAX_TENSORS) {
    return MMD_ERROR(MMD_INTERNAL, "the case has too many tensors");
  }
  data->input_count = root->input_count;
  data->output_count = root->output_count;
  for (size_t i = 0; i < root->input_count; ++i) {
    mmd_shape_t shape;
    MMD_TRY(input_shape(root->inputs[i], sizes, &shape));
    MMD_TRY(conf_fill(root->inputs[i]->type.dtype, &shape, seed + (unsigned)i, &data->inputs[i]));
  }
  return evaluate(net, data);
}

mmd_status_t conf_data_create(const conf_net_t *net, const char *sizes, unsigned seed,
                              conf_data_t *out_data) {
  *out_data = (conf_data_t){0};
  mmd_status_t status = make_data(net, sizes, seed, out_data);
  if (status) conf_data_deinit(out_data);
  return status;
}

void conf_data_deinit(conf_data_t *data) {
  conf_tensors_deinit(data->inputs, CONF_MAX_TENSORS);
  conf_tensors_deinit(data->expected, CONF_MAX_TENSORS);
  *data = (conf_data_t){0};
}

void conf_tensors_deinit(mmd_tensor_t *tensors, size_t count) {
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&tensors[i]);
}

//===--- runs --------------------------------------------------------------===//

mmd_session_options_t conf_options(const conf_net_t *net) {
  return (mmd_session_options_t){
      .name = net->name,
      .net = net->bytes,
      .net_path = net->path,
      .weights = net->weights,
      .weights_path = net->weights_path,
      .threads = 1,
  };
}

static mmd_status_t compare(const mmd_tensor_t *found, const mmd_tensor_t *expected,
                            bool compare_values) {
  mmd_str_t a = {0}, b = {0};
  mmd_status_t status = NULL;
  if (found->dtype != expected->dtype || !mmd_shape_equal(&found->shape, &expected->shape)) {
    status = mmd_tensor_format(found, &a);
    if (!status) status = mmd_tensor_format(expected, &b);
    if (!status)
      status = MMD_ERROR(MMD_MISMATCH, "%s found, %s expected", mmd_str_text(&a), mmd_str_text(&b));
    mmd_str_deinit(&a);
    mmd_str_deinit(&b);
    return status;
  }
  if (!compare_values) return NULL;
  if (!mmd_dtype_is_float(found->dtype)) {
    return mmd_tensor_equal(found, expected) ? NULL : MMD_ERROR(MMD_MISMATCH, "the numbers differ");
  }
  mmd_difference_t difference;
  MMD_TRY(mmd_tensor_difference(found, expected, &difference));
  if (difference.max_rel <= 1e-5) return NULL;
  return MMD_ERROR(MMD_MISMATCH, "the numbers differ by %g relative", difference.max_rel);
}

mmd_status_t conf_run(mmd_session_t *session, const conf_data_t *data, bool compare_values) {
  mmd_tensor_t outputs[CONF_MAX_TENSORS] = {0};
  mmd_status_t status =
      mmd_session_run(session, data->inputs, data->input_count, outputs, data->output_count);
  for (size_t i = 0; i < data->output_count && !status; ++i) {
    status = mmd_status_annotate(compare(&outputs[i], &data->expected[i], compare_values),
                                 "output %zu", i);
  }
  conf_tensors_deinit(outputs, CONF_MAX_TENSORS);
  return status;
}

mmd_status_t conf_expect(mmd_status_t status, unsigned codes, const char *part) {
  if (!status) return MMD_ERROR(MMD_MISMATCH, "succeeded where a failure is expected");
  const char *message = mmd_status_message(status);
  mmd_status_t result = NULL;
  if (!(codes & CONF_CODE(mmd_status_code(status)))) {
    result = MMD_ERROR(MMD_MISMATCH, "fails with the wrong code '%s': %s",
                       mmd_code_name(mmd_status_code(status)), message);
  } else if (!*message || strchr(message, '\n')) {
    result = MMD_ERROR(MMD_MISMATCH, "the message is not one line: %s", message);
  } else if (part && !strstr(message, part)) {
    result = MMD_ERROR(MMD_MISMATCH, "the message does not name '%s': %s", part, message);
  }
  mmd_status_free(status);
  return result;
}
