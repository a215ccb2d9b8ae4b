// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::GridPriorsTRT: base anchors (A x 4) at every cell of a grid, whose height and width are
// the lengths of the other inputs -> H * W * A x 4.
//
// mmdeploy::GridPriors, a composite (nn/priors.h): of the map (N x C x H x W), base priors (A x D)
// and steps (2 x D; along y, along x) -> H * W * A x D.
#include "kernels/grid_priors.h"
#include "base/checked.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *anchors = mmd_eval_input(c, 0);
  const mmd_tensor_t *rows = mmd_eval_input(c, 1), *columns = mmd_eval_input(c, 2);
  float *out;
  bool fits = anchors->dtype == MMD_F32 && anchors->shape.rank == 2 &&
              anchors->shape.dims[1] == 4 && rows->shape.rank == 1 && columns->shape.rank == 1;
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "anchors or sizes do not fit");
  int64_t height = rows->shape.dims[0], width = columns->shape.dims[0], count;
  if (!mmd_checked_mul_i64(height, width, &count) ||
      !mmd_checked_mul_i64(count, anchors->shape.dims[0], &count)) {
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "the result is too large");
  }
  mmd_shape_t shape = {.rank = 2, .dims = {count, 4}};
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &out));
  mmd_grid_priors_run(mmd_tensor_data(anchors), (size_t)anchors->shape.dims[0], (size_t)height,
                      (size_t)width, mmd_node_attr_int(c->node, "stride_h", 1),
                      mmd_node_attr_int(c->node, "stride_w", 1), out);
  return NULL;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_dim_t *dims[] = {NULL, mmd_infer_const(c, 4)}, *count = NULL;
  for (size_t i = 0; i < 3; ++i) {
    const mmd_type_t *type = mmd_infer_ranked(c, i == 2 ? 0 : i + 1);
    if (!type || type->rank < 1) return mmd_infer_output(c, 0, MMD_F32, 2, dims);
    count = count ? mmd_dim_mul(c->graph, count, type->dims[0]) : type->dims[0];
  }
  dims[0] = count;
  return mmd_infer_output(c, 0, MMD_F32, 2, dims);
}

static mmd_status_t evaluate_composite(mmd_eval_context_t *c) {
  const mmd_tensor_t *base = mmd_eval_input(c, 1), *steps = mmd_eval_input(c, 2);
  const mmd_shape_t *map = &mmd_eval_input(c, 0)->shape;
  float *out;
  bool fits = map->rank == 4 && base->dtype == MMD_F32 && base->shape.rank == 2 &&
              steps->dtype == MMD_F32 && steps->shape.rank == 2 && steps->shape.dims[0] == 2 &&
              steps->shape.dims[1] == base->shape.dims[1];
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "priors or steps do not fit");
  const int64_t height = map->dims[2], width = map->dims[3], size = base->shape.dims[1];
  int64_t count;
  if (!mmd_checked_mul_i64(height, width, &count) ||
      !mmd_checked_mul_i64(count, base->shape.dims[0], &count)) {
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "the result is too large");
  }
  const mmd_shape_t shape = {.rank = 2, .dims = {count, size}};
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &out));
  const float *b = mmd_tensor_data(base), *step = mmd_tensor_data(steps);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t i = 0; i < base->shape.dims[0] * size; ++i)
        *out++ = b[i] + ((float)y * step[i % size] + (float)x * step[size + i % size]);
  return NULL;
}

static mmd_status_t infer_composite(mmd_infer_context_t *c) {
  const mmd_type_t *map = mmd_infer_ranked(c, 0), *base = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[] = {NULL, NULL};
  if (map && base && map->rank == 4 && base->rank == 2) {
    dims[0] =
        mmd_dim_mul(c->graph, mmd_dim_mul(c->graph, map->dims[2], map->dims[3]), base->dims[0]);
    dims[1] = base->dims[1];
  }
  return mmd_infer_output(c, 0, MMD_F32, 2, dims);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "GridPriors", 1, 3, 3, 1, 1, infer_composite, evaluate_composite, 0},
    {"mmdeploy", "GridPriorsTRT", 1, 3, 3, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_grid_priors = MMD_OP_FAMILY(ops);
