// SPDX-License-Identifier: Apache-2.0
//
// Sizes as numbers at run time, for layers that take them as a blob: the custom layer Sizes
// computes them from the axes of other blobs. Its program is pairs of whole numbers, an operation
// and its operand, that work on a stack.
#include "backends/ncnn/meta.h"
#include "backends/ncnn/target/lower.h"

enum { MAX_PROGRAM = 2 * MMD_NCNN_MAX_PROGRAM };

typedef struct program_t {
  nc_lower_t *l;
  int64_t code[MAX_PROGRAM];
  size_t size;
  nc_blob_t *inputs[NC_MAX_REFERENCES];
  size_t input_count;
  bool is_bad;
} program_t;

static void append(program_t *p, int64_t operation, int64_t operand) {
  if (p->size + 2 > MAX_PROGRAM) p->is_bad = true;
  if (p->is_bad) return;
  p->code[p->size++] = operation;
  p->code[p->size++] = operand;
}

static void append_dim(program_t *p, const mmd_dim_t *dim, int depth) {
  enum { MAX_DEPTH = 32 };
  int axis = 0;
  if (depth > MAX_DEPTH) p->is_bad = true;
  if (p->is_bad) return;
  if (dim->kind == MMD_DIM_CONST) {
    if (dim->number < INT32_MIN || dim->number > INT32_MAX) p->is_bad = true;
    append(p, MMD_NCNN_SIZES_CONST, dim->number);
    return;
  }
  if (dim->kind == MMD_DIM_SYMBOL) {
    const int input = nc_find_size(p->l, dim, &p->input_count, p->inputs, &axis);
    if (input < 0) p->is_bad = true;
    append(p, MMD_NCNN_SIZES_AXIS, input * MMD_NCNN_MAX_AXES + axis);
    return;
  }
  append_dim(p, dim->a, depth + 1);
  append_dim(p, dim->b, depth + 1);
  append(p,
         dim->kind == MMD_DIM_ADD         ? MMD_NCNN_SIZES_ADD
         : dim->kind == MMD_DIM_MUL       ? MMD_NCNN_SIZES_MUL
         : dim->kind == MMD_DIM_FLOOR_DIV ? MMD_NCNN_SIZES_FLOOR_DIV
         : dim->kind == MMD_DIM_CEIL_DIV  ? MMD_NCNN_SIZES_CEIL_DIV
         : dim->kind == MMD_DIM_MIN       ? MMD_NCNN_SIZES_MIN
                                          : MMD_NCNN_SIZES_MAX,
         0);
}

static nc_blob_t *constant_sizes(nc_lower_t *l, size_t count, const mmd_dim_t *const *dims) {
  mmd_tensor_t tensor = {0};
  const mmd_shape_t shape = {1, {(int64_t)count}};
  nc_fail(l, mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  if (!nc_ok(l)) return NULL;
  float *numbers = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < count; ++i) numbers[i] = (float)nc_dim_size(dims[i]);
  nc_blob_t *out = nc_constant(l, &tensor, 1, shape.dims);
  mmd_tensor_deinit(&tensor);
  return out;
}

nc_blob_t *nc_sizes(nc_lower_t *l, size_t count, const mmd_dim_t *const *dims) {
  program_t p = {.l = l};
  if (!nc_ok(l)) return NULL;
  for (size_t i = 0; i < count; ++i) {
    append_dim(&p, dims[i], 0);
    append(&p, MMD_NCNN_SIZES_GIVE, 0);
  }
  if (p.is_bad) nc_refuse(l, "sizes that nothing here tells");
  if (!p.input_count) return constant_sizes(l, count, dims);
  nc_blob_t *out = nc_emit(l, "Sizes", p.input_count, p.inputs);
  nc_set_ints(l, out, 0, p.size, p.code);
  return out;
}
