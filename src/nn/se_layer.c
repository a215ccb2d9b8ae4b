// SPDX-License-Identifier: Apache-2.0
#include "nn/se_layer.h"

#include "nn/conv_module.h"
#include "nn/pool.h"

int64_t mmd_make_divisible(double number, int64_t divisor, double min_ratio) {
  const double limit = 1e15;
  if (!(number < limit)) number = limit;
  if (!(number > -limit)) number = -limit;
  const int64_t rounded = (int64_t)(number + (double)divisor / 2) / divisor * divisor;
  const int64_t result = rounded > divisor ? rounded : divisor;
  return (double)result < min_ratio * number ? result + divisor : result;
}

mmd_edge_t *mmd_nn_se_layer(mmd_builder_t *builder, const char *name, int64_t channels,
                            int64_t ratio, mmd_edge_t *x) {
  const int64_t squeezed = mmd_make_divisible((double)(channels / ratio), 8, 0.9);
  const mmd_norm_t none = {.kind = MMD_NORM_NONE};
  const mmd_activation_t relu = {.type = "ReLU"}, sigmoid = {.type = "Sigmoid"};
  const mmd_conv_t squeeze = mmd_conv_square(channels, squeezed, 1, 1, 0);
  const mmd_conv_t excite = mmd_conv_square(squeezed, channels, 1, 1, 0);
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *scale = mmd_nn_global_average_pool(builder, x);
  scale = mmd_nn_conv_module(builder, "conv1", &squeeze, &none, &relu, scale);
  scale = mmd_nn_conv_module(builder, "conv2", &excite, &none, &sigmoid, scale);
  mmd_edge_t *out = mmd_nn_binary(builder, "Mul", x, scale);
  mmd_scope_leave(builder, mark);
  return out;
}
