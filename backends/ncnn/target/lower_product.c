// SPDX-License-Identifier: Apache-2.0
//
// Matrix products. Those with constant weights are InnerProduct, whose weights are [N, K].
#include <string.h>

#include "backends/ncnn/target/lower_table.h"
#include "backends/ncnn/target/ops.h"

//===--- constant weights --------------------------------------------------===//

// [K, N] or, turned already, [N, K]; times |factor|.
static mmd_status_t make_weights(const mmd_tensor_t *b, bool is_turned, double factor,
                                 mmd_tensor_t *out_weights) {
  const int64_t rows = b->shape.dims[0], columns = b->shape.dims[1];
  if (!rows || !columns) return MMD_ERROR(MMD_NOT_SUPPORTED, "ncnn: weights without elements");
  return is_turned ? nc_swap_axes(b, rows, 1, 1, factor, out_weights)
                   : nc_swap_axes(b, 1, rows, columns, factor, out_weights);
}

// More than two axes are folded to two for the layer.
static nc_blob_t *inner_product(nc_lower_t *l, const mmd_tensor_t *weights, bool has_bias) {
  nc_form_t form = nc_input_form(l, 0);
  const nc_form_t to = nc_output_form(l, 0);
  const int64_t outputs = weights->shape.dims[0];
  nc_blob_t *x = nc_input(l, 0);
  if (form.is_flat || form.axes[form.count - 1] != form.rank - 1)
    nc_refuse(l, "tensors of too many sizes");
  if (!nc_ok(l)) return NULL;
  if (form.count > 2) {
    nc_form_t folded = {.rank = 2, .count = 2, .axes = {0, 1}};
    folded.dims[0] = mmd_dim_const(l->graph, 1);
    folded.dims[1] = form.dims[form.count - 1];
    for (int i = 0; i + 1 < form.count; ++i)
      folded.dims[0] = mmd_dim_mul(l->graph, folded.dims[0], form.dims[i]);
    x = nc_reshape_form(l, x, &form, &folded);
    form = folded;
  }
  nc_blob_t *out = nc_emit_one(l, "InnerProduct", x);
  nc_set_int(l, out, 0, outputs);
  if (has_bias) nc_set_int(l, out, 1, 1);
  nc_set_int(l, out, 2, (int64_t)mmd_tensor_count(weights));
  nc_add_weights(l, out, weights, true);
  form.dims[form.count - 1] = mmd_dim_const(l->graph, outputs);
  // The bias comes next to the weights; a reshape may follow.
  return has_bias ? out : nc_reshape_form(l, out, &form, &to);
}

//===--- MatMul ------------------------------------------------------------===//

// Axes that both operands share as a mat's first, then rows and columns.
typedef struct product_t {
  int batch_count;
  int batch_axes[MMD_NCNN_MAX_AXES];  // of the output
  const mmd_dim_t *m, *k, *n;
  const mmd_dim_t *folded;  // all axes in front as one, where they are too many; or NULL
} product_t;

static const mmd_dim_t *dim_from_end(const mmd_type_t *type, int from_end) {
  return type->dims[type->rank - from_end];
}

// Axes of the output in front of its rows and columns.
static int output_batch_rank(const nc_lower_t *l) {
  const mmd_type_t *a = &mmd_node_input(l->node, 0)->type, *b = &mmd_node_input(l->node, 1)->type;
  return l->node->outputs[0]->type.rank - (a->rank > 1) - (b->rank > 1);
}

// Too many axes in front are one.
static const mmd_dim_t *fold_batch(nc_lower_t *l) {
  const mmd_type_t *out = &l->node->outputs[0]->type;
  const mmd_dim_t *folded = mmd_dim_const(l->graph, 1);
  for (int i = 0; i < output_batch_rank(l); ++i) {
    if (out->dims[i] != l->batch) folded = mmd_dim_mul(l->graph, folded, out->dims[i]);
  }
  return folded;
}

// An operand as [folded, rows, columns], with the axes in front that the result has.
static nc_blob_t *fold_operand(nc_lower_t *l, size_t i, const product_t *p, const mmd_dim_t *rows,
                               const mmd_dim_t *columns) {
  const mmd_type_t *out = &l->node->outputs[0]->type;
  const mmd_dim_t *const dims[] = {p->folded, rows, columns};
  mmd_type_t like = *out;
  const nc_form_t flat = {.is_flat = true, .count = 1};
  like.dims[out->rank - 2] = rows;
  like.dims[out->rank - 1] = columns;
  return nc_reshape(l, nc_flat_like(l, i, &like), &flat, 3, dims);
}

static bool find_product(nc_lower_t *l, product_t *p) {
  const mmd_type_t *a = &mmd_node_input(l->node, 0)->type, *b = &mmd_node_input(l->node, 1)->type;
  const nc_form_t to = nc_output_form(l, 0);
  const mmd_dim_t *one = mmd_dim_const(l->graph, 1);
  p->m = a->rank > 1 ? dim_from_end(a, 2) : one;
  p->k = dim_from_end(a, 1);
  p->n = b->rank > 1 ? dim_from_end(b, 1) : one;
  p->batch_count = 0;
  p->folded = NULL;
  for (int i = 0; i < to.count && !to.is_flat; ++i) {
    if (to.axes[i] >= 0 && to.axes[i] < output_batch_rank(l))
      p->batch_axes[p->batch_count++] = to.axes[i];
  }
  if (p->m == l->batch || p->k == l->batch || p->n == l->batch) {
    if (p->m != l->batch) nc_refuse(l, "over the batch");
    p->m = one;
  }
  if (to.is_flat || p->batch_count > 2) {
    p->folded = fold_batch(l);
    p->batch_count = 1;
    if (a->rank < 2 || b->rank < 2) nc_refuse(l, "tensors of more than 4 sizes");
  }
  return nc_ok(l);
}

static nc_blob_t *operand(nc_lower_t *l, size_t i, const product_t *p, const mmd_dim_t *rows,
                          const mmd_dim_t *columns) {
  const mmd_type_t *type = &mmd_node_input(l->node, i)->type;
  const nc_form_t from = nc_input_form(l, i);
  const mmd_dim_t *dims[MMD_NCNN_MAX_AXES];
  if (p->folded) return fold_operand(l, i, p, rows, columns);
  const int shift = output_batch_rank(l) - (type->rank > 2 ? type->rank - 2 : 0);
  int count = 0;
  for (; count < p->batch_count; ++count) {
    const int axis = p->batch_axes[count] - shift;
    dims[count] = axis >= 0 ? type->dims[axis] : mmd_dim_const(l->graph, 1);
  }
  dims[count++] = rows;
  dims[count++] = columns;
  return nc_reshape(l, nc_input(l, i), &from, count, dims);
}

static nc_blob_t *product(nc_lower_t *l, const product_t *p, nc_blob_t *a, nc_blob_t *b,
                          bool is_b_turned) {
  const nc_form_t to = nc_output_form(l, 0);
  const mmd_type_t *type = &l->node->outputs[0]->type;
  nc_form_t middle = {.count = p->batch_count + 2};
  nc_blob_t *const inputs[] = {a, b};
  nc_blob_t *out = nc_emit(l, "MatMul", 2, inputs);
  if (is_b_turned) nc_set_int(l, out, 0, 1);
  for (int i = 0; i < p->batch_count; ++i)
    middle.dims[i] = p->folded ? p->folded : type->dims[p->batch_axes[i]];
  middle.dims[p->batch_count] = p->m;
  middle.dims[p->batch_count + 1] = p->n;
  return nc_reshape_form(l, out, &middle, &to);
}

void nc_lower_matmul(nc_lower_t *l) {
  const mmd_tensor_t *b = nc_input_constant(l, 1);
  const nc_form_t form = nc_input_form(l, 0);
  product_t p;
  if (!nc_ok(l)) return;
  nc_input_form(l, 1);
  if (!nc_ok(l)) return;
  if (b && b->shape.rank == 2 && !form.is_flat && form.axes[form.count - 1] == form.rank - 1) {
    mmd_tensor_t weights = {0};
    nc_fail(l, make_weights(b, false, 1, &weights));
    if (nc_ok(l)) nc_output(l, 0, inner_product(l, &weights, false));
    mmd_tensor_deinit(&weights);
    return;
  }
  if (!find_product(l, &p)) return;
  nc_blob_t *left = operand(l, 0, &p, p.m, p.k);
  nc_output(l, 0, product(l, &p, left, operand(l, 1, &p, p.k, p.n), false));
}

//===--- Gemm --------------------------------------------------------------===//

static nc_blob_t *turned(nc_lower_t *l, size_t i, bool is_turned) {
  const mmd_type_t *type = &mmd_node_input(l->node, i)->type;
  const nc_form_t from = nc_input_form(l, i);
  nc_blob_t *x = nc_reshape(l, nc_input(l, i), &from, 2, type->dims);
  if (!is_turned) return x;
  nc_blob_t *out = nc_emit_one(l, "Permute", x);
  nc_set_int(l, out, 0, 1);
  return out;
}

// alpha * A B + beta * C, step by step.
static void gemm_of_values(nc_lower_t *l, bool trans_a, bool trans_b) {
  const mmd_type_t *out_type = &l->node->outputs[0]->type;
  const nc_form_t to = nc_output_form(l, 0);
  const double alpha = nc_attr_float(l, "alpha", 1), beta = nc_attr_float(l, "beta", 1);
  const product_t p = {.m = out_type->dims[0], .n = out_type->dims[1]};
  for (size_t i = 0; i < 2; ++i) {
    const mmd_type_t *type = &mmd_node_input(l->node, i)->type;
    if (type->dims[0] == l->batch || type->dims[1] == l->batch) nc_refuse(l, "over the batch");
  }
  if (!nc_ok(l)) return;
  nc_blob_t *a = turned(l, 0, trans_a);
  nc_blob_t *out = product(l, &p, a, turned(l, 1, false), trans_b);
  if (alpha != 1) out = nc_binary_scalar(l, NC_MUL, out, alpha);
  if (nc_has_input(l, 2)) {
    nc_blob_t *c = nc_input_like(l, 2, &to);
    if (beta != 1) c = nc_binary_scalar(l, NC_MUL, c, beta);
    out = nc_binary(l, NC_ADD, out, c);
  }
  nc_output(l, 0, out);
}

// A bias of one number a column, or one for all.
static void add_bias(nc_lower_t *l, nc_blob_t *out, const mmd_tensor_t *c, int64_t columns,
                     double beta) {
  mmd_tensor_t bias = {0};
  const mmd_shape_t shape = {1, {columns}};
  mmd_status_t status = mmd_tensor_create(MMD_F32, &shape, true, &bias);
  float *data = status ? NULL : mmd_tensor_mutable_data(&bias);
  const bool is_one = mmd_tensor_count(c) == 1;
  for (int64_t i = 0; i < columns && data; ++i)
    data[i] = (float)(mmd_tensor_get_f64(c, is_one ? 0 : (size_t)i) * beta);
  nc_fail(l, status);
  if (!status) nc_add_weights(l, out, &bias, false);
  mmd_tensor_deinit(&bias);
}

void nc_lower_gemm(nc_lower_t *l) {
  const bool trans_a = nc_attr_int(l, "transA", 0) != 0, trans_b = nc_attr_int(l, "transB", 0) != 0;
  const mmd_tensor_t *b = nc_input_constant(l, 1), *c = nc_input_constant(l, 2);
  mmd_tensor_t weights = {0};
  nc_input_form(l, 0);
  nc_input_form(l, 1);
  if (!nc_ok(l)) return;
  const int64_t columns = b && b->shape.rank == 2 ? b->shape.dims[trans_b ? 0 : 1] : -1;
  const bool has_c = nc_has_input(l, 2);
  const bool is_row =
      !has_c || (c && (mmd_tensor_count(c) == 1 || ((int64_t)mmd_tensor_count(c) == columns &&
                                                    c->shape.dims[c->shape.rank - 1] == columns)));
  if (!b || trans_a || columns < 1 || !is_row) {
    gemm_of_values(l, trans_a, trans_b);
    return;
  }
  nc_fail(l, make_weights(b, trans_b, nc_attr_float(l, "alpha", 1), &weights));
  nc_blob_t *out = nc_ok(l) ? inner_product(l, &weights, has_c) : NULL;
  if (out && has_c) add_bias(l, out, c, columns, nc_attr_float(l, "beta", 1));
  mmd_tensor_deinit(&weights);
  nc_output(l, 0, out);  // of rank 2: nothing was folded
}

//===--- Einsum ------------------------------------------------------------===//

// The engine's letters begin with i, and those of the result stand in their order.
typedef struct letters_t {
  char names[32];  // the engine's for 'a' to 'z'; 0 = none yet, '-' = left out
  char next;
} letters_t;

static char letter(letters_t *letters, char c) {
  char *name = &letters->names[(c | 0x20) - 'a'];
  if (!*name) *name = letters->next++;
  return *name;
}

// The letters of a term for the axes that the mat has; false where the term is not one letter an
// axis, or a letter is left out here only.
static bool read_term(const char *term, size_t size, const nc_form_t *form, letters_t *letters,
                      int64_t *numbers, size_t *inout_count) {
  int axis = 0, kept = 0;
  for (size_t i = 0; i < size; ++i) {
    const char c = term[i];
    if (c == ' ') continue;
    if (c < 'a' || c > 'z') return false;
    const bool is_kept = kept < form->count && form->axes[kept] == axis;
    char *name = &letters->names[c - 'a'];
    if (!is_kept && *name && *name != '-') return false;
    if (!is_kept) *name = '-';
    if (is_kept && *name == '-') return false;
    if (is_kept) numbers[(*inout_count)++] = letter(letters, c);
    kept += is_kept;
    ++axis;
  }
  return axis == form->rank && kept == form->count;
}

void nc_lower_einsum(nc_lower_t *l) {
  enum { MAX_INPUTS = 8, MAX_LETTERS = 96 };
  const char *equation = nc_attr_string(l, "equation", ""), *arrow = strstr(equation, "->");
  letters_t letters = {.next = 'i'};
  int64_t numbers[MAX_LETTERS], result[MAX_LETTERS];
  size_t count = 0, result_count = 0;
  nc_blob_t *inputs[MAX_INPUTS];
  nc_form_t to = nc_output_form(l, 0);
  bool is_good = arrow && strlen(equation) < MAX_LETTERS / 2 && !to.is_flat &&
                 l->node->input_count <= MAX_INPUTS &&
                 read_term(arrow + 2, strlen(arrow + 2), &to, &letters, result, &result_count);
  const char *term = equation;
  for (size_t i = 0; i < l->node->input_count && is_good && nc_ok(l); ++i) {
    const nc_form_t form = nc_input_form(l, i);
    const char *end = strchr(term, ',');
    const size_t size = (size_t)((end && end < arrow ? end : arrow) - term);
    if (i) numbers[count++] = ',';
    is_good = !form.is_flat && read_term(term, size, &form, &letters, numbers, &count);
    inputs[i] = nc_input(l, i);
    term += size + 1;
  }
  if (!is_good || !result_count || letters.next > 'x' + 1) nc_refuse(l, "equation %s", equation);
  if (!nc_ok(l)) return;
  numbers[count++] = '-';
  numbers[count++] = '>';
  memcpy(numbers + count, result, result_count * sizeof *result);
  nc_blob_t *out = nc_emit(l, "Einsum", l->node->input_count, inputs);
  nc_set_ints(l, out, 0, count + result_count, numbers);
  nc_output(l, 0, out);
}
