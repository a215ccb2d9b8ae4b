// SPDX-License-Identifier: Apache-2.0
//
// What undoes windows: Col2Im, MaxUnpool; CenterCropPad; Det.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// ---- Col2Im: sums of blocks at their places.

static mmd_status_t evaluate_col2im(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int64_t image[MMD_MAX_RANK], block[MMD_MAX_RANK], stride[MMD_MAX_RANK], dilation[MMD_MAX_RANK];
  int64_t pads[2 * MMD_MAX_RANK], windows[MMD_MAX_RANK], window_count = 1, block_size = 1;
  size_t rank, block_rank, count;
  MMD_TRY(mmd_eval_ints(c, 1, MMD_MAX_RANK - 2, image, &rank));
  MMD_TRY(mmd_eval_ints(c, 2, MMD_MAX_RANK - 2, block, &block_rank));
  MMD_TRY(mmd_node_ints(c->node, "strides", rank, 1, stride));
  MMD_TRY(mmd_node_ints(c->node, "dilations", rank, 1, dilation));
  MMD_TRY(mmd_node_ints(c->node, "pads", 2 * rank, 0, pads));
  bool fits = rank == block_rank && rank > 0 && input->shape.rank == 3;
  for (size_t i = 0; fits && i < rank; ++i) {
    const int64_t limit = (int64_t)1 << 20;
    fits = image[i] > 0 && image[i] < limit && block[i] > 0 && block[i] < limit && stride[i] > 0 &&
           dilation[i] > 0 && dilation[i] < limit && pads[i] >= 0 && pads[i] < limit &&
           pads[rank + i] >= 0 && pads[rank + i] < limit;
    int64_t room =
        fits ? image[i] + pads[i] + pads[rank + i] - dilation[i] * (block[i] - 1) - 1 : -1;
    fits = fits && room >= 0;
    windows[i] = fits ? room / stride[i] + 1 : 0;
    fits = fits && !__builtin_mul_overflow(window_count, windows[i], &window_count) &&
           !__builtin_mul_overflow(block_size, block[i], &block_size);
  }
  fits = fits && input->shape.dims[1] % block_size == 0 && input->shape.dims[2] == window_count;
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "sizes do not fit");
  int64_t channels = input->shape.dims[1] / block_size;
  mmd_shape_t shape = {.rank = (int)rank + 2, .dims = {input->shape.dims[0], channels}};
  memcpy(shape.dims + 2, image, rank * sizeof *image);
  MMD_TRY(mmd_shape_count(&shape, &count));
  const double *x;
  double *y;
  MMD_TRY(mmd_eval_load_f64(c, input, &x));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  size_t plane = mmd_shape_range(&shape, 2, shape.rank);
  int64_t planes = shape.dims[0] * channels;
  for (int64_t p = 0; p < planes; ++p) {
    int64_t k[MMD_MAX_RANK] = {0};
    do {
      int64_t w[MMD_MAX_RANK] = {0};
      do {
        int64_t to = 0;
        bool inside = true;
        for (size_t i = 0; i < rank; ++i) {
          int64_t at = w[i] * stride[i] + k[i] * dilation[i] - pads[i];
          inside = inside && at >= 0 && at < image[i];
          to = to * image[i] + at;
        }
        if (inside) y[p * (int64_t)plane + to] += *x;
        ++x;
      } while (mmd_index_next((int)rank, windows, w));
    } while (mmd_index_next((int)rank, block, k));
  }
  return mmd_eval_store_f64(c, 0, input->dtype, &shape, y);
}

static mmd_status_t infer_col2im(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *const *image, *const *block, *dims[MMD_MAX_RANK] = {NULL};
  size_t rank, block_rank;
  if (!type || type->rank != 3 || !mmd_infer_elements(c, 1, &image, &rank) ||
      rank > MMD_MAX_RANK - 2) {
    return mmd_infer_dtype_only(c);
  }
  dims[0] = type->dims[0];
  for (size_t i = 0; i < rank; ++i) dims[i + 2] = image[i];
  if (mmd_infer_elements(c, 2, &block, &block_rank)) {
    const mmd_dim_t *size = mmd_infer_const(c, 1);
    for (size_t i = 0; i < block_rank; ++i) size = mmd_dim_mul(c->graph, size, block[i]);
    if (mmd_dim_number(size) != 0) dims[1] = mmd_dim_floor_div(c->graph, type->dims[1], size);
  }
  return mmd_infer_output(c, 0, type->dtype, (int)rank + 2, dims);
}

// ---- MaxUnpool: the indices count through the whole tensor that was pooled.

static mmd_status_t evaluate_unpool(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0), *where = mmd_eval_input(c, 1);
  int rank = input->shape.rank;
  int64_t kernel[MMD_MAX_RANK], stride[MMD_MAX_RANK], pads[2 * MMD_MAX_RANK], wanted[MMD_MAX_RANK];
  const int64_t *indices;
  size_t given, n = (size_t)(rank > 2 ? rank - 2 : 0);
  if (n == 0 || !mmd_shape_equal(&input->shape, &where->shape)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "indices do not fit");
  }
  MMD_TRY(mmd_node_ints(c->node, "kernel_shape", n, 1, kernel));
  MMD_TRY(mmd_node_ints(c->node, "strides", n, 1, stride));
  MMD_TRY(mmd_node_ints(c->node, "pads", 2 * n, 0, pads));
  MMD_TRY(mmd_eval_ints(c, 2, MMD_MAX_RANK, wanted, &given));
  MMD_TRY(mmd_eval_load_i64(c, where, &indices));
  mmd_shape_t pooled = input->shape, shape;
  for (size_t i = 0; i < n; ++i) {
    int64_t *dim = &pooled.dims[i + 2];
    bool sane = *dim < INT32_MAX && stride[i] > 0 && stride[i] < INT32_MAX && kernel[i] > 0 &&
                kernel[i] < INT32_MAX && pads[i] >= 0 && pads[i] < INT32_MAX && pads[n + i] >= 0 &&
                pads[n + i] < INT32_MAX;
    if (!sane) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "sizes do not fit");
    *dim = (*dim - 1) * stride[i] - pads[i] - pads[n + i] + kernel[i];
  }
  bool explicit_shape = given == (size_t)rank;
  mmd_status_t status = mmd_shape_make(rank, explicit_shape ? wanted : pooled.dims, &shape);
  if (status) return mmd_status_annotate(status, "MaxUnpool '%s'", c->node->name);
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  mmd_tensor_t *out = &c->outputs[0].tensor;
  size_t size = mmd_tensor_count(out), count = mmd_tensor_count(input);
  MMD_TRY(mmd_eval_check_number(c, input));
  for (size_t i = 0; i < size; ++i) {
    mmd_dtype_store_i64(out->dtype, mmd_tensor_mutable_data(out), i, 0);
  }
  for (size_t i = 0; i < count; ++i) {
    int64_t to = 0, rest = indices[i], pooled_count = 1, stride_out = 1;
    // Positions in the pooled tensor, moved to the wanted one.
    for (int k = rank - 1; k >= 0; --k) {
      int64_t dim = pooled.dims[k] > 0 ? pooled.dims[k] : 1, at = rest >= 0 ? rest % dim : -1;
      rest = rest >= 0 ? rest / dim : rest;
      if (at < 0 || at >= shape.dims[k]) {
        return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "index %lld", (long long)indices[i]);
      }
      to += at * stride_out;
      stride_out *= shape.dims[k];
      pooled_count *= dim;
    }
    if (indices[i] >= pooled_count) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "index %lld", (long long)indices[i]);
    }
    MMD_TRY(mmd_eval_copy(out, (size_t)to, input, i, 1));
  }
  return NULL;
}

static mmd_status_t infer_unpool(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  if (!type) return mmd_infer_dtype_only(c);
  for (int i = 0; i < 2 && i < type->rank; ++i) dims[i] = type->dims[i];
  return mmd_infer_output(c, 0, type->dtype, type->rank, dims);
}

// ---- CenterCropPad.

static mmd_status_t evaluate_center(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int axes[MMD_MAX_RANK], count, rank = input->shape.rank;
  int64_t sizes[MMD_MAX_RANK];
  size_t given;
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(mmd_eval_axes(c, SIZE_MAX, "axes", rank, axes, &count));
  for (int i = 0; i < rank && !mmd_node_attr(c->node, "axes"); ++i) axes[count++] = i;
  MMD_TRY(mmd_eval_ints(c, 1, MMD_MAX_RANK, sizes, &given));
  if (given != (size_t)count) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu sizes for %d axes", given, count);
  }
  mmd_shape_t shape = input->shape;
  mmd_box_t box = {.rank = rank};
  memcpy(box.dims, shape.dims, sizeof shape.dims);
  for (int i = 0; i < count; ++i) {
    if (sizes[i] < 0) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "a negative size");
    shape.dims[axes[i]] = sizes[i];
  }
  mmd_shape_strides(&input->shape, box.in_strides);
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  mmd_tensor_t *out = &c->outputs[0].tensor;
  size_t total = mmd_tensor_count(out);
  for (size_t i = 0; i < total; ++i) {
    mmd_dtype_store_i64(out->dtype, mmd_tensor_mutable_data(out), i, 0);
  }
  mmd_shape_strides(&shape, box.out_strides);
  for (int i = 0; i < rank; ++i) {
    int64_t have = input->shape.dims[i], want = shape.dims[i];
    if (want < have) box.in_offset += (have - want) / 2 * box.in_strides[i];
    if (want > have) box.out_offset += (want - have) / 2 * box.out_strides[i];
    box.dims[i] = want < have ? want : have;
  }
  return mmd_eval_copy_box(&box, out, input);
}

static mmd_status_t infer_center(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK], *const *sizes;
  size_t count, given;
  if (!type) return mmd_infer_dtype_only(c);
  const int64_t *axes = mmd_node_attr_ints(c->node, "axes", &count);
  if (!axes) count = (size_t)type->rank;
  bool known = mmd_infer_elements(c, 1, &sizes, &given) && given == count;
  for (int i = 0; i < type->rank; ++i) dims[i] = axes ? type->dims[i] : NULL;
  for (size_t i = 0; i < count; ++i) {
    int axis;
    MMD_TRY(mmd_node_axis(c->node, axes ? axes[i] : (int64_t)i, type->rank, &axis));
    dims[axis] = known ? sizes[i] : NULL;
  }
  return mmd_infer_output(c, 0, type->dtype, type->rank, dims);
}

// ---- Det, by elimination.

static double determinant(double *a, size_t n) {
  double result = 1;
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i) {
      if (fabs(a[i * n + k]) > fabs(a[pivot * n + k])) pivot = i;
    }
    if (a[pivot * n + k] == 0) return 0;
    if (pivot != k) result = -result;
    for (size_t j = 0; j < n && pivot != k; ++j) {
      double swap = a[k * n + j];
      a[k * n + j] = a[pivot * n + j];
      a[pivot * n + j] = swap;
    }
    result *= a[k * n + k];
    for (size_t i = k + 1; i < n; ++i) {
      double factor = a[i * n + k] / a[k * n + k];
      for (size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return result;
}

static mmd_status_t evaluate_det(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int rank = input->shape.rank;
  const double *x;
  double *copy, *y;
  if (rank < 2 || input->shape.dims[rank - 1] != input->shape.dims[rank - 2]) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the matrices are not square");
  }
  mmd_shape_t shape = input->shape;
  shape.rank -= 2;
  size_t n = (size_t)input->shape.dims[rank - 1], count = mmd_shape_range(&shape, 0, shape.rank);
  MMD_TRY(mmd_eval_load_f64(c, input, &x));
  MMD_TRY(mmd_eval_scratch(c, n * n, sizeof *copy, &copy));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  const int64_t side = (int64_t)n, cube[] = {side, side, side};
  MMD_TRY(mmd_eval_work(c, count, mmd_eval_product(cube, 3)));
  for (size_t i = 0; i < count; ++i) {
    if (n > 0) memcpy(copy, x + i * n * n, n * n * sizeof *copy);
    y[i] = determinant(copy, n);
  }
  return mmd_eval_store_f64(c, 0, input->dtype, &shape, y);
}

static mmd_status_t infer_det(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  if (!type || type->rank < 2) return mmd_infer_dtype_only(c);
  return mmd_infer_output(c, 0, type->dtype, type->rank - 2, type->dims);
}

static const mmd_op_t ops[] = {
    {"", "CenterCropPad", 18, 2, 2, 1, 1, infer_center, evaluate_center, 0},
    {"", "Col2Im", 18, 3, 3, 1, 1, infer_col2im, evaluate_col2im, 0},
    {"", "Det", 11, 1, 1, 1, 1, infer_det, evaluate_det, 0},
    {"", "MaxUnpool", 9, 2, 3, 1, 1, infer_unpool, evaluate_unpool, 0},
};
const mmd_op_family_t mmd_ops_fold = MMD_OP_FAMILY(ops);
