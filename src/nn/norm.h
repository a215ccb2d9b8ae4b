// SPDX-License-Identifier: Apache-2.0
//
// Normalisation layers and the norm_cfg dicts that choose them.
#ifndef MMD_NN_NORM_H_
#define MMD_NN_NORM_H_

#include "nn/builder.h"
#include "value/value.h"

typedef enum mmd_norm_kind_t {
  MMD_NORM_NONE,  // norm_cfg=None
  MMD_NORM_BATCH,
  MMD_NORM_LAYER,  // over the last axis
  MMD_NORM_GROUP,
} mmd_norm_kind_t;

typedef struct mmd_norm_t {
  mmd_norm_kind_t kind;
  double eps;
  bool affine;       // has weight and bias
  int64_t groups;    // group norm
  const char *abbr;  // "bn": module names are made of it ("bn1")
} mmd_norm_t;

// Reads |cfg|, the config item "<config path>.<key>"; NULL gives dict(type=<fallback>,
// eps=<fallback_eps>).
mmd_norm_t mmd_norm_read(mmd_builder_t *builder, const char *key, const mmd_value_t *cfg,
                         const char *fallback, double fallback_eps);

// |name| is the module: "bn1". MMD_NORM_NONE gives |x| back.
mmd_edge_t *mmd_nn_norm(mmd_builder_t *builder, const char *name, const mmd_norm_t *norm,
                        int64_t channels, mmd_edge_t *x);
// Module "<abbr><number>" as build_norm_layer(postfix=number) names it; number 0 = no number.
mmd_edge_t *mmd_nn_norm_numbered(mmd_builder_t *builder, int number, const mmd_norm_t *norm,
                                 int64_t channels, mmd_edge_t *x);

#endif  // MMD_NN_NORM_H_
