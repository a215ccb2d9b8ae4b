// SPDX-License-Identifier: Apache-2.0
//
// Tensors out of attributes and sizes: Constant, ConstantOfShape, EyeLike, Range.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t make_strings(size_t count, const mmd_attr_string_t *strings, bool scalar,
                                 mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {.rank = scalar ? 0 : 1, .dims = {(int64_t)count}};
  MMD_TRY(mmd_tensor_create(MMD_STRING, &shape, true, out_tensor));
  for (size_t i = 0; i < count; ++i) {
    mmd_status_t status = mmd_tensor_set_string(out_tensor, i, strings[i].data, strings[i].size);
    if (!status) continue;
    mmd_tensor_deinit(out_tensor);
    return status;
  }
  return NULL;
}

static mmd_status_t make_floats(const mmd_attr_t *attr, mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {.rank = 1, .dims = {(int64_t)attr->count}};
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, false, out_tensor));
  float *data = mmd_tensor_mutable_data(out_tensor);
  for (size_t i = 0; i < attr->count; ++i) data[i] = (float)attr->u.numbers[i];
  return NULL;
}

// The tensor that one of the value attributes tells.
static mmd_status_t make_constant(const mmd_node_t *node, mmd_tensor_t *out_tensor) {
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (strncmp(attr->name, "value", 5) != 0) continue;
    switch (attr->kind) {
      case MMD_ATTR_TENSOR:
        *out_tensor = mmd_tensor_retain(attr->u.tensor);
        return NULL;
      case MMD_ATTR_INT:
        return mmd_tensor_scalar_i64(attr->u.integer, out_tensor);
      case MMD_ATTR_FLOAT:
        return mmd_tensor_scalar_f32((float)attr->u.number, out_tensor);
      case MMD_ATTR_INTS:
        return mmd_tensor_from_i64(attr->u.integers, attr->count, out_tensor);
      case MMD_ATTR_FLOATS:
        return make_floats(attr, out_tensor);
      case MMD_ATTR_STRING:
        return make_strings(1, &attr->u.string, true, out_tensor);
      case MMD_ATTR_STRINGS:
        return make_strings(attr->count, attr->u.strings, false, out_tensor);
      default:
        break;
    }
  }
  return mmd_node_error(node, MMD_NOT_SUPPORTED, "it has no value that we can read");
}

static mmd_status_t evaluate_constant(mmd_eval_context_t *c) {
  mmd_tensor_t tensor;
  MMD_TRY(make_constant(c->node, &tensor));
  mmd_eval_output(c, 0, &tensor);
  return NULL;
}

static mmd_status_t infer_constant(mmd_infer_context_t *c) {
  mmd_tensor_t tensor;
  mmd_status_t made = make_constant(c->node, &tensor);
  if (mmd_status_code(made) == MMD_OUT_OF_MEMORY) return made;
  if (mmd_status_ignore(made)) return NULL;
  const mmd_dim_t *dims[MMD_INFER_MAX_ELEMENTS];
  for (int i = 0; i < tensor.shape.rank; ++i) dims[i] = mmd_infer_const(c, tensor.shape.dims[i]);
  mmd_status_t status = mmd_infer_output(c, 0, tensor.dtype, tensor.shape.rank, dims);
  size_t count = mmd_tensor_count(&tensor);
  bool integer =
      (mmd_dtype_is_integer(tensor.dtype) && tensor.dtype != MMD_U64) || tensor.dtype == MMD_BOOL;
  if (!status && integer && count <= MMD_INFER_MAX_ELEMENTS) {
    for (size_t i = 0; i < count; ++i) dims[i] = mmd_infer_const(c, mmd_tensor_get_i64(&tensor, i));
    status = mmd_infer_output_elements(c, 0, count, dims);
  }
  mmd_tensor_deinit(&tensor);
  return status;
}

// ConstantOfShape.

static mmd_status_t evaluate_fill(mmd_eval_context_t *c) {
  const mmd_tensor_t *value = mmd_node_attr_tensor(c->node, "value");
  int64_t dims[MMD_MAX_RANK];
  size_t rank;
  mmd_shape_t shape;
  void *data;
  mmd_dtype_t dtype = value ? value->dtype : MMD_F32;
  if (value && (mmd_tensor_count(value) != 1 || dtype == MMD_STRING)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "attribute value is not one number");
  }
  MMD_TRY(mmd_eval_ints(c, 0, MMD_MAX_RANK, dims, &rank));
  mmd_status_t status = mmd_shape_make((int)rank, dims, &shape);
  if (status) return mmd_status_annotate(status, "ConstantOfShape '%s'", c->node->name);
  MMD_TRY(mmd_eval_output_create(c, 0, dtype, &shape, &data));
  size_t count = mmd_tensor_count(&c->outputs[0].tensor), size = mmd_dtype_size(dtype);
  if (!value && count > 0) memset(data, 0, count * size);
  for (size_t i = 0; value && i < count; ++i) {
    if (size > 0) {
      memcpy((uint8_t *)data + i * size, mmd_tensor_data(value), size);
    } else {
      mmd_dtype_store_i64(dtype, data, i, mmd_tensor_get_i64(value, 0));
    }
  }
  return NULL;
}

static mmd_status_t infer_fill(mmd_infer_context_t *c) {
  const mmd_tensor_t *value = mmd_node_attr_tensor(c->node, "value");
  mmd_dtype_t dtype = value ? value->dtype : MMD_F32;
  const mmd_dim_t *const *dims;
  size_t rank;
  if (mmd_infer_elements(c, 0, &dims, &rank) && rank <= MMD_MAX_RANK) {
    MMD_TRY(mmd_infer_output(c, 0, dtype, (int)rank, dims));
    int64_t count = rank == 1 ? mmd_dim_number(dims[0]) : -1;
    bool integer = mmd_dtype_is_integer(dtype) && mmd_tensor_count(value) == 1;
    if (!integer || count < 0 || count > MMD_INFER_MAX_ELEMENTS) return NULL;
    const mmd_dim_t *elements[MMD_INFER_MAX_ELEMENTS];
    for (int64_t i = 0; i < count; ++i) {
      elements[i] = mmd_infer_const(c, mmd_tensor_get_i64(value, 0));
    }
    return mmd_infer_output_elements(c, 0, (size_t)count, elements);
  }
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  int64_t known = type && type->rank == 1 ? mmd_dim_number(type->dims[0]) : -1;
  return mmd_infer_output(c, 0, dtype, known <= MMD_MAX_RANK ? (int)known : -1, NULL);
}

// EyeLike.

static mmd_dtype_t eye_dtype(const mmd_node_t *node, mmd_dtype_t fallback) {
  return (mmd_dtype_t)mmd_node_attr_int(node, "dtype", fallback);
}

static mmd_status_t evaluate_eye(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int64_t k = mmd_node_attr_int(c->node, "k", 0);
  void *data;
  if (input->shape.rank != 2) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input has rank %d", input->shape.rank);
  }
  mmd_dtype_t dtype = eye_dtype(c->node, input->dtype);
  if (mmd_dtype_size(dtype) == 0) return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "element type");
  MMD_TRY(mmd_eval_output_create(c, 0, dtype, &input->shape, &data));
  int64_t rows = input->shape.dims[0], columns = input->shape.dims[1];
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      mmd_dtype_store_i64(dtype, data, (size_t)(i * columns + j), j - i == k);
    }
  }
  return NULL;
}

static mmd_status_t infer_eye(mmd_infer_context_t *c) {
  return mmd_infer_output_like(c, 0, eye_dtype(c->node, mmd_infer_dtype(c, 0)),
                               mmd_infer_tensor(c, 0));
}

// Range.

static mmd_status_t evaluate_range(mmd_eval_context_t *c) {
  const mmd_tensor_t *first = mmd_eval_input(c, 0);
  double start, limit, delta;
  MMD_TRY(mmd_eval_scalar_f64(c, 0, 0, &start));
  MMD_TRY(mmd_eval_scalar_f64(c, 1, 0, &limit));
  MMD_TRY(mmd_eval_scalar_f64(c, 2, 1, &delta));
  double count = ceil((limit - start) / delta);
  if (!(count > 0)) count = 0;
  if (delta == 0 || !(count < 1e15)) {
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "range from %g to %g in steps of %g", start,
                          limit, delta);
  }
  mmd_shape_t shape = {.rank = 1, .dims = {(int64_t)count}};
  void *data;
  MMD_TRY(mmd_eval_output_create(c, 0, first->dtype, &shape, &data));
  bool real = mmd_dtype_is_float(first->dtype);
  int64_t begin = mmd_tensor_get_i64(first, 0);
  int64_t step = mmd_tensor_get_i64(mmd_eval_input(c, 2), 0);
  for (int64_t i = 0; i < shape.dims[0]; ++i) {
    if (real) {
      mmd_dtype_store_f64(first->dtype, data, (size_t)i, start + (double)i * delta);
    } else {
      uint64_t number = (uint64_t)begin + (uint64_t)i * (uint64_t)step;
      mmd_dtype_store_i64(first->dtype, data, (size_t)i, (int64_t)number);
    }
  }
  return NULL;
}

// Numbers that are no whole ones have no course as sizes. NULL where they are not constant.
static const mmd_dim_t *constant_range_size(mmd_infer_context_t *c) {
  double numbers[3];
  for (size_t i = 0; i < 3; ++i) {
    const mmd_tensor_t *tensor = mmd_infer_constant(c, i);
    if (!tensor || mmd_tensor_count(tensor) != 1 || !mmd_dtype_is_float(tensor->dtype)) return NULL;
    numbers[i] = mmd_tensor_get_f64(tensor, 0);
  }
  const double count = ceil((numbers[1] - numbers[0]) / numbers[2]);
  return count < 1e15 ? mmd_infer_const(c, count > 0 ? (int64_t)count : 0) : NULL;
}

static mmd_status_t infer_range(mmd_infer_context_t *c) {
  const mmd_dim_t *const *start, *const *limit, *const *delta, *size = constant_range_size(c);
  size_t n;
  if (!size && mmd_infer_elements(c, 0, &start, &n) && n == 1 &&
      mmd_infer_elements(c, 1, &limit, &n) && n == 1 && mmd_infer_elements(c, 2, &delta, &n) &&
      n == 1 && mmd_dim_number(delta[0]) > 0) {
    size = mmd_dim_ceil_div(c->graph, mmd_dim_sub(c->graph, limit[0], start[0]), delta[0]);
    if (mmd_dim_is_const(size) && size->number < 0) size = mmd_infer_const(c, 0);
    MMD_TRY_ALLOC(size);
  }
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 1, &size);
}

static const mmd_op_t ops[] = {
    {"", "Constant", 1, 0, 0, 1, 1, infer_constant, evaluate_constant, 0},
    {"", "ConstantOfShape", 9, 1, 1, 1, 1, infer_fill, evaluate_fill, 0},
    {"", "EyeLike", 9, 1, 1, 1, 1, infer_eye, evaluate_eye, 0},
    {"", "Range", 11, 3, 3, 1, 1, infer_range, evaluate_range, 0},
};
const mmd_op_family_t mmd_ops_constant = MMD_OP_FAMILY(ops);
