// SPDX-License-Identifier: Apache-2.0
#include "ops/eval_util.h"

#include <string.h>

#include "base/checked.h"
#include "ops/evaluator.h"

bool mmd_eval_fast_f32(const mmd_eval_context_t *c, size_t first, size_t last) {
  if (c->mode != MMD_EVAL_FAST) return false;
  for (size_t i = first; i <= last; ++i) {
    const mmd_tensor_t *tensor = mmd_eval_input(c, i);
    if (tensor && tensor->dtype != MMD_F32) return false;
  }
  return true;
}

mmd_status_t mmd_eval_reserve(mmd_eval_context_t *c, size_t bytes) {
  if (bytes > c->memory_left) {
    return mmd_node_error(c->node, MMD_OUT_OF_MEMORY,
                          "%zu more bytes would go over the memory limit", bytes);
  }
  c->memory_left -= bytes;
  return NULL;
}

size_t mmd_eval_product(const int64_t *sizes, int count) {
  size_t product = 1;
  for (int i = 0; i < count; ++i) {
    if (sizes[i] <= 0) return 0;
    if (!mmd_checked_mul(product, (size_t)sizes[i], &product)) product = SIZE_MAX;
  }
  return product;
}

size_t mmd_eval_extent(const mmd_shape_t *shape) {
  size_t extent = 1;
  for (int i = 0; i < shape->rank; ++i) {
    if (shape->dims[i] <= 0) continue;
    if (!mmd_checked_mul(extent, (size_t)shape->dims[i], &extent)) return SIZE_MAX;
  }
  return extent;
}

mmd_status_t mmd_eval_work(const mmd_eval_context_t *c, size_t count, size_t each) {
  size_t work;
  if (!c->work_left) return NULL;
  if (!mmd_checked_mul(count, each, &work)) work = SIZE_MAX;
  if (work > *c->work_left) {
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE,
                          "%zu more operations would go over the work limit", work);
  }
  *c->work_left -= work;
  return NULL;
}

mmd_status_t mmd_eval_scratch(mmd_eval_context_t *c, size_t count, size_t size, void *out_pointer) {
  size_t bytes;
  if (!mmd_checked_mul(count, size, &bytes)) return mmd_status_no_memory();
  MMD_TRY(mmd_eval_reserve(c, bytes));
  MMD_TRY(mmd_eval_work(c, count, 1));
  void *pointer = mmd_arena_alloc(c->scratch, bytes);
  MMD_TRY_ALLOC(pointer);
  memcpy(out_pointer, &pointer, sizeof pointer);
  return NULL;
}

mmd_status_t mmd_eval_output_create(mmd_eval_context_t *c, size_t i, mmd_dtype_t dtype,
                                    const mmd_shape_t *shape, void *out_data) {
  mmd_tensor_t tensor;
  size_t count, bytes;
  mmd_status_t status = mmd_shape_count(shape, &count);
  if (!status && !mmd_checked_mul(count, dtype == MMD_STRING ? sizeof(void *) : 16, &bytes)) {
    status = mmd_status_no_memory();
  }
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  if (dtype != MMD_STRING) bytes = (count * mmd_dtype_bits(dtype) + 7) / 8;
  MMD_TRY(mmd_eval_reserve(c, bytes));
  MMD_TRY(mmd_eval_work(c, mmd_eval_extent(shape), 1));
  const bool halves = mmd_dtype_bits(dtype) == 4;  // are written by halves of a byte
  mmd_storage_t *storage = dtype == MMD_STRING || halves || count == 0
                               ? NULL
                               : mmd_evaluator_take_storage(c->evaluator, bytes);
  status = storage ? mmd_tensor_view(storage, 0, dtype, shape, &tensor)
                   : mmd_tensor_create(dtype, shape, halves, &tensor);
  mmd_storage_release(storage);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  if (out_data) {
    void *data = mmd_tensor_mutable_data(&tensor);
    memcpy(out_data, &data, sizeof data);
  }
  mmd_eval_output(c, i, &tensor);
  if (i < 32) c->fresh |= (uint32_t)1 << i;
  return NULL;
}

mmd_status_t mmd_eval_output_reuse(mmd_eval_context_t *c, size_t i, size_t input,
                                   const mmd_shape_t *shape, void *out_data) {
  const mmd_tensor_t *from = mmd_eval_input(c, input);
  bool reusable = input < 32 && i < 32 && (c->reusable >> input & 1) != 0;
  if (!reusable || !mmd_shape_equal(&from->shape, shape)) {
    return mmd_eval_output_create(c, i, from->dtype, shape, out_data);
  }
  mmd_tensor_t tensor = mmd_tensor_retain(from);
  void *data = mmd_tensor_mutable_data(&tensor);
  memcpy(out_data, &data, sizeof data);
  mmd_eval_output(c, i, &tensor);
  c->fresh |= (uint32_t)1 << i;
  return NULL;
}

mmd_status_t mmd_eval_output_view(mmd_eval_context_t *c, size_t i, const mmd_tensor_t *tensor,
                                  const mmd_shape_t *shape) {
  mmd_tensor_t view;
  mmd_status_t status = mmd_tensor_reshape(tensor, shape, &view);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  mmd_eval_output(c, i, &view);
  return NULL;
}

bool mmd_dtype_is_integer(mmd_dtype_t dtype) {
  return mmd_dtype_is_signed_int(dtype) || mmd_dtype_is_unsigned_int(dtype);
}

mmd_status_t mmd_eval_check_number(const mmd_eval_context_t *c, const mmd_tensor_t *tensor) {
  if (mmd_dtype_is_float(tensor->dtype) || mmd_dtype_is_integer(tensor->dtype) ||
      tensor->dtype == MMD_BOOL) {
    return NULL;
  }
  return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "element type %s",
                        mmd_dtype_name(tensor->dtype));
}

mmd_status_t mmd_eval_load_f64(mmd_eval_context_t *c, const mmd_tensor_t *tensor,
                               const double **out_numbers) {
  double *numbers;
  size_t count = mmd_tensor_count(tensor);
  const void *data = mmd_tensor_data(tensor);
  MMD_TRY(mmd_eval_check_number(c, tensor));
  if (tensor->dtype == MMD_F64) {
    *out_numbers = data;
    return NULL;
  }
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *numbers, &numbers));
  for (size_t i = 0; i < count; ++i) numbers[i] = mmd_dtype_load_f64(tensor->dtype, data, i);
  *out_numbers = numbers;
  return NULL;
}

mmd_status_t mmd_eval_load_i64(mmd_eval_context_t *c, const mmd_tensor_t *tensor,
                               const int64_t **out_numbers) {
  int64_t *numbers;
  size_t count = mmd_tensor_count(tensor);
  const void *data = mmd_tensor_data(tensor);
  MMD_TRY(mmd_eval_check_number(c, tensor));
  if (tensor->dtype == MMD_I64 || tensor->dtype == MMD_U64) {
    *out_numbers = data;
    return NULL;
  }
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *numbers, &numbers));
  for (size_t i = 0; i < count; ++i) numbers[i] = mmd_dtype_load_i64(tensor->dtype, data, i);
  *out_numbers = numbers;
  return NULL;
}

mmd_status_t mmd_eval_store_f64(mmd_eval_context_t *c, size_t i, mmd_dtype_t dtype,
                                const mmd_shape_t *shape, const double *numbers) {
  void *data;
  MMD_TRY(mmd_eval_output_create(c, i, dtype, shape, &data));
  size_t count = mmd_tensor_count(&c->outputs[i].tensor);
  for (size_t k = 0; k < count; ++k) mmd_dtype_store_f64(dtype, data, k, numbers[k]);
  return NULL;
}

mmd_status_t mmd_eval_store_i64(mmd_eval_context_t *c, size_t i, mmd_dtype_t dtype,
                                const mmd_shape_t *shape, const int64_t *numbers) {
  void *data;
  MMD_TRY(mmd_eval_output_create(c, i, dtype, shape, &data));
  size_t count = mmd_tensor_count(&c->outputs[i].tensor);
  for (size_t k = 0; k < count; ++k) mmd_dtype_store_i64(dtype, data, k, numbers[k]);
  return NULL;
}

mmd_status_t mmd_eval_ints(mmd_eval_context_t *c, size_t i, size_t max, int64_t *out_numbers,
                           size_t *out_count) {
  const mmd_tensor_t *tensor = mmd_eval_input(c, i);
  *out_count = 0;
  if (!tensor) return NULL;
  size_t count = mmd_tensor_count(tensor);
  if (tensor->shape.rank > 1 || count > max) {
    return mmd_node_error(
        c->node, MMD_INVALID_ARGUMENT,
        "input %zu has rank %d and %zu elements, at most rank 1 and %zu are taken", i,
        tensor->shape.rank, count, max);
  }
  if (!mmd_dtype_is_integer(tensor->dtype)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is %s, not an integer", i,
                          mmd_dtype_name(tensor->dtype));
  }
  for (size_t k = 0; k < count; ++k) out_numbers[k] = mmd_tensor_get_i64(tensor, k);
  *out_count = count;
  return NULL;
}

static mmd_status_t check_scalar(mmd_eval_context_t *c, size_t i, const mmd_tensor_t *tensor) {
  MMD_TRY(mmd_eval_check_number(c, tensor));
  if (mmd_tensor_count(tensor) == 1) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu has %zu elements, not one", i,
                        mmd_tensor_count(tensor));
}

mmd_status_t mmd_eval_scalar_f64(mmd_eval_context_t *c, size_t i, double fallback,
                                 double *out_number) {
  const mmd_tensor_t *tensor = mmd_eval_input(c, i);
  *out_number = fallback;
  if (!tensor) return NULL;
  MMD_TRY(check_scalar(c, i, tensor));
  *out_number = mmd_tensor_get_f64(tensor, 0);
  return NULL;
}

mmd_status_t mmd_eval_scalar_i64(mmd_eval_context_t *c, size_t i, int64_t fallback,
                                 int64_t *out_number) {
  const mmd_tensor_t *tensor = mmd_eval_input(c, i);
  *out_number = fallback;
  if (!tensor) return NULL;
  MMD_TRY(check_scalar(c, i, tensor));
  *out_number = mmd_tensor_get_i64(tensor, 0);
  return NULL;
}

mmd_status_t mmd_node_axis(const mmd_node_t *node, int64_t axis, int rank, int *out_axis) {
  *out_axis = 0;
  if (axis < -rank || axis >= rank) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "axis %lld of a tensor of rank %d",
                          (long long)axis, rank);
  }
  *out_axis = (int)(axis < 0 ? axis + rank : axis);
  return NULL;
}

mmd_status_t mmd_eval_axes(mmd_eval_context_t *c, size_t i, const char *attr, int rank,
                           int out_axes[MMD_MAX_RANK], int *out_count) {
  int64_t numbers[MMD_MAX_RANK];
  size_t count = 0;
  bool seen[MMD_MAX_RANK] = {false};
  *out_count = 0;
  if (i != SIZE_MAX && mmd_eval_input(c, i)) {
    MMD_TRY(mmd_eval_ints(c, i, MMD_MAX_RANK, numbers, &count));
  } else {
    const int64_t *list = mmd_node_attr_ints(c->node, attr, &count);
    if (count > MMD_MAX_RANK) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu axes", count);
    }
    if (count > 0) memcpy(numbers, list, count * sizeof *numbers);
  }
  for (size_t k = 0; k < count; ++k) {
    MMD_TRY(mmd_node_axis(c->node, numbers[k], rank, &out_axes[k]));
    if (seen[out_axes[k]]) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "axis %d is named twice", out_axes[k]);
    }
    seen[out_axes[k]] = true;
  }
  *out_count = (int)count;
  return NULL;
}

mmd_status_t mmd_node_ints(const mmd_node_t *node, const char *name, size_t count, int64_t fallback,
                           int64_t *out_numbers) {
  size_t found;
  const int64_t *list = mmd_node_attr_ints(node, name, &found);
  for (size_t i = 0; i < count; ++i) out_numbers[i] = fallback;
  if (!list || found == 0) return NULL;
  if (found != count) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "attribute %s has %zu numbers, not %zu", name,
                          found, count);
  }
  memcpy(out_numbers, list, count * sizeof *out_numbers);
  return NULL;
}

size_t mmd_shape_range(const mmd_shape_t *shape, int begin, int end) {
  size_t count = 1;
  for (int i = begin; i < end; ++i) count *= (size_t)shape->dims[i];
  return count;
}

mmd_status_t mmd_eval_carry(const mmd_eval_context_t *c, size_t i, mmd_datum_t *carried,
                            mmd_datum_t *next) {
  if (carried->kind != next->kind ||
      (carried->kind == MMD_TYPE_TENSOR && carried->tensor.dtype != next->tensor.dtype)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "the body gives value %zu another type than it was given", i);
  }
  mmd_datum_deinit(carried);
  *carried = *next;
  *next = (mmd_datum_t){0};
  return NULL;
}

mmd_status_t mmd_eval_copy(mmd_tensor_t *out, size_t to, const mmd_tensor_t *in, size_t from,
                           size_t count) {
  size_t size = mmd_dtype_size(in->dtype);
  uint8_t *target = mmd_tensor_mutable_data(out);
  const uint8_t *source = mmd_tensor_data(in);
  if (count == 0) return NULL;
  if (in->dtype == MMD_STRING) {
    for (size_t i = 0; i < count; ++i) MMD_TRY(mmd_tensor_share_string(out, to + i, in, from + i));
  } else if (size > 0) {
    memcpy(target + to * size, source + from * size, count * size);
  } else {
    for (size_t i = 0; i < count; ++i) {
      mmd_dtype_store_i64(in->dtype, target, to + i,
                          mmd_dtype_load_i64(in->dtype, source, from + i));
    }
  }
  return NULL;
}

bool mmd_index_next(int rank, const int64_t *dims, int64_t *index) {
  for (int i = rank - 1; i >= 0; --i) {
    if (++index[i] < dims[i]) return true;
    index[i] = 0;
  }
  return false;
}

// Copies one row of |count| elements of |size| bytes.
static void copy_row(uint8_t *out, int64_t out_step, const uint8_t *in, int64_t in_step,
                     int64_t count, size_t size) {
#define COPY_ROW(type)                                                    \
  do {                                                                    \
    type *o = (type *)(void *)out;                                        \
    const type *s = (const type *)(const void *)in;                       \
    for (int64_t i = 0; i < count; ++i) o[i * out_step] = s[i * in_step]; \
  } while (0)
  if (out_step == 1 && in_step == 1) {
    memcpy(out, in, (size_t)count * size);
  } else if (size == 1) {
    COPY_ROW(uint8_t);
  } else if (size == 2) {
    COPY_ROW(uint16_t);
  } else if (size == 4) {
    COPY_ROW(uint32_t);
  } else if (size == 8 && ((uintptr_t)out | (uintptr_t)in) % 8 == 0) {  // complex ones may not be
    COPY_ROW(uint64_t);
  } else {
    for (int64_t i = 0; i < count; ++i) {
      memcpy(out + i * out_step * (int64_t)size, in + i * in_step * (int64_t)size, size);
    }
  }
#undef COPY_ROW
}

// Drops dimensions of one and joins those that lie behind each other on both sides.
static void simplify_box(mmd_box_t *box) {
  int rank = 0;
  for (int i = 0; i < box->rank; ++i) {
    int64_t dim = box->dims[i], out = box->out_strides[i], in = box->in_strides[i];
    if (dim == 1) continue;
    if (rank > 0 && box->out_strides[rank - 1] == dim * out &&
        box->in_strides[rank - 1] == dim * in) {
      box->dims[rank - 1] *= dim;
      box->out_strides[rank - 1] = out;
      box->in_strides[rank - 1] = in;
      continue;
    }
    box->dims[rank] = dim;
    box->out_strides[rank] = out;
    box->in_strides[rank++] = in;
  }
  if (rank == 0) {
    box->dims[0] = 1;
    box->out_strides[0] = box->in_strides[0] = 1;
    rank = 1;
  }
  box->rank = rank;
}

mmd_status_t mmd_eval_copy_box(const mmd_box_t *given, mmd_tensor_t *out, const mmd_tensor_t *in) {
  mmd_box_t box = *given;
  for (int i = 0; i < box.rank; ++i) {
    if (box.dims[i] == 0) return NULL;
  }
  simplify_box(&box);
  int last = box.rank - 1;
  int64_t index[2 * MMD_MAX_RANK] = {0};
  int64_t size = (int64_t)mmd_dtype_size(in->dtype);
  uint8_t *target = mmd_tensor_mutable_data(out);
  const uint8_t *source = mmd_tensor_data(in);
  do {
    int64_t to = box.out_offset, from = box.in_offset;
    for (int i = 0; i < last; ++i) {
      to += index[i] * box.out_strides[i];
      from += index[i] * box.in_strides[i];
    }
    if (size > 0) {
      copy_row(target + to * size, box.out_strides[last], source + from * size,
               box.in_strides[last], box.dims[last], (size_t)size);
      continue;
    }
    for (int64_t i = 0; i < box.dims[last]; ++i) {  // strings and 4-bit numbers
      MMD_TRY(mmd_eval_copy(out, (size_t)(to + i * box.out_strides[last]), in,
                            (size_t)(from + i * box.in_strides[last]), 1));
    }
  } while (mmd_index_next(last, box.dims, index));
  return NULL;
}
