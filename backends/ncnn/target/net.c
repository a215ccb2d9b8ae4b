// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/target/net.h"

#include <stdio.h>
#include <string.h>

#include "backends/ncnn/meta.h"
#include "base/file.h"

enum { MAX_NAME = 200, F16_TAG = 0x01306B47 };

void nc_net_init(nc_net_t *net) {
  memset(net, 0, sizeof *net);
  mmd_arena_init(&net->arena);
}

void nc_net_deinit(nc_net_t *net) {
  for (nc_layer_t *layer = net->first; layer; layer = layer->next) {
    mmd_str_deinit(&layer->params);
    for (nc_weights_t *w = layer->first_weights; w; w = w->next) mmd_tensor_deinit(&w->tensor);
  }
  mmd_str_deinit(&net->meta);
  mmd_map_deinit(&net->names);
  mmd_arena_deinit(&net->arena);
}

//===--- building ----------------------------------------------------------===//

static char *clean_name(nc_net_t *net, const char *name) {
  char *copy = mmd_arena_strndup(&net->arena, name, strnlen(name, MAX_NAME));
  for (char *c = copy; c && *c; ++c) {
    if ((unsigned char)*c <= ' ' || *c == 0x7f) *c = '_';
  }
  if (copy && !*copy) copy = mmd_arena_strdup(&net->arena, "_");
  return copy;
}

mmd_status_t nc_net_add_layer(nc_net_t *net, const char *type, const char *name, size_t input_count,
                              nc_blob_t *const *inputs, size_t output_count,
                              nc_layer_t **out_layer) {
  nc_layer_t *layer = mmd_arena_alloc(&net->arena, sizeof *layer);
  MMD_TRY_ALLOC(layer);
  layer->type = type;
  layer->name = clean_name(net, name);
  layer->inputs = mmd_arena_alloc_array(&net->arena, input_count, sizeof(nc_blob_t *));
  layer->outputs = mmd_arena_alloc_array(&net->arena, output_count, sizeof(nc_blob_t *));
  if (!layer->name || !layer->inputs || !layer->outputs) return mmd_status_no_memory();
  for (size_t i = 0; i < output_count; ++i) {
    layer->outputs[i] = mmd_arena_alloc(&net->arena, sizeof(nc_blob_t));
    MMD_TRY_ALLOC(layer->outputs[i]);
    layer->outputs[i]->producer = layer;
  }
  for (size_t i = 0; i < input_count; ++i) {
    layer->inputs[i] = inputs[i];
    ++inputs[i]->user_count;
  }
  layer->input_count = input_count;
  layer->output_count = output_count;
  *(net->last ? &net->last->next : &net->first) = layer;
  net->last = layer;
  *out_layer = layer;
  return NULL;
}

mmd_status_t nc_layer_add_weights(nc_net_t *net, nc_layer_t *layer, const mmd_tensor_t *tensor,
                                  bool is_tagged) {
  nc_weights_t *weights = mmd_arena_alloc(&net->arena, sizeof *weights);
  mmd_tensor_t floats = {0};
  MMD_TRY_ALLOC(weights);
  MMD_TRY(mmd_tensor_cast(tensor, MMD_F32, &floats));
  mmd_status_t status = mmd_tensor_contiguous(&floats, &weights->tensor);
  mmd_tensor_deinit(&floats);
  MMD_TRY(status);
  weights->is_tagged = is_tagged;
  *(layer->last_weights ? &layer->last_weights->next : &layer->first_weights) = weights;
  layer->last_weights = weights;
  return NULL;
}

mmd_status_t nc_net_name_blob(nc_net_t *net, nc_blob_t *blob, const char *name) {
  const char *base = clean_name(net, name);
  const char *found = base;
  for (size_t i = 1; found && mmd_map_has(&net->names, found); ++i)
    found = mmd_arena_printf(&net->arena, "%s_%zu", base, i);
  MMD_TRY_ALLOC(found);
  blob->name = found;
  blob->source = name;
  return mmd_map_set(&net->names, found, blob, NULL);
}

//===--- writing -----------------------------------------------------------===//

static mmd_status_t name_blobs(nc_net_t *net) {
  for (nc_layer_t *layer = net->first; layer; layer = layer->next) {
    for (size_t i = 0; i < layer->output_count; ++i) {
      if (!layer->outputs[i]->name) MMD_TRY(nc_net_name_blob(net, layer->outputs[i], layer->name));
    }
  }
  return NULL;
}

typedef struct counts_t {
  size_t layers, blobs, splits;
} counts_t;

static mmd_status_t write_input(mmd_str_t *text, nc_blob_t *blob) {
  MMD_TRY(mmd_str_printf(text, " %s", blob->name));
  return blob->user_count < 2 ? NULL : mmd_str_printf(text, "_splitncnn_%zu", blob->next_copy++);
}

static mmd_status_t write_split(mmd_str_t *text, const nc_blob_t *blob, counts_t *counts) {
  char name[48];
  if (blob->user_count < 2) return NULL;
  snprintf(name, sizeof name, "splitncnn_%zu", counts->splits++);
  MMD_TRY(
      mmd_str_printf(text, "%-24s %-24s 1 %zu %s", "Split", name, blob->user_count, blob->name));
  for (size_t i = 0; i < blob->user_count; ++i)
    MMD_TRY(mmd_str_printf(text, " %s_splitncnn_%zu", blob->name, i));
  ++counts->layers;
  counts->blobs += blob->user_count;
  return mmd_str_append_char(text, '\n');
}

static mmd_status_t write_layer(mmd_str_t *text, const nc_layer_t *layer, counts_t *counts) {
  MMD_TRY(mmd_str_printf(text, "%-24s %-24s %zu %zu", layer->type, layer->name, layer->input_count,
                         layer->output_count));
  for (size_t i = 0; i < layer->input_count; ++i) MMD_TRY(write_input(text, layer->inputs[i]));
  for (size_t i = 0; i < layer->output_count; ++i)
    MMD_TRY(mmd_str_printf(text, " %s", layer->outputs[i]->name));
  MMD_TRY(mmd_str_append(text, mmd_str_text(&layer->params)));
  MMD_TRY(mmd_str_append_char(text, '\n'));
  ++counts->layers;
  counts->blobs += layer->output_count;
  for (size_t i = 0; i < layer->output_count; ++i)
    MMD_TRY(write_split(text, layer->outputs[i], counts));
  return NULL;
}

static mmd_status_t write_layers(nc_net_t *net, mmd_str_t *text, counts_t *counts) {
  MMD_TRY(name_blobs(net));
  for (nc_layer_t *layer = net->first; layer; layer = layer->next) {
    for (size_t i = 0; i < layer->output_count; ++i) layer->outputs[i]->next_copy = 0;
    MMD_TRY(write_layer(text, layer, counts));
  }
  return NULL;
}

static mmd_status_t write_param(nc_net_t *net, const char *path) {
  mmd_str_t layers = {0}, text = {0};
  counts_t counts = {0};
  mmd_status_t status = write_layers(net, &layers, &counts);
  if (!status)
    status = mmd_str_printf(&text, MMD_NCNN_MAGIC "\n%zu %zu\n", counts.layers, counts.blobs);
  if (!status) status = mmd_str_append_n(&text, mmd_str_text(&layers), layers.size);
  if (!status && net->meta.size)
    status = mmd_str_printf(&text, MMD_NCNN_META "%s\n", mmd_str_text(&net->meta));
  if (!status) status = mmd_file_write(path, mmd_str_text(&text), text.size);
  mmd_str_deinit(&layers);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t write_half(mmd_writer_t *writer, const mmd_tensor_t *tensor) {
  static const char padding[2];
  const uint32_t tag = F16_TAG;
  mmd_tensor_t half = {0};
  MMD_TRY(mmd_tensor_cast(tensor, MMD_F16, &half));
  mmd_status_t status = mmd_writer_write(writer, &tag, sizeof tag);
  const size_t size = mmd_tensor_byte_size(&half);
  if (!status) status = mmd_writer_write(writer, mmd_tensor_data(&half), size);
  if (!status) status = mmd_writer_write(writer, padding, size % 4);
  mmd_tensor_deinit(&half);
  return status;
}

static mmd_status_t write_weights(const nc_net_t *net, mmd_writer_t *writer,
                                  const nc_weights_t *weights) {
  const uint32_t tag = 0;
  if (weights->is_tagged && net->use_f16) return write_half(writer, &weights->tensor);
  if (weights->is_tagged) MMD_TRY(mmd_writer_write(writer, &tag, sizeof tag));
  return mmd_writer_write(writer, mmd_tensor_data(&weights->tensor),
                          mmd_tensor_byte_size(&weights->tensor));
}

static mmd_status_t write_all_weights(const nc_net_t *net, mmd_writer_t *writer) {
  for (const nc_layer_t *layer = net->first; layer; layer = layer->next) {
    for (const nc_weights_t *w = layer->first_weights; w; w = w->next)
      MMD_TRY(write_weights(net, writer, w));
  }
  return mmd_writer_commit(writer);
}

static mmd_status_t write_bin(const nc_net_t *net, const char *path) {
  mmd_writer_t *writer = NULL;
  MMD_TRY(mmd_writer_create(path, &writer));
  mmd_status_t status = write_all_weights(net, writer);
  mmd_writer_destroy(writer);
  return status;
}

mmd_status_t nc_net_write(nc_net_t *net, const char *param_path, const char *bin_path) {
  MMD_TRY(write_bin(net, bin_path));
  return write_param(net, param_path);
}
