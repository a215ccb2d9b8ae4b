// SPDX-License-Identifier: Apache-2.0
//
// Layers that ncnn lacks: those of MMDeploy's own ncnn library (Shape, ConstantOfShape, Gather,
// TensorSlice, Expand, TopK), GatherElements, Where, NonZero, Range, OneHot, Sizes, Pad, Rearrange,
// RoIAlign, deformable convolution and MultiClassNMS. Shapes and indices are floats too.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_LAYERS_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_LAYERS_H_

#include <stdbool.h>

#include "backends/ncnn/runtime/library.h"
#include "base/thread.h"

enum { NCNN_LAYER_TYPES = 17 };

typedef struct ncnn_layer_type_t ncnn_layer_type_t;

// What creators of one net's layers are told; one a type.
typedef struct ncnn_layer_maker_t {
  const ncnn_library_t *library;
  mmd_pool_t *pool;
  const ncnn_layer_type_t *type;
} ncnn_layer_maker_t;

typedef struct ncnn_layers_t {
  ncnn_layer_maker_t makers[NCNN_LAYER_TYPES];
} ncnn_layers_t;

// A type of those that |ncnn_layers_register| adds.
bool ncnn_layers_have(const char *type);

// Before the net is loaded. |layers| lives longer than |net|. |pool|, for threads, may be NULL.
void ncnn_layers_register(ncnn_layers_t *layers, const ncnn_library_t *library, mmd_pool_t *pool,
                          ncnn_net_t *net);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_LAYERS_H_
