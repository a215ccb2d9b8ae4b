// SPDX-License-Identifier: Apache-2.0
#include "ops/infer_util.h"

#include <string.h>

#include "graph/dim_range.h"

const mmd_type_t *mmd_infer_tensor(const mmd_infer_context_t *c, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(c->node, i);
  return edge && edge->type.kind == MMD_TYPE_TENSOR ? &edge->type : NULL;
}

const mmd_type_t *mmd_infer_ranked(const mmd_infer_context_t *c, size_t i) {
  const mmd_type_t *type = mmd_infer_tensor(c, i);
  return type && type->has_rank ? type : NULL;
}

mmd_dtype_t mmd_infer_dtype(const mmd_infer_context_t *c, size_t i) {
  const mmd_type_t *type = mmd_infer_tensor(c, i);
  return type ? type->dtype : MMD_DTYPE_UNDEFINED;
}

const mmd_tensor_t *mmd_infer_constant(const mmd_infer_context_t *c, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(c->node, i);
  if (!edge) return NULL;
  if (edge->is_constant) return &edge->constant;
  if (!edge->producer || !mmd_node_is(edge->producer, MMD_DOMAIN_ONNX, "Constant")) return NULL;
  return mmd_node_attr_tensor(edge->producer, "value");
}

bool mmd_infer_elements(const mmd_infer_context_t *c, size_t i,
                        const mmd_dim_t *const **out_elements, size_t *out_count) {
  const mmd_edge_t *edge = mmd_node_input(c->node, i);
  if (!edge || !edge->elements) return false;
  *out_elements = edge->elements;
  *out_count = edge->element_count;
  return true;
}

bool mmd_infer_numbers(const mmd_infer_context_t *c, size_t i, size_t max, int64_t *out_numbers,
                       size_t *out_count) {
  const mmd_dim_t *const *elements;
  if (!mmd_infer_elements(c, i, &elements, out_count) || *out_count > max) return false;
  for (size_t k = 0; k < *out_count; ++k) {
    if (!mmd_dim_is_const(elements[k])) return false;
    out_numbers[k] = elements[k]->number;
  }
  return true;
}

bool mmd_infer_axes(const mmd_infer_context_t *c, size_t i, const char *attr, int rank,
                    int out_axes[MMD_MAX_RANK], int *out_count) {
  int64_t numbers[MMD_MAX_RANK];
  size_t count = 0;
  *out_count = 0;
  if (mmd_node_input(c->node, i)) {
    if (!mmd_infer_numbers(c, i, MMD_MAX_RANK, numbers, &count)) return false;
  } else {
    const int64_t *list = mmd_node_attr_ints(c->node, attr, &count);
    if (count > MMD_MAX_RANK) return false;
    if (count > 0) memcpy(numbers, list, count * sizeof *numbers);
  }
  for (size_t k = 0; k < count; ++k) {
    if (numbers[k] < -rank || numbers[k] >= rank) return false;
    out_axes[k] = (int)(numbers[k] < 0 ? numbers[k] + rank : numbers[k]);
  }
  *out_count = (int)count;
  return true;
}

mmd_status_t mmd_infer_output_type(mmd_infer_context_t *c, size_t i, const mmd_type_t *type) {
  if (i >= c->node->output_count || !c->node->outputs[i]) return NULL;
  return mmd_edge_set_type(c->node->outputs[i], type);
}

mmd_status_t mmd_infer_output(mmd_infer_context_t *c, size_t i, mmd_dtype_t dtype, int rank,
                              const mmd_dim_t *const *dims) {
  if (i >= c->node->output_count || !c->node->outputs[i]) return NULL;
  const mmd_type_t *old = &c->node->outputs[i]->type;
  bool old_tensor = old->kind == MMD_TYPE_TENSOR;
  if (dtype < MMD_DTYPE_UNDEFINED || dtype >= MMD_DTYPE_COUNT) dtype = MMD_DTYPE_UNDEFINED;
  if (dtype == MMD_DTYPE_UNDEFINED && old_tensor) dtype = old->dtype;
  if (rank < 0 && old_tensor && old->has_rank) {
    rank = old->rank;
    dims = NULL;
  }
  if (rank > MMD_MAX_RANK) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "output %zu has rank %d, at most %d", i, rank,
                          MMD_MAX_RANK);
  }
  mmd_type_t type = {.kind = MMD_TYPE_TENSOR, .dtype = dtype, .has_rank = rank >= 0};
  type.rank = rank < 0 ? 0 : rank;
  bool keep = old_tensor && old->has_rank && old->rank == rank;
  for (int k = 0; k < type.rank; ++k) {
    type.dims[k] = dims ? dims[k] : NULL;
    if (!type.dims[k] && keep) type.dims[k] = old->dims[k];
    if (!type.dims[k]) type.dims[k] = mmd_dim_fresh(c->graph, c->node->op);
    MMD_TRY_ALLOC(type.dims[k]);
    if (mmd_dim_is_const(type.dims[k]) && type.dims[k]->number < 0) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "output %zu has size %lld on axis %d", i,
                            (long long)type.dims[k]->number, k);
    }
  }
  return mmd_edge_set_type(c->node->outputs[i], &type);
}

mmd_status_t mmd_infer_output_like(mmd_infer_context_t *c, size_t i, mmd_dtype_t dtype,
                                   const mmd_type_t *like) {
  if (!like || !like->has_rank) return mmd_infer_output(c, i, dtype, -1, NULL);
  return mmd_infer_output(c, i, dtype, like->rank, like->dims);
}

// Results of small types wrap around.
static bool fits(mmd_dtype_t dtype, const mmd_dim_t *element) {
  int64_t stored = 0;
  if (!mmd_dim_is_const(element)) return true;
  if (!mmd_dtype_is_signed_int(dtype) && !mmd_dtype_is_unsigned_int(dtype)) return true;
  if (dtype == MMD_U64) return element->number >= 0;
  mmd_dtype_store_i64(dtype, &stored, 0, element->number);
  return mmd_dtype_load_i64(dtype, &stored, 0) == element->number;
}

mmd_status_t mmd_infer_output_elements(mmd_infer_context_t *c, size_t i, size_t count,
                                       const mmd_dim_t *const *elements) {
  if (i >= c->node->output_count || !c->node->outputs[i]) return NULL;
  if (count > MMD_INFER_MAX_ELEMENTS) return NULL;
  for (size_t k = 0; k < count; ++k) {
    if (!elements[k] || !fits(c->node->outputs[i]->type.dtype, elements[k])) return NULL;
  }
  mmd_edge_t *edge = c->node->outputs[i];
  const mmd_dim_t **copy = mmd_arena_alloc_array(&c->graph->arena, count + 1, sizeof *copy);
  MMD_TRY_ALLOC(copy);
  for (size_t k = 0; k < count; ++k) copy[k] = elements[k];
  edge->elements = copy;
  edge->element_count = count;
  return NULL;
}

mmd_status_t mmd_infer_region_input(const mmd_infer_context_t *c, size_t i, mmd_edge_t *input) {
  const mmd_edge_t *from = mmd_node_input(c->node, i);
  if (!from || input->type.kind != MMD_TYPE_UNKNOWN) return NULL;
  mmd_type_t type = from->type;
  if (type.kind == MMD_TYPE_TENSOR)
    type = (mmd_type_t){.kind = MMD_TYPE_TENSOR, .dtype = type.dtype};
  return mmd_edge_set_type(input, &type);
}

mmd_status_t mmd_infer_product(mmd_infer_context_t *c, size_t a_at, size_t b_at,
                               mmd_dtype_t dtype) {
  const mmd_type_t *a = mmd_infer_ranked(c, a_at), *b = mmd_infer_ranked(c, b_at);
  const mmd_dim_t *dims[MMD_MAX_RANK + 2], *one = mmd_infer_const(c, 1);
  MMD_TRY_ALLOC(one);
  if (!a || !b || a->rank < 1 || b->rank < 1) return mmd_infer_output(c, 0, dtype, -1, NULL);
  int64_t a_k = mmd_dim_number(a->dims[a->rank - 1]);
  int64_t b_k = mmd_dim_number(b->dims[b->rank == 1 ? 0 : b->rank - 2]);
  if (a_k >= 0 && b_k >= 0 && a_k != b_k) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "inner sizes %lld and %lld",
                          (long long)a_k, (long long)b_k);
  }
  int a_batch = a->rank > 2 ? a->rank - 2 : 0, b_batch = b->rank > 2 ? b->rank - 2 : 0;
  int rank = a_batch > b_batch ? a_batch : b_batch;
  for (int i = 0; i < rank; ++i) {
    int p = i - (rank - a_batch), q = i - (rank - b_batch);
    MMD_TRY(
        mmd_infer_broadcast_dim(c, p < 0 ? one : a->dims[p], q < 0 ? one : b->dims[q], &dims[i]));
  }
  if (a->rank > 1) dims[rank++] = a->dims[a->rank - 2];
  if (b->rank > 1) dims[rank++] = b->dims[b->rank - 1];
  return mmd_infer_output(c, 0, dtype, rank, dims);
}

bool mmd_infer_is_size(const mmd_dim_t *dim) {
  const mmd_dim_range_t range = mmd_dim_range(dim);
  return range.has_least && range.least >= 0;
}

const mmd_dim_t *mmd_infer_const(mmd_infer_context_t *c, int64_t number) {
  return mmd_dim_const(c->graph, number);
}

mmd_status_t mmd_infer_broadcast_dim(mmd_infer_context_t *c, const mmd_dim_t *a, const mmd_dim_t *b,
                                     const mmd_dim_t **out_dim) {
  *out_dim = NULL;
  if (!a || !b) return NULL;
  bool a_const = mmd_dim_is_const(a), b_const = mmd_dim_is_const(b);
  if (a == b || (b_const && b->number == 1)) {
    *out_dim = a;
  } else if (a_const && a->number == 1) {
    *out_dim = b;
  } else if (a_const && b_const) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "inputs cannot be broadcast: sizes %lld and %lld", (long long)a->number,
                          (long long)b->number);
  } else if (a_const || b_const) {
    *out_dim = a_const ? a : b;  // the other one is the same, or 1
  } else {
    *out_dim = mmd_dim_max(c->graph, a, b);  // equal, or one of them 1
    MMD_TRY_ALLOC(*out_dim);
  }
  return NULL;
}

mmd_status_t mmd_infer_broadcast(mmd_infer_context_t *c, size_t first, size_t last, int *out_rank,
                                 const mmd_dim_t *out_dims[MMD_MAX_RANK]) {
  int rank = 0;
  *out_rank = -1;
  for (size_t i = first; i <= last; ++i) {
    const mmd_type_t *type = mmd_infer_ranked(c, i);
    if (!type) return NULL;
    if (type->rank > rank) rank = type->rank;
  }
  const mmd_dim_t *one = mmd_infer_const(c, 1);
  MMD_TRY_ALLOC(one);
  for (int axis = 0; axis < rank; ++axis) {
    const mmd_dim_t *dim = one;
    for (size_t i = first; i <= last; ++i) {
      const mmd_type_t *type = mmd_infer_ranked(c, i);
      int at = axis - (rank - type->rank);
      if (at >= 0) MMD_TRY(mmd_infer_broadcast_dim(c, dim, type->dims[at], &dim));
    }
    out_dims[axis] = dim;
  }
  *out_rank = rank;
  return NULL;
}

mmd_status_t mmd_infer_same(mmd_infer_context_t *c) {
  const mmd_dim_t *const *elements;
  size_t count;
  MMD_TRY(mmd_infer_output_like(c, 0, mmd_infer_dtype(c, 0), mmd_infer_tensor(c, 0)));
  if (!mmd_node_is(c->node, MMD_DOMAIN_ONNX, "Identity")) return NULL;
  if (!mmd_infer_elements(c, 0, &elements, &count)) return NULL;
  return mmd_infer_output_elements(c, 0, count, elements);
}

mmd_status_t mmd_infer_same_bool(mmd_infer_context_t *c) {
  return mmd_infer_output_like(c, 0, MMD_BOOL, mmd_infer_tensor(c, 0));
}

static mmd_status_t infer_numpy(mmd_infer_context_t *c, mmd_dtype_t dtype) {
  int rank;
  const mmd_dim_t *dims[MMD_MAX_RANK];
  if (c->node->input_count == 0) return NULL;
  MMD_TRY(mmd_infer_broadcast(c, 0, c->node->input_count - 1, &rank, dims));
  return mmd_infer_output(c, 0, dtype, rank, dims);
}

mmd_status_t mmd_infer_numpy(mmd_infer_context_t *c) {
  return infer_numpy(c, mmd_infer_dtype(c, 0));
}

mmd_status_t mmd_infer_numpy_bool(mmd_infer_context_t *c) {
  return infer_numpy(c, MMD_BOOL);
}

mmd_status_t mmd_infer_dtype_only(mmd_infer_context_t *c) {
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), -1, NULL);
}
