// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/target/backend_config.h"

#include <stdlib.h>
#include <string.h>

#include "value/json.h"

#define MO_ARGS "backend_config.mo_options.args"

//===--- reading -----------------------------------------------------------===//

// Keys that mean something here; others would change the network without our knowing how.
static mmd_status_t check_args(const mmd_value_t *args) {
  static const char *const known[] = {"--data_type", "--mean_values", "--scale_values"};
  for (size_t i = 0; i < mmd_object_size(args); ++i) {
    const char *key = mmd_object_key_at(args, i);
    bool is_known = false;
    for (size_t k = 0; k < sizeof known / sizeof *known; ++k)
      is_known = is_known || strcmp(key, known[k]) == 0;
    if (is_known) continue;
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     MO_ARGS
                     ": '%s' is not supported; --data_type, --mean_values and "
                     "--scale_values are",
                     key);
  }
  return NULL;
}

// Switches of the vendor's converter that say how it works rather than what it makes.
static bool is_harmless(const char *flag) {
  return strncmp(flag, "--disable_", strlen("--disable_")) == 0 || strcmp(flag, "--silent") == 0;
}

static mmd_status_t read_flags(const mmd_value_t *flags, bool *out_is_f16) {
  for (size_t i = 0; i < mmd_array_size(flags); ++i) {
    const char *flag = mmd_value_get_string(mmd_array_at(flags, i), "");
    if (strcmp(flag, "--compress_to_fp16") == 0) {
      *out_is_f16 = true;
    } else if (!is_harmless(flag)) {
      return MMD_ERROR(MMD_NOT_SUPPORTED,
                       "backend_config.mo_options.flags: '%s' is not supported; "
                       "--compress_to_fp16, --silent and --disable_… are",
                       flag);
    }
  }
  return NULL;
}

static mmd_status_t read_type(const mmd_value_t *args, bool *out_is_f16) {
  const char *type = mmd_value_get_string(mmd_object_get(args, "--data_type"), "FP32");
  const bool is_half = strcmp(type, "FP16") == 0 || strcmp(type, "half") == 0;
  if (is_half) *out_is_f16 = true;
  if (is_half || strcmp(type, "FP32") == 0 || strcmp(type, "float") == 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   MO_ARGS ": --data_type '%s'; FP32, float, FP16 and half are accepted", type);
}

static mmd_status_t read_options(const mmdeploy_target_request_t *request, ov_config_t *config) {
  const mmd_value_t *options = mmd_object_get(config->json, "mo_options");
  const mmd_value_t *args = mmd_object_get(options, "args");
  config->use_f16 = request->precision && strcmp(request->precision, "FP16") == 0;
  MMD_TRY(check_args(args));
  MMD_TRY(read_type(args, &config->use_f16));
  return read_flags(mmd_object_get(options, "flags"), &config->use_f16);
}

mmd_status_t ov_config_read(const mmdeploy_target_request_t *request, ov_config_t *out_config) {
  const char *text = request->backend_config_json;
  *out_config = (ov_config_t){0};
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend_config", &out_config->json));
  mmd_status_t status = read_options(request, out_config);
  if (status) ov_config_deinit(out_config);
  return status;
}

void ov_config_deinit(ov_config_t *config) {
  mmd_value_release(config->json);
  config->json = NULL;
}

//===--- bounds ------------------------------------------------------------===//

// A list has an entry for each net of the package; a dict stands for a list of one.
static const mmd_value_t *find_shapes(const ov_config_t *config, const char *input) {
  const mmd_value_t *nets = mmd_object_get(config->json, "model_inputs");
  const mmd_value_t *one = mmd_object_get(mmd_object_get(nets, "input_shapes"), input);
  for (size_t i = 0; !one && i < mmd_array_size(nets); ++i)
    one = mmd_object_get(mmd_object_get(mmd_array_at(nets, i), "input_shapes"), input);
  return one;
}

static mmd_status_t read_bound(const mmd_value_t *shapes, const char *key, const mmd_edge_t *input,
                               int axis, int64_t *out_size) {
  const mmd_value_t *shape = mmd_object_get(shapes, key);
  *out_size = -1;
  if (!shape) return NULL;
  if (mmd_array_size(shape) == (size_t)input->type.rank) {
    *out_size = mmd_value_get_int(mmd_array_at(shape, (size_t)axis), -1);
    if (*out_size >= 0) return NULL;
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "backend_config.model_inputs.input_shapes.%s.%s: %d sizes are expected",
                   input->name, key, input->type.rank);
}

mmd_status_t ov_config_bounds(const ov_config_t *config, const mmd_edge_t *input, int axis,
                              ov_bounds_t *out_bounds) {
  const mmd_value_t *shapes = find_shapes(config, input->name);
  MMD_TRY(read_bound(shapes, "min_shape", input, axis, &out_bounds->min));
  MMD_TRY(read_bound(shapes, "max_shape", input, axis, &out_bounds->max));
  if (out_bounds->max < 0 || out_bounds->min <= out_bounds->max) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "backend_config.model_inputs.input_shapes.%s: axis %d: min_shape %lld is above "
                   "max_shape %lld",
                   input->name, axis, (long long)out_bounds->min, (long long)out_bounds->max);
}

//===--- normalisation -----------------------------------------------------===//

enum { MAX_CHANNELS = 16 };

// A list of numbers, or their text: "[123.7,116.3,103.5]".
static size_t read_numbers(const mmd_value_t *value, float numbers[MAX_CHANNELS]) {
  const char *text = mmd_value_get_string(value, NULL);
  size_t count = 0;
  for (; !text && count < mmd_array_size(value) && count < MAX_CHANNELS; ++count)
    numbers[count] = (float)mmd_value_get_float(mmd_array_at(value, count), 0);
  while (text && *text && count < MAX_CHANNELS) {
    char *end = NULL;
    if (strchr("[](), ", *text)) {
      ++text;
      continue;
    }
    numbers[count] = strtof(text, &end);
    if (end == text) return 0;
    ++count;
    text = end;
  }
  return count;
}

// The first input that is a batch of pictures.
static mmd_edge_t *find_picture(const mmd_graph_t *graph) {
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    mmd_edge_t *input = graph->root->inputs[i];
    if (input->type.has_rank && input->type.rank == 4 && input->type.dtype == MMD_F32) return input;
  }
  return NULL;
}

static mmd_status_t put_behind(mmd_graph_t *graph, mmd_edge_t *input, const char *op, size_t count,
                               const float *numbers) {
  mmd_shape_t shape = {.rank = 4, .dims = {1, (int64_t)count, 1, 1}};
  mmd_tensor_t tensor = {0};
  mmd_edge_t *constant = NULL;
  mmd_node_t *node = NULL;
  MMD_TRY(mmd_tensor_from_data(MMD_F32, &shape, numbers, &tensor));
  mmd_status_t status = mmd_region_add_constant(graph->root, input->name, &tensor, &constant);
  mmd_tensor_deinit(&tensor);
  MMD_TRY(status);
  mmd_edge_t *const inputs[] = {input, constant};
  MMD_TRY(mmd_node_create(graph->root, graph->root->first, "", op, op, 2, inputs, 1, &node));
  MMD_TRY(mmd_edge_replace_uses(input, node->outputs[0]));
  return mmd_node_set_input(node, 0, input);
}

static mmd_status_t apply(mmd_graph_t *graph, const mmd_value_t *args, const char *key,
                          const char *op) {
  const mmd_value_t *value = mmd_object_get(args, key);
  float numbers[MAX_CHANNELS];
  if (!value) return NULL;
  mmd_edge_t *input = find_picture(graph);
  const size_t count = read_numbers(value, numbers);
  const mmd_dim_t *channels = input ? input->type.dims[1] : NULL;
  const bool fits = channels && (channels->kind != MMD_DIM_CONST || count == 1 ||
                                 channels->number == (int64_t)count);
  if (count && fits) return put_behind(graph, input, op, count, numbers);
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   MO_ARGS ": %s: a number for each channel of a picture is expected", key);
}

// What is put in last stands first.
mmd_status_t ov_config_normalize(const ov_config_t *config, mmd_graph_t *graph) {
  const mmd_value_t *args = mmd_object_get_path(config->json, "mo_options.args");
  MMD_TRY(apply(graph, args, "--scale_values", "Div"));
  return apply(graph, args, "--mean_values", "Sub");
}
