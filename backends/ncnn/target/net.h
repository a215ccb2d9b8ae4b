// SPDX-License-Identifier: Apache-2.0
//
// A network of ncnn: layers in order, the blobs between them, weights. Written as .param (text) and
// .bin (weights in the layers' order). A blob has one consumer in ncnn; where it has more, the
// writer puts a Split behind it.
#ifndef MMD_BACKENDS_NCNN_TARGET_NET_H_
#define MMD_BACKENDS_NCNN_TARGET_NET_H_

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "tensor/tensor.h"

struct nc_layer_t;

typedef struct nc_blob_t {
  const char *name;    // NULL until it is known
  const char *source;  // what it was named after
  struct nc_layer_t *producer;
  size_t user_count;
  size_t next_copy;  // of the writer: the copies handed out
  bool is_output;    // of the net, under its name
} nc_blob_t;

typedef struct nc_weights_t {
  mmd_tensor_t tensor;  // f32, packed
  bool is_tagged;       // main weights, which may be stored in half precision
  struct nc_weights_t *next;
} nc_weights_t;

typedef struct nc_layer_t {
  const char *type, *name;
  size_t input_count, output_count;
  nc_blob_t **inputs, **outputs;
  mmd_str_t params;  // " 0=64 1=3"
  nc_weights_t *first_weights, *last_weights;
  struct nc_layer_t *next;
} nc_layer_t;

typedef struct nc_net_t {
  mmd_arena_t arena;
  nc_layer_t *first, *last;
  mmd_map_t names;  // of blobs
  bool use_f16;     // main weights in half precision
  mmd_str_t meta;   // the JSON of meta.h
} nc_net_t;

void nc_net_init(nc_net_t *net);
void nc_net_deinit(nc_net_t *net);

// A layer at the end. Inputs are copied and counted as used; outputs are new.
mmd_status_t nc_net_add_layer(nc_net_t *net, const char *type, const char *name, size_t input_count,
                              nc_blob_t *const *inputs, size_t output_count,
                              nc_layer_t **out_layer) MMD_MUST_USE;
// Weights of the layer, behind those that it has; any number type is stored as f32.
mmd_status_t nc_layer_add_weights(nc_net_t *net, nc_layer_t *layer, const mmd_tensor_t *tensor,
                                  bool is_tagged) MMD_MUST_USE;
// Names the blob after |name|, with a number behind it where that is taken. ncnn's names hold no
// spaces and at most 255 bytes.
mmd_status_t nc_net_name_blob(nc_net_t *net, nc_blob_t *blob, const char *name) MMD_MUST_USE;

// Both files; each appears whole or not at all.
mmd_status_t nc_net_write(nc_net_t *net, const char *param_path, const char *bin_path) MMD_MUST_USE;

#endif  // MMD_BACKENDS_NCNN_TARGET_NET_H_
