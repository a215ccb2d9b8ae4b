// SPDX-License-Identifier: Apache-2.0
#include "nn/non_local.h"

#include <math.h>

#include "nn/conv_module.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"

static const mmd_activation_t g_no_activation = {0};
static const mmd_norm_t g_no_norm = {.kind = MMD_NORM_NONE, .abbr = ""};

// The 1x1 convolution "<name>"; pooled it is "<name>.0".
static mmd_edge_t *project(mmd_builder_t *b, const char *name, const mmd_non_local_t *self,
                           int64_t channels, bool is_pooled, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(self->channels, channels, 1, 1, 0);
  conv.cfg = self->conv_cfg;
  const size_t mark = mmd_scope_enter(b, "%s%s", name, is_pooled ? ".0" : "");
  x = mmd_nn_conv_module(b, "", &conv, &g_no_norm, &g_no_activation, x);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *sample(mmd_builder_t *b, const mmd_non_local_t *self, mmd_edge_t *x) {
  const mmd_pool2d_t pool = {.kernel = 2, .stride = 2};
  return self->sub_sample ? mmd_nn_max_pool(b, &pool, x) : x;
}

// [batch, channels, cells]
static mmd_edge_t *rows(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  const int64_t dims[] = {0, channels, -1};
  return mmd_nn_reshape(b, 3, dims, x);
}

static mmd_edge_t *swapped(mmd_builder_t *b, mmd_edge_t *x) {
  static const int64_t perm[] = {0, 2, 1};
  return mmd_nn_transpose(b, 3, perm, x);
}

// The product over the number of cells that were looked at.
static mmd_edge_t *per_cell(mmd_builder_t *b, mmd_edge_t *phi, mmd_edge_t *product) {
  mmd_edge_t *cells = mmd_nn_slice(b, 0, 2, 3, mmd_nn_unary(b, "Shape", phi));
  return mmd_nn_binary(b, "Div", product, mmd_nn_cast(b, MMD_F32, cells));
}

// How much each cell takes of each: [batch, cells, cells looked at].
static mmd_edge_t *weights(mmd_builder_t *b, const mmd_non_local_t *self, int64_t inner,
                           mmd_edge_t *x) {
  const bool is_gaussian = self->mode == MMD_NON_LOCAL_GAUSSIAN;
  mmd_edge_t *theta = is_gaussian ? x : project(b, "theta", self, inner, false, x);
  mmd_edge_t *phi = is_gaussian ? x : project(b, "phi", self, inner, self->sub_sample, x);
  const int64_t channels = is_gaussian ? self->channels : inner;
  theta = swapped(b, rows(b, channels, theta));
  phi = rows(b, channels, sample(b, self, phi));
  if (self->mode == MMD_NON_LOCAL_EMBEDDED_GAUSSIAN && self->use_scale)
    theta = mmd_nn_scale(b, (float)(1 / sqrt((double)inner)), theta);
  mmd_edge_t *product = mmd_nn_binary(b, "MatMul", theta, phi);
  return self->mode == MMD_NON_LOCAL_DOT_PRODUCT ? per_cell(b, phi, product)
                                                 : mmd_nn_softmax(b, -1, product);
}

mmd_edge_t *mmd_nn_non_local(mmd_builder_t *b, const char *name, const mmd_non_local_t *self,
                             mmd_edge_t *x) {
  const int64_t reduced = self->channels / self->reduction, inner = reduced > 1 ? reduced : 1;
  mmd_conv_t conv = mmd_conv_square(inner, self->channels, 1, 1, 0);
  conv.cfg = self->conv_cfg;
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_edge_t *g = project(b, "g", self, inner, self->sub_sample, x);
  mmd_edge_t *shape = mmd_nn_unary(b, "Shape", g);
  g = swapped(b, rows(b, inner, sample(b, self, g)));
  mmd_edge_t *y = swapped(b, mmd_nn_binary(b, "MatMul", weights(b, self, inner, x), g));
  y = mmd_nn_binary(b, "Reshape", y, shape);
  y = mmd_nn_conv_module(b, "conv_out", &conv, &self->norm, &g_no_activation, y);
  mmd_scope_leave(b, mark);
  return mmd_nn_binary(b, "Add", x, y);
}
