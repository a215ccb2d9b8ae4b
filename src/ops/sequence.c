// SPDX-License-Identifier: Apache-2.0
//
// Sequences and optionals.
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "ops/eval_util.h"
#include "ops/evaluator.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static const mmd_datum_t *given(const mmd_eval_context_t *c, size_t i) {
  return i < c->input_count && c->inputs[i] && c->inputs[i]->kind != MMD_TYPE_UNKNOWN ? c->inputs[i]
                                                                                      : NULL;
}

static mmd_status_t need_sequence(const mmd_eval_context_t *c, size_t i,
                                  const mmd_datum_t **out_sequence) {
  *out_sequence = given(c, i);
  if (*out_sequence && (*out_sequence)->kind == MMD_TYPE_SEQUENCE) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is not a sequence", i);
}

static mmd_status_t need_tensor(const mmd_eval_context_t *c, size_t i,
                                const mmd_tensor_t **out_tensor) {
  *out_tensor = mmd_eval_input(c, i);
  if (*out_tensor) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is not a tensor", i);
}

// An empty sequence with room for |count| items in output |i|. Its tensor's dtype is that of all
// its items, once there is one or SequenceEmpty said so.
static mmd_status_t begin_sequence(mmd_eval_context_t *c, size_t i, size_t count) {
  mmd_datum_t *out = &c->outputs[i];
  size_t bytes;
  MMD_TRY(mmd_eval_work(c, count, 1));
  if (!mmd_checked_mul(count, sizeof *out->items, &bytes) || bytes > c->memory_left) {
    return mmd_node_error(c->node, MMD_OUT_OF_MEMORY,
                          "a sequence of %zu items would go over the memory limit", count);
  }
  c->memory_left -= bytes;
  *out = (mmd_datum_t){.kind = MMD_TYPE_SEQUENCE};
  out->items = mmd_alloc_array(count + 1, sizeof *out->items);
  return out->items ? NULL : mmd_status_no_memory();
}

static mmd_status_t append(const mmd_eval_context_t *c, mmd_datum_t *sequence,
                           const mmd_datum_t *item) {
  const mmd_dtype_t dtype = item->tensor.dtype;
  if (sequence->tensor.dtype == MMD_DTYPE_UNDEFINED) sequence->tensor.dtype = dtype;
  if (dtype != sequence->tensor.dtype) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "element type %s in a sequence of %s",
                          mmd_dtype_name(dtype), mmd_dtype_name(sequence->tensor.dtype));
  }
  MMD_TRY(mmd_datum_copy(item, &sequence->items[sequence->item_count]));
  ++sequence->item_count;
  return NULL;
}

// Position from input |i|, |fallback| when left out; |end| counts as one when |insert|.
static mmd_status_t read_position(mmd_eval_context_t *c, size_t i, size_t count, bool insert,
                                  size_t *out_position) {
  int64_t position, size = (int64_t)count;
  if (given(c, i) && !mmd_eval_input(c, i)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the position is not a tensor");
  }
  MMD_TRY(mmd_eval_scalar_i64(c, i, insert ? size : size - 1, &position));
  if (position < -size || position > size - !insert || (size == 0 && !insert)) {
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "position %lld in a sequence of %lld",
                          (long long)position, (long long)size);
  }
  *out_position = (size_t)(position < 0 ? position + size : position);
  return NULL;
}

static mmd_status_t evaluate_construct(mmd_eval_context_t *c) {
  MMD_TRY(begin_sequence(c, 0, c->input_count));
  for (size_t i = 0; i < c->input_count; ++i) {
    const mmd_tensor_t *tensor;
    MMD_TRY(need_tensor(c, i, &tensor));
    MMD_TRY(append(c, &c->outputs[0], c->inputs[i]));
  }
  return NULL;
}

static mmd_status_t evaluate_empty(mmd_eval_context_t *c) {
  const int64_t dtype = mmd_node_attr_int(c->node, "dtype", MMD_F32);
  MMD_TRY(begin_sequence(c, 0, 0));
  if (dtype > MMD_DTYPE_UNDEFINED && dtype < MMD_DTYPE_COUNT)
    c->outputs[0].tensor.dtype = (mmd_dtype_t)dtype;
  return NULL;
}

static mmd_status_t evaluate_insert(mmd_eval_context_t *c) {
  const mmd_datum_t *sequence;
  const mmd_tensor_t *tensor;
  size_t at;
  MMD_TRY(need_sequence(c, 0, &sequence));
  MMD_TRY(need_tensor(c, 1, &tensor));
  MMD_TRY(read_position(c, 2, sequence->item_count, true, &at));
  MMD_TRY(begin_sequence(c, 0, sequence->item_count + 1));
  c->outputs[0].tensor.dtype = sequence->tensor.dtype;
  for (size_t i = 0; i <= sequence->item_count; ++i) {
    if (i == at) MMD_TRY(append(c, &c->outputs[0], c->inputs[1]));
    if (i < sequence->item_count) MMD_TRY(append(c, &c->outputs[0], &sequence->items[i]));
  }
  return NULL;
}

static mmd_status_t evaluate_erase(mmd_eval_context_t *c) {
  const mmd_datum_t *sequence;
  size_t at;
  MMD_TRY(need_sequence(c, 0, &sequence));
  MMD_TRY(read_position(c, 1, sequence->item_count, false, &at));
  MMD_TRY(begin_sequence(c, 0, sequence->item_count));
  c->outputs[0].tensor.dtype = sequence->tensor.dtype;
  for (size_t i = 0; i < sequence->item_count; ++i) {
    if (i != at) MMD_TRY(append(c, &c->outputs[0], &sequence->items[i]));
  }
  return NULL;
}

static mmd_status_t evaluate_at(mmd_eval_context_t *c) {
  const mmd_datum_t *sequence;
  size_t at;
  MMD_TRY(need_sequence(c, 0, &sequence));
  MMD_TRY(read_position(c, 1, sequence->item_count, false, &at));
  return mmd_datum_copy(&sequence->items[at], &c->outputs[0]);
}

static mmd_status_t evaluate_length(mmd_eval_context_t *c) {
  const mmd_datum_t *sequence;
  mmd_shape_t scalar = {.rank = 0};
  MMD_TRY(need_sequence(c, 0, &sequence));
  int64_t length = (int64_t)sequence->item_count;
  return mmd_eval_store_i64(c, 0, MMD_I64, &scalar, &length);
}

// ---- SplitToSequence and ConcatFromSequence.

static mmd_status_t append_piece(mmd_eval_context_t *c, const mmd_tensor_t *input, int axis,
                                 int64_t begin, int64_t end, bool squeeze) {
  mmd_datum_t item = {.kind = MMD_TYPE_TENSOR};
  mmd_datum_t *sequence = &c->outputs[0];
  mmd_tensor_t view;
  MMD_TRY(mmd_tensor_slice(input, axis, begin, end, &view));
  mmd_shape_t shape = view.shape;
  if (squeeze) {
    for (int i = axis; i + 1 < shape.rank; ++i) shape.dims[i] = shape.dims[i + 1];
    --shape.rank;
  }
  mmd_tensor_t packed;
  mmd_status_t status = mmd_tensor_contiguous(&view, &packed);
  mmd_tensor_deinit(&view);
  MMD_TRY(status);
  status = mmd_tensor_reshape(&packed, &shape, &item.tensor);
  mmd_tensor_deinit(&packed);
  if (status) return status;
  sequence->items[sequence->item_count++] = item;
  sequence->tensor.dtype = input->dtype;
  return NULL;
}

static mmd_status_t evaluate_split(mmd_eval_context_t *c) {
  const mmd_tensor_t *input, *split = mmd_eval_input(c, 1);
  const int64_t *sizes = NULL;
  int axis;
  MMD_TRY(need_tensor(c, 0, &input));
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), input->shape.rank, &axis));
  int64_t dim = input->shape.dims[axis], chunk = 1, at = 0;
  bool squeeze = !split && mmd_node_attr_int(c->node, "keepdims", 1) == 0;
  size_t count = (size_t)dim;
  if (split && split->shape.rank == 0) {
    MMD_TRY(mmd_eval_scalar_i64(c, 1, 1, &chunk));
    if (chunk < 1)
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "pieces of %lld", (long long)chunk);
    count = (size_t)(dim / chunk + (dim % chunk != 0));
  } else if (split) {
    MMD_TRY(mmd_eval_load_i64(c, split, &sizes));
    count = mmd_tensor_count(split);
  }
  MMD_TRY(begin_sequence(c, 0, count));
  for (size_t i = 0; i < count; ++i) {
    int64_t size = sizes ? sizes[i] : chunk < dim - at ? chunk : dim - at;
    if (size < 0 || size > dim - at) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "a piece of %lld", (long long)size);
    }
    MMD_TRY(append_piece(c, input, axis, at, at + size, squeeze));
    at += size;
  }
  return NULL;
}

static mmd_status_t evaluate_concat(mmd_eval_context_t *c) {
  const mmd_datum_t *sequence;
  bool stack = mmd_node_attr_int(c->node, "new_axis", 0) != 0;
  MMD_TRY(need_sequence(c, 0, &sequence));
  if (sequence->item_count == 0 || sequence->items[0].kind != MMD_TYPE_TENSOR) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "nothing to join");
  }
  const mmd_tensor_t *first = &sequence->items[0].tensor;
  int axis, rank = first->shape.rank + stack;
  if (rank > MMD_MAX_RANK) return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "rank %d", rank);
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), rank, &axis));
  mmd_shape_t shape = {.rank = rank};
  for (int i = 0, k = 0; i < rank; ++i) {
    shape.dims[i] = i == axis ? 0 : first->shape.dims[k];
    k += !(stack && i == axis);
  }
  for (size_t k = 0; k < sequence->item_count; ++k) {
    const mmd_tensor_t *item = &sequence->items[k].tensor;
    bool fits = item->dtype == first->dtype && item->shape.rank == first->shape.rank;
    for (int i = 0; fits && i < first->shape.rank; ++i) {
      fits = (i == axis && !stack) || item->shape.dims[i] == first->shape.dims[i];
    }
    if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "item %zu does not fit", k);
    if (__builtin_add_overflow(shape.dims[axis], stack ? 1 : item->shape.dims[axis],
                               &shape.dims[axis])) {
      return mmd_status_no_memory();
    }
  }
  MMD_TRY(mmd_eval_output_create(c, 0, first->dtype, &shape, NULL));
  size_t outer = mmd_shape_range(&shape, 0, axis), row = mmd_shape_range(&shape, axis, rank),
         at = 0;
  for (size_t k = 0; k < sequence->item_count; ++k) {
    const mmd_tensor_t *item = &sequence->items[k].tensor;
    size_t piece = outer ? mmd_tensor_count(item) / outer : 0;
    for (size_t i = 0; i < outer; ++i) {
      MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, i * row + at, item, i * piece, piece));
    }
    at += piece;
  }
  return NULL;
}

// ---- SequenceMap: the body on each item; tensors go in as they are.

static mmd_status_t map_item(mmd_eval_context_t *c, const mmd_region_t *body, size_t item,
                             mmd_datum_t *inputs, mmd_datum_t *outputs) {
  for (size_t i = 0; i < c->input_count; ++i) {
    const mmd_datum_t *input = c->inputs[i];
    bool sequence = input->kind == MMD_TYPE_SEQUENCE;
    if (sequence && item >= input->item_count) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "sequences differ in length");
    }
    inputs[i] = sequence ? input->items[item] : *input;  // borrowed
  }
  MMD_TRY(mmd_evaluator_run_region(c->evaluator, body, inputs, c->input_count, outputs,
                                   c->output_count));
  for (size_t i = 0; i < c->output_count; ++i) {
    mmd_datum_t *sequence = &c->outputs[i];
    sequence->tensor.dtype = outputs[i].tensor.dtype;
    sequence->items[sequence->item_count++] = outputs[i];
    outputs[i] = (mmd_datum_t){0};
  }
  return NULL;
}

static mmd_status_t evaluate_map(mmd_eval_context_t *c) {
  const mmd_region_t *body = mmd_node_attr_region(c->node, "body");
  const mmd_datum_t *first;
  mmd_datum_t *inputs, *outputs;
  if (!body) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "it has no graph 'body'");
  MMD_TRY(need_sequence(c, 0, &first));
  for (size_t i = 0; i < c->input_count; ++i) {
    if (!given(c, i))
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is missing", i);
  }
  MMD_TRY(mmd_eval_scratch(c, c->input_count + 1, sizeof *inputs, &inputs));
  MMD_TRY(mmd_eval_scratch(c, c->output_count + 1, sizeof *outputs, &outputs));
  for (size_t i = 0; i < c->output_count; ++i) MMD_TRY(begin_sequence(c, i, first->item_count));
  for (size_t k = 0; k < first->item_count; ++k) MMD_TRY(map_item(c, body, k, inputs, outputs));
  return NULL;
}

// ---- Optionals: one that holds something is that thing itself.

static mmd_status_t evaluate_optional(mmd_eval_context_t *c) {
  const mmd_datum_t *input = given(c, 0);
  return input ? mmd_datum_copy(input, &c->outputs[0]) : NULL;
}

static mmd_status_t evaluate_get(mmd_eval_context_t *c) {
  const mmd_datum_t *input = given(c, 0);
  if (!input) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the optional is empty");
  return mmd_datum_copy(input, &c->outputs[0]);
}

static mmd_status_t evaluate_has(mmd_eval_context_t *c) {
  mmd_shape_t scalar = {.rank = 0};
  int64_t has = given(c, 0) != NULL;
  return mmd_eval_store_i64(c, 0, MMD_BOOL, &scalar, &has);
}

// ---- Types: that it is a sequence, of what when it is plain.

static mmd_status_t set_sequence(mmd_infer_context_t *c, size_t i, mmd_dtype_t dtype) {
  if (dtype < MMD_DTYPE_UNDEFINED || dtype >= MMD_DTYPE_COUNT) dtype = MMD_DTYPE_UNDEFINED;
  mmd_type_t element = {.kind = MMD_TYPE_TENSOR, .dtype = dtype};
  mmd_type_t type = {.kind = MMD_TYPE_SEQUENCE, .element = &element};
  return mmd_infer_output_type(c, i, &type);
}

static mmd_dtype_t element_dtype(const mmd_infer_context_t *c, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(c->node, i);
  const mmd_type_t *type = edge ? &edge->type : NULL;
  while (type && type->kind != MMD_TYPE_TENSOR) type = type->element;
  return type ? type->dtype : MMD_DTYPE_UNDEFINED;
}

static mmd_status_t infer_sequence(mmd_infer_context_t *c) {
  mmd_dtype_t dtype = element_dtype(c, 0);
  if (strcmp(c->node->op, "SequenceEmpty") == 0) {
    dtype = (mmd_dtype_t)mmd_node_attr_int(c->node, "dtype", MMD_F32);
  }
  return set_sequence(c, 0, dtype);
}

static mmd_status_t infer_element(mmd_infer_context_t *c) {
  return mmd_infer_output(c, 0, element_dtype(c, 0), -1, NULL);
}

static mmd_status_t infer_length(mmd_infer_context_t *c) {
  return mmd_infer_output(c, 0, MMD_I64, 0, NULL);
}

static mmd_status_t infer_has(mmd_infer_context_t *c) {
  return mmd_infer_output(c, 0, MMD_BOOL, 0, NULL);
}

static mmd_status_t infer_get(mmd_infer_context_t *c) {
  const mmd_edge_t *edge = mmd_node_input(c->node, 0);
  const mmd_type_t *type = edge ? &edge->type : NULL;
  while (type && type->kind == MMD_TYPE_OPTIONAL) type = type->element;
  return type && type->kind != MMD_TYPE_UNKNOWN ? mmd_infer_output_type(c, 0, type) : NULL;
}

static mmd_status_t infer_map(mmd_infer_context_t *c) {
  mmd_region_t *body = mmd_node_attr_region(c->node, "body");
  if (!body) return NULL;
  MMD_TRY(mmd_infer_region(c->graph, body));
  for (size_t i = 0; i < c->node->output_count && i < body->output_count; ++i) {
    const mmd_type_t *type = &body->outputs[i]->type;
    MMD_TRY(set_sequence(c, i, type->kind == MMD_TYPE_TENSOR ? type->dtype : MMD_DTYPE_UNDEFINED));
  }
  return NULL;
}

#define ANY MMD_OP_ANY_KIND
static const mmd_op_t ops[] = {
    {"", "ConcatFromSequence", 11, 1, 1, 1, 1, infer_element, evaluate_concat, ANY},
    {"", "Optional", 15, 0, 1, 1, 1, NULL, evaluate_optional, ANY},
    {"", "OptionalGetElement", 15, 1, 1, 1, 1, infer_get, evaluate_get, ANY},
    {"", "OptionalHasElement", 15, 0, 1, 1, 1, infer_has, evaluate_has, ANY},
    {"", "SequenceAt", 11, 2, 2, 1, 1, infer_element, evaluate_at, ANY},
    {"", "SequenceConstruct", 11, 1, -1, 1, 1, infer_sequence, evaluate_construct, ANY},
    {"", "SequenceEmpty", 11, 0, 0, 1, 1, infer_sequence, evaluate_empty, ANY},
    {"", "SequenceErase", 11, 1, 2, 1, 1, infer_sequence, evaluate_erase, ANY},
    {"", "SequenceInsert", 11, 2, 3, 1, 1, infer_sequence, evaluate_insert, ANY},
    {"", "SequenceLength", 11, 1, 1, 1, 1, infer_length, evaluate_length, ANY},
    {"", "SequenceMap", 17, 1, -1, 1, -1, infer_map, evaluate_map, ANY},
    {"", "SplitToSequence", 11, 1, 2, 1, 1, infer_sequence, evaluate_split, ANY},
};
const mmd_op_family_t mmd_ops_sequence = MMD_OP_FAMILY(ops);
