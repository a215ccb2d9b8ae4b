// SPDX-License-Identifier: Apache-2.0
//
// A node whose inputs are all constants becomes a constant, and so does one whose elements the
// shape arithmetic knows (Shape of a static tensor). The size of the result is known from its type
// before it is computed; large results of small inputs (ConstantOfShape, Expand) stay nodes.
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/log.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "passes/pass_util.h"

typedef struct {
  const mmd_pass_options_t *options;
  bool changed;
} fold_t;

static bool is_one_of(const mmd_node_t *node, const char *const *ops) {
  for (; *ops; ++ops)
    if (strcmp(node->op, *ops) == 0) return true;
  return false;
}

// Each run answers differently, or they own regions.
static bool is_excluded(const mmd_node_t *node) {
  static const char *const random_ops[] = {
      "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
      "Multinomial",  "Bernoulli",        "Dropout",       NULL};
  if (is_one_of(node, random_ops)) return true;
  for (size_t i = 0; i < node->attr_count; ++i) {
    mmd_attr_kind_t kind = node->attrs[i].kind;
    if (kind == MMD_ATTR_REGION || kind == MMD_ATTR_REGIONS || kind == MMD_ATTR_REFERENCE)
      return true;
  }
  return false;
}

static bool has_constant_inputs(const mmd_node_t *node) {
  for (size_t i = 0; i < node->input_count; ++i)
    if (node->inputs[i] && !node->inputs[i]->is_constant) return false;
  return true;
}

// The Identity that stands between a constant and an output that must keep its name.
static bool is_output_identity(const mmd_node_t *node) {
  return mmd_node_is(node, MMD_DOMAIN_ONNX, "Identity") && mmd_edge_is_output(node->outputs[0]);
}

static size_t input_bytes(const mmd_node_t *node) {
  size_t bytes = 0;
  for (size_t i = 0; i < node->input_count; ++i)
    if (node->inputs[i]) bytes += mmd_tensor_byte_size(&node->inputs[i]->constant);
  return bytes;
}

static bool type_bytes(const mmd_type_t *type, size_t *out_bytes) {
  if (!mmd_type_is_static(type) || type->dtype == MMD_DTYPE_UNDEFINED) return false;
  size_t bits = mmd_dtype_bits(type->dtype), size = bits ? (bits + 7) / 8 : 64;  // strings: a guess
  for (int i = 0; i < type->rank; ++i)
    if (type->dims[i]->number < 0 || !mmd_checked_mul(size, (size_t)type->dims[i]->number, &size))
      return false;
  *out_bytes = size;
  return true;
}

// Whether the results are known to be of a size that may be kept.
static bool has_small_outputs(const mmd_node_t *node, const mmd_pass_options_t *options) {
  // How many elements these have depends on the data, but they never have more than a few per input
  // element.
  static const char *const shrinking_ops[] = {"NonZero", "Compress", "Unique", NULL};
  size_t limit = options->fold_limit ? options->fold_limit : MMD_PASS_FOLD_LIMIT;
  size_t in = input_bytes(node), out = 0;
  if (is_one_of(node, shrinking_ops)) return in <= limit / (8 * MMD_MAX_RANK);
  if (strcmp(node->op, "Constant") == 0) return true;
  for (size_t i = 0; i < node->output_count; ++i) {
    size_t bytes = 0;
    if (!node->outputs[i]) continue;
    if (!type_bytes(&node->outputs[i]->type, &bytes) || !mmd_checked_add(out, bytes, &out))
      return false;
  }
  return out <= in || out <= limit;
}

static bool can_fold(const mmd_node_t *node, const mmd_pass_options_t *options) {
  if (node->output_count == 0 || mmd_pass_is_opaque(node) || is_excluded(node)) return false;
  if (!has_constant_inputs(node) || !node->outputs[0] || is_output_identity(node)) return false;
  const mmd_op_t *op = mmd_op_find(node->domain, node->op, node->version);
  return op->evaluate && has_small_outputs(node, options);
}

// The constant takes over the uses and the name of |output|.
static mmd_status_t replace_output(mmd_node_t *node, mmd_edge_t *output,
                                   const mmd_tensor_t *tensor) {
  mmd_edge_t *constant = NULL;
  const char *name = output->name;
  MMD_TRY(mmd_region_add_constant(node->region, name, tensor, &constant));
  MMD_TRY(mmd_edge_forward(output, constant));
  if (output->name != name) return NULL;  // an Identity has it
  const char *spare = mmd_graph_fresh_name(node->region->graph, name);
  MMD_TRY_ALLOC(spare);
  MMD_TRY(mmd_edge_rename(output, spare));
  return mmd_edge_rename(constant, name);
}

static mmd_status_t replace_outputs(mmd_node_t *node, const mmd_datum_t *results) {
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i] && results[i].kind != MMD_TYPE_TENSOR) return NULL;
  for (size_t i = 0; i < node->output_count; ++i)
    if (mmd_pass_output_used(node, i))
      MMD_TRY(replace_output(node, node->outputs[i], &results[i].tensor));
  return mmd_node_erase(node);
}

// A node that cannot be evaluated stays; who runs the graph will say why.
static mmd_status_t keep_node(const mmd_node_t *node, mmd_status_t status) {
  mmd_code_t code = mmd_status_code(status);
  if (code == MMD_OUT_OF_MEMORY || code == MMD_CANCELLED || code == MMD_INTERNAL) return status;
  MMD_LOGD("%s node '%s' is not folded: %s", node->op, node->name, mmd_status_message(status));
  mmd_status_free(status);
  return NULL;
}

static mmd_status_t fold_with(fold_t *fold, mmd_node_t *node, mmd_datum_t *inputs,
                              const mmd_datum_t **pointers, mmd_datum_t *outputs) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < node->input_count && !status; ++i) {
    if (!node->inputs[i]) continue;
    inputs[i].kind = MMD_TYPE_TENSOR;
    pointers[i] = &inputs[i];
    // Operators want packed and aligned elements; weights in a file may be neither.
    status = mmd_tensor_contiguous(&node->inputs[i]->constant, &inputs[i].tensor);
  }
  if (status) return status;
  status = mmd_evaluate_node(node, MMD_EVAL_PLAIN, fold->options->pool, pointers, outputs);
  if (status) return keep_node(node, status);
  MMD_TRY(replace_outputs(node, outputs));
  fold->changed |= node->erased;
  return NULL;
}

static bool has_known_elements(const mmd_edge_t *edge) {
  const mmd_type_t *type = &edge->type;
  size_t bytes = 0, size = mmd_dtype_size(type->dtype);
  bool is_integer = mmd_dtype_is_signed_int(type->dtype) || type->dtype == MMD_BOOL;
  if (!edge->elements || !is_integer || size == 0 || !type_bytes(type, &bytes)) return false;
  if (bytes != edge->element_count * size) return false;
  for (size_t i = 0; i < edge->element_count; ++i)
    if (!mmd_dim_is_const(edge->elements[i])) return false;
  return true;
}

static bool has_known_outputs(const mmd_node_t *node) {
  if (node->output_count == 0 || mmd_pass_is_opaque(node) || is_excluded(node)) return false;
  if (!node->outputs[0] || is_output_identity(node)) return false;
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i] && !has_known_elements(node->outputs[i])) return false;
  return true;
}

static mmd_status_t make_known(const mmd_edge_t *edge, mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {.rank = edge->type.rank};
  for (int i = 0; i < shape.rank; ++i) shape.dims[i] = edge->type.dims[i]->number;
  MMD_TRY(mmd_tensor_create(edge->type.dtype, &shape, true, out_tensor));
  for (size_t i = 0; i < edge->element_count; ++i)
    mmd_dtype_store_i64(edge->type.dtype, mmd_tensor_mutable_data(out_tensor), i,
                        edge->elements[i]->number);
  return NULL;
}

static mmd_status_t fold_known(fold_t *fold, mmd_node_t *node) {
  for (size_t i = 0; i < node->output_count; ++i) {
    if (!mmd_pass_output_used(node, i)) continue;
    mmd_tensor_t tensor = {0};
    MMD_TRY(make_known(node->outputs[i], &tensor));
    mmd_status_t status = replace_output(node, node->outputs[i], &tensor);
    mmd_tensor_deinit(&tensor);
    MMD_TRY(status);
  }
  fold->changed = true;
  return mmd_node_erase(node);
}

static mmd_status_t fold_node(mmd_node_t *node, void *context) {
  fold_t *fold = context;
  if (has_known_outputs(node)) return fold_known(fold, node);
  if (!can_fold(node, fold->options)) return NULL;
  size_t in = node->input_count, out = node->output_count;
  mmd_datum_t *inputs = mmd_alloc_array(in + 1, sizeof *inputs);
  mmd_datum_t *outputs = mmd_alloc_array(out + 1, sizeof *outputs);
  const mmd_datum_t **pointers = mmd_alloc_array(in + 1, sizeof *pointers);
  mmd_status_t status = inputs && outputs && pointers
                            ? fold_with(fold, node, inputs, pointers, outputs)
                            : mmd_status_no_memory();
  for (size_t i = 0; inputs && i < in; ++i) mmd_tensor_deinit(&inputs[i].tensor);
  for (size_t i = 0; outputs && i < out; ++i) mmd_datum_deinit(&outputs[i]);
  mmd_free(inputs);
  mmd_free(outputs);
  mmd_free(pointers);
  return status;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  // What a fold makes known may tell the size of the next result, so types are inferred again.
  for (bool changed = true; changed;) {
    fold_t fold = {.options = options};
    MMD_TRY(mmd_graph_infer(graph));
    MMD_TRY(mmd_pass_walk(graph, fold_node, &fold));
    changed = fold.changed;
    *out_changed |= changed;
  }
  return NULL;
}

const mmd_pass_t mmd_pass_fold_constants = {
    .name = "fold_constants",
    .help = "compute nodes whose inputs are constants",
    .run = run,
};
