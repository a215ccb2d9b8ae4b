// SPDX-License-Identifier: Apache-2.0
//
// Activation functions and the act_cfg dicts that choose them.
#ifndef MMD_NN_ACTIVATION_H_
#define MMD_NN_ACTIVATION_H_

#include "nn/builder.h"
#include "value/value.h"

typedef struct mmd_activation_t {
  const char *type;  // "ReLU6"; NULL = none (act_cfg=None)
  double slope;      // LeakyReLU
  double min, max;   // clipping ones
  bool approximate;  // GELU by tanh
} mmd_activation_t;

// Reads |cfg|, the config item "<config path>.<key>"; NULL gives dict(type=<fallback>), NULL
// |fallback| none.
mmd_activation_t mmd_activation_read(mmd_builder_t *builder, const char *key,
                                     const mmd_value_t *cfg, const char *fallback);
mmd_edge_t *mmd_nn_activation(mmd_builder_t *builder, const mmd_activation_t *activation,
                              mmd_edge_t *x);
mmd_edge_t *mmd_nn_relu(mmd_builder_t *builder, mmd_edge_t *x);
mmd_edge_t *mmd_nn_softmax(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x);

#endif  // MMD_NN_ACTIVATION_H_
