// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/target/lower.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backends/ncnn/target/lower_graph.h"

//===--- errors ------------------------------------------------------------===//

bool nc_ok(const nc_lower_t *l) {
  return !l->status && !l->is_refused;
}

void nc_fail(nc_lower_t *l, mmd_status_t status) {
  if (l->status) {
    mmd_status_free(status);
  } else {
    l->status = status;
  }
}

void nc_refuse(nc_lower_t *l, const char *fmt, ...) {
  enum { MAX_TOLD = 20 };
  char reason[256];
  if (!nc_ok(l)) return;
  l->is_refused = true;
  if (++l->refused_count > MAX_TOLD) return;
  va_list arguments;
  va_start(arguments, fmt);
  vsnprintf(reason, sizeof reason, fmt, arguments);
  va_end(arguments);
  mmd_status_t status = l->refused.size ? mmd_str_append(&l->refused, "; ") : NULL;
  if (!status) status = mmd_node_describe(l->node, &l->refused);
  if (!status) status = mmd_str_printf(&l->refused, ": %s", reason);
  nc_fail(l, status);
}

//===--- values ------------------------------------------------------------===//

bool nc_has_input(const nc_lower_t *l, size_t i) {
  return mmd_node_input(l->node, i) != NULL;
}

// What takes the result of a refused node is left out without a word.
nc_blob_t *nc_input(nc_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (!edge || !nc_ok(l)) return NULL;
  nc_blob_t *blob = nc_graph_value(l, edge);
  if (!blob) l->is_refused = true;
  return blob;
}

void nc_output(nc_lower_t *l, size_t i, nc_blob_t *blob) {
  if (!nc_ok(l) || !blob || i >= l->node->output_count || !l->node->outputs[i]) return;
  nc_graph_bind(l, l->node->outputs[i], blob);
}

static nc_form_t form_of(nc_lower_t *l, const mmd_edge_t *edge, const char *what, size_t i) {
  nc_form_t form = {0};
  if (edge && !nc_form_of(l->graph, &edge->type, l->batch, &form))
    nc_refuse(l, "the rank of %s %zu is not known", what, i);
  return form;
}

nc_form_t nc_input_form(nc_lower_t *l, size_t i) {
  return form_of(l, mmd_node_input(l->node, i), "input", i);
}

nc_form_t nc_output_form(nc_lower_t *l, size_t i) {
  return form_of(l, i < l->node->output_count ? l->node->outputs[i] : NULL, "output", i);
}

int nc_input_axis(nc_lower_t *l, size_t i, int64_t axis) {
  const nc_form_t form = nc_input_form(l, i);
  const int found = nc_form_axis(&form, axis);
  if (found >= 0) return found;
  nc_refuse(l, "axis %lld is the batch, or one of too many", (long long)axis);
  return 0;
}

//===--- layers ------------------------------------------------------------===//

nc_blob_t *nc_emit_many(nc_lower_t *l, const char *type, size_t input_count,
                        nc_blob_t *const *inputs, size_t output_count) {
  nc_layer_t *layer = NULL;
  for (size_t i = 0; i < input_count; ++i) {
    if (!inputs[i]) return NULL;
  }
  if (!nc_ok(l)) return NULL;
  const char *name = l->node && *l->node->name ? l->node->name : type;
  nc_fail(l, nc_net_add_layer(l->net, type, name, input_count, inputs, output_count, &layer));
  return nc_ok(l) ? layer->outputs[0] : NULL;
}

nc_blob_t *nc_emit(nc_lower_t *l, const char *type, size_t input_count, nc_blob_t *const *inputs) {
  return nc_emit_many(l, type, input_count, inputs, 1);
}

nc_blob_t *nc_emit_one(nc_lower_t *l, const char *type, nc_blob_t *x) {
  return nc_emit_many(l, type, 1, &x, 1);
}

nc_blob_t *nc_result(nc_blob_t *blob, size_t output) {
  return blob ? blob->producer->outputs[output] : NULL;
}

nc_layer_t *nc_input_layer(nc_lower_t *l, size_t i, const char *type) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (!edge || edge->is_constant || mmd_edge_use_count(edge) != 1 || mmd_edge_is_output(edge))
    return NULL;
  const nc_blob_t *blob = nc_input(l, i);
  if (!blob || blob->user_count || !blob->producer) return NULL;
  nc_layer_t *layer = blob->producer;
  return layer->output_count == 1 && (!type || strcmp(layer->type, type) == 0) ? layer : NULL;
}

bool nc_is_swap(const nc_blob_t *blob) {
  return blob && blob->producer && strcmp(blob->producer->type, "Permute") == 0 &&
         strcmp(mmd_str_text(&blob->producer->params), " 0=6") == 0;
}

//===--- parameters --------------------------------------------------------===//

void nc_set_int(nc_lower_t *l, nc_blob_t *blob, int id, int64_t number) {
  if (!blob || !nc_ok(l)) return;
  if (number < INT_MIN || number > INT_MAX) nc_refuse(l, "%lld is too large", (long long)number);
  nc_fail(l, mmd_str_printf(&blob->producer->params, " %d=%lld", id, (long long)number));
}

// ncnn tells floats from whole numbers by a point or an exponent.
static mmd_status_t format_float(double number, char text[48]) {
  char digits[32];
  mmd_format_float((float)number, digits);
  const bool is_marked = strpbrk(digits, ".e") != NULL;
  if (strpbrk(digits, "ni")) return MMD_ERROR(MMD_NOT_SUPPORTED, "ncnn: the parameter %s", digits);
  snprintf(text, 48, "%s%s", digits, is_marked ? "" : ".0");
  return NULL;
}

void nc_set_float(nc_lower_t *l, nc_blob_t *blob, int id, double number) {
  char text[48];
  if (!blob || !nc_ok(l)) return;
  mmd_status_t status = format_float(number, text);
  if (!status) status = mmd_str_printf(&blob->producer->params, " %d=%s", id, text);
  nc_fail(l, status);
}

void nc_set_ints(nc_lower_t *l, nc_blob_t *blob, int id, size_t count, const int64_t *numbers) {
  if (!blob || !nc_ok(l)) return;
  mmd_str_t *params = &blob->producer->params;
  mmd_status_t status = mmd_str_printf(params, " -%d=%zu", 23300 + id, count);
  for (size_t i = 0; i < count && !status; ++i)
    status = mmd_str_printf(params, ",%lld", (long long)numbers[i]);
  nc_fail(l, status);
}

void nc_set_floats(nc_lower_t *l, nc_blob_t *blob, int id, size_t count, const double *numbers) {
  char text[48];
  if (!blob || !nc_ok(l)) return;
  mmd_str_t *params = &blob->producer->params;
  mmd_status_t status = mmd_str_printf(params, " -%d=%zu", 23300 + id, count);
  for (size_t i = 0; i < count && !status; ++i) {
    status = format_float(numbers[i], text);
    if (!status) status = mmd_str_printf(params, ",%s", text);
  }
  nc_fail(l, status);
}

void nc_set_text(nc_lower_t *l, nc_blob_t *blob, int id, const char *text) {
  enum { LIMIT = 250 };
  if (!blob || !nc_ok(l)) return;
  if (strlen(text) > LIMIT) nc_refuse(l, "the sizes are too long an expression");
  nc_fail(l, mmd_str_printf(&blob->producer->params, " %d=\"%s\"", id, text));
}

void nc_add_weights(nc_lower_t *l, nc_blob_t *blob, const mmd_tensor_t *tensor, bool is_tagged) {
  if (!blob || !tensor || !nc_ok(l)) return;
  nc_fail(l, nc_layer_add_weights(l->net, blob->producer, tensor, is_tagged));
}

void nc_add_numbers(nc_lower_t *l, nc_blob_t *blob, size_t count, float number) {
  mmd_tensor_t tensor = {0};
  if (!blob || !nc_ok(l)) return;
  const mmd_shape_t shape = {1, {(int64_t)count}};
  mmd_status_t status = mmd_tensor_create(MMD_F32, &shape, true, &tensor);
  float *data = status ? NULL : mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < count && data; ++i) data[i] = number;
  nc_fail(l, status);
  nc_add_weights(l, blob, status ? NULL : &tensor, false);
  mmd_tensor_deinit(&tensor);
}

mmd_status_t nc_swap_axes(const mmd_tensor_t *from, int64_t outer, int64_t a, int64_t b,
                          double factor, mmd_tensor_t *out_tensor) {
  mmd_tensor_t floats = {0}, packed = {0};
  const int64_t inner = (int64_t)mmd_tensor_count(from) / (outer * a * b);
  const mmd_shape_t shape = {2, {outer * b, a * inner}};
  mmd_status_t status = mmd_tensor_cast(from, MMD_F32, &floats);
  if (!status) status = mmd_tensor_contiguous(&floats, &packed);
  if (!status) status = mmd_tensor_create(MMD_F32, &shape, true, out_tensor);
  const float *source = status ? NULL : mmd_tensor_data(&packed);
  float *target = status ? NULL : mmd_tensor_mutable_data(out_tensor);
  for (int64_t i = 0; i < outer * a * b * inner && target; ++i) {
    const int64_t n = i % inner, y = i / inner % b, x = i / (inner * b) % a;
    const int64_t o = i / (inner * b * a);
    target[((o * b + y) * a + x) * inner + n] = (float)((double)source[i] * factor);
  }
  mmd_tensor_deinit(&packed);
  mmd_tensor_deinit(&floats);
  return status;
}

//===--- constants ---------------------------------------------------------===//

nc_blob_t *nc_constant(nc_lower_t *l, const mmd_tensor_t *tensor, int count, const int64_t *sizes) {
  static const int ids[MMD_NCNN_MAX_AXES][MMD_NCNN_MAX_AXES] = {
      {0}, {1, 0}, {2, 1, 0}, {2, 11, 1, 0}};
  if (!mmd_tensor_count(tensor)) {
    nc_refuse(l, "a constant without elements");
    return NULL;
  }
  nc_blob_t *out = nc_emit(l, "MemoryData", 0, NULL);
  for (int i = count - 1; i >= 0; --i) nc_set_int(l, out, ids[count - 1][i], sizes[i]);
  nc_add_weights(l, out, tensor, false);
  return out;
}

//===--- sizes as expressions ----------------------------------------------===//

// The axis of |edge|'s blob whose size |symbol| is; -1 = none.
static int find_axis(nc_lower_t *l, const mmd_edge_t *edge, const mmd_dim_t *symbol,
                     nc_form_t *form) {
  if (!edge || edge->is_constant || edge->type.kind != MMD_TYPE_TENSOR ||
      !mmd_map_has(&l->values, edge->name) || !nc_form_of(l->graph, &edge->type, l->batch, form) ||
      form->is_flat)
    return -1;
  for (int axis = 0; axis < form->count; ++axis) {
    if (form->dims[axis] == symbol) return axis;
  }
  return -1;
}

// Of an input of the net, or else of the first result that has it.
static const mmd_edge_t *find_edge(nc_lower_t *l, const mmd_dim_t *symbol, nc_form_t *form,
                                   int *out_axis) {
  const mmd_region_t *root = l->graph->root;
  for (size_t i = 0; i < root->input_count; ++i) {
    *out_axis = find_axis(l, root->inputs[i], symbol, form);
    if (*out_axis >= 0) return root->inputs[i];
  }
  for (const mmd_node_t *node = root->first; node && node != l->node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i) {
      *out_axis = find_axis(l, node->outputs[i], symbol, form);
      if (*out_axis >= 0) return node->outputs[i];
    }
  }
  return NULL;
}

static int find_input(nc_lower_t *l, const mmd_dim_t *symbol, size_t *inout_count,
                      nc_blob_t **inputs, int *out_axis, nc_form_t *form) {
  const mmd_edge_t *edge = find_edge(l, symbol, form, out_axis);
  if (!edge) return -1;
  nc_blob_t *blob = nc_graph_value(l, edge);
  size_t k = 0;
  while (k < *inout_count && inputs[k] != blob) ++k;
  if (k == NC_MAX_REFERENCES) return -1;
  inputs[k] = blob;
  if (k == *inout_count) ++*inout_count;
  return (int)k;
}

int nc_find_size(nc_lower_t *l, const mmd_dim_t *symbol, size_t *inout_count, nc_blob_t **inputs,
                 int *out_axis) {
  nc_form_t form;
  return find_input(l, symbol, inout_count, inputs, out_axis, &form);
}

// "1w" for a symbol.
static bool reference(nc_lower_t *l, const mmd_dim_t *symbol, size_t *inout_count,
                      nc_blob_t **inputs, mmd_str_t *text) {
  static const char letters[MMD_NCNN_MAX_AXES][MMD_NCNN_MAX_AXES + 1] = {"w", "hw", "chw", "cdhw"};
  nc_form_t form;
  int axis = 0;
  const int k = find_input(l, symbol, inout_count, inputs, &axis, &form);
  if (k >= 0) nc_fail(l, mmd_str_printf(text, "%d%c", k, letters[form.count - 1][axis]));
  return k >= 0;
}

static const char *operator_of(mmd_dim_kind_t kind) {
  if (kind == MMD_DIM_ADD) return "+";
  if (kind == MMD_DIM_MUL) return "*";
  if (kind == MMD_DIM_MIN) return "min";
  return kind == MMD_DIM_MAX ? "max" : "//";
}

bool nc_expression(nc_lower_t *l, const mmd_dim_t *dim, size_t *inout_count, nc_blob_t **inputs,
                   mmd_str_t *text) {
  if (dim->kind == MMD_DIM_CONST) {
    nc_fail(l, mmd_str_printf(text, "%lld", (long long)dim->number));
    return true;
  }
  if (dim->kind == MMD_DIM_SYMBOL) return reference(l, dim, inout_count, inputs, text);
  const bool is_ceil = dim->kind == MMD_DIM_CEIL_DIV;  // (a + b - 1) // b
  nc_fail(l, mmd_str_printf(text, is_ceil ? "//(+(" : "%s(", operator_of(dim->kind)));
  if (!nc_expression(l, dim->a, inout_count, inputs, text)) return false;
  nc_fail(l, mmd_str_append_char(text, ','));
  if (is_ceil) {
    nc_fail(l, mmd_str_append(text, "-("));
    if (!nc_expression(l, dim->b, inout_count, inputs, text)) return false;
    nc_fail(l, mmd_str_append(text, ",1)),"));
  }
  if (!nc_expression(l, dim->b, inout_count, inputs, text)) return false;
  nc_fail(l, mmd_str_append_char(text, ')'));
  return true;
}

//===--- reshapes ----------------------------------------------------------===//

// The mat's axes outermost first, by their parameter's number and their place in expressions.
static nc_blob_t *reshape_by_numbers(nc_lower_t *l, nc_blob_t *x, int count,
                                     const mmd_dim_t *const *dims) {
  static const int ids[MMD_NCNN_MAX_AXES][MMD_NCNN_MAX_AXES] = {
      {0}, {1, 0}, {2, 1, 0}, {2, 11, 1, 0}};
  nc_blob_t *out = nc_emit_one(l, "Reshape", x);
  for (int i = count - 1; i >= 0; --i)
    nc_set_int(l, out, ids[count - 1][i], dims[i] ? nc_dim_size(dims[i]) : -1);
  return out;
}

static nc_blob_t *reshape_by_expression(nc_lower_t *l, nc_blob_t *x, int count,
                                        const mmd_dim_t *const *dims) {
  nc_blob_t *inputs[NC_MAX_REFERENCES] = {x};
  size_t input_count = 1;
  mmd_str_t text = {0};
  nc_blob_t *out = NULL;
  bool is_known = true;
  for (int i = count - 1; i >= 0 && is_known; --i) {
    if (text.size) nc_fail(l, mmd_str_append_char(&text, ','));
    is_known = nc_expression(l, dims[i], &input_count, inputs, &text);
  }
  if (is_known) {
    out = nc_emit(l, "Reshape", input_count, inputs);
    nc_set_text(l, out, 6, mmd_str_text(&text));
  } else {
    nc_refuse(l, "sizes that only a run tells");
  }
  mmd_str_deinit(&text);
  return out;
}

nc_blob_t *nc_reshape(nc_lower_t *l, nc_blob_t *x, const nc_form_t *from, int count,
                      const mmd_dim_t *const *dims) {
  int open = 0;
  if (!x || !nc_ok(l)) return NULL;
  if (nc_form_fits(from, count, dims)) return x;
  for (int i = 0; i < count; ++i) open += !dims[i] || nc_dim_size(dims[i]) < 0;
  return open < 2 ? reshape_by_numbers(l, x, count, dims)
                  : reshape_by_expression(l, x, count, dims);
}

nc_blob_t *nc_reshape_form(nc_lower_t *l, nc_blob_t *x, const nc_form_t *from,
                           const nc_form_t *to) {
  if (from->is_flat && to->is_flat) return x;
  return nc_reshape(l, x, from, to->count, to->dims);
}

// A constant goes straight into the sizes that are wanted.
static nc_blob_t *constant_like(nc_lower_t *l, const mmd_tensor_t *tensor, int count,
                                const mmd_dim_t *const *dims) {
  int64_t sizes[MMD_NCNN_MAX_AXES];
  for (int i = 0; i < count; ++i) sizes[i] = nc_dim_size(dims[i]);
  return nc_constant(l, tensor, count, sizes);
}

nc_blob_t *nc_input_like(nc_lower_t *l, size_t i, const nc_form_t *to) {
  const nc_form_t from = nc_input_form(l, i);
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  const mmd_tensor_t *constant = nc_input_constant(l, i);
  const mmd_dim_t *dims[MMD_NCNN_MAX_AXES];
  if (!nc_ok(l) || !edge) return NULL;
  if (constant && mmd_tensor_count(constant) == 1) {
    for (int k = 0; k < to->count; ++k) dims[k] = mmd_dim_const(l->graph, 1);
    return constant_like(l, constant, to->count, dims);
  }
  if (to->is_flat) return nc_flat_like(l, i, &l->node->outputs[0]->type);
  for (int k = 0; k < to->count; ++k) {
    const int axis = to->axes[k] - (to->rank - from.rank);
    dims[k] = to->axes[k] >= 0 && axis >= 0 ? edge->type.dims[axis] : mmd_dim_const(l->graph, 1);
  }
  if (!nc_ok(l)) return NULL;
  return constant ? constant_like(l, constant, to->count, dims)
                  : nc_reshape(l, nc_input(l, i), &from, to->count, dims);
}

//===--- operators that many lowerings need --------------------------------===//

nc_blob_t *nc_unary(nc_lower_t *l, int op, nc_blob_t *x) {
  nc_blob_t *out = nc_emit_one(l, "UnaryOp", x);
  nc_set_int(l, out, 0, op);
  return out;
}

nc_blob_t *nc_binary(nc_lower_t *l, int op, nc_blob_t *a, nc_blob_t *b) {
  nc_blob_t *const inputs[] = {a, b};
  nc_blob_t *out = nc_emit(l, "BinaryOp", 2, inputs);
  nc_set_int(l, out, 0, op);
  return out;
}

nc_blob_t *nc_binary_scalar(nc_lower_t *l, int op, nc_blob_t *a, double b) {
  nc_blob_t *out = nc_emit_one(l, "BinaryOp", a);
  nc_set_int(l, out, 0, op);
  nc_set_int(l, out, 1, 1);
  nc_set_float(l, out, 2, b);
  return out;
}

//===--- reading the node --------------------------------------------------===//

int64_t nc_attr_int(const nc_lower_t *l, const char *name, int64_t fallback) {
  return mmd_node_attr_int(l->node, name, fallback);
}

double nc_attr_float(const nc_lower_t *l, const char *name, double fallback) {
  return mmd_node_attr_float(l->node, name, fallback);
}

const char *nc_attr_string(const nc_lower_t *l, const char *name, const char *fallback) {
  return mmd_node_attr_string(l->node, name, fallback);
}

mmd_dtype_t nc_input_dtype(const nc_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge ? edge->type.dtype : MMD_DTYPE_UNDEFINED;
}

int64_t nc_dim_size(const mmd_dim_t *dim) {
  return mmd_dim_number(dim);
}

int64_t nc_input_size(const nc_lower_t *l, size_t i, int axis) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (!edge || !edge->type.has_rank) return -1;
  if (axis < 0) axis += edge->type.rank;
  return axis >= 0 && axis < edge->type.rank ? nc_dim_size(edge->type.dims[axis]) : -1;
}

const mmd_tensor_t *nc_input_constant(const nc_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge && edge->is_constant ? &edge->constant : NULL;
}

const mmd_tensor_t *nc_need_constant(nc_lower_t *l, size_t i) {
  const mmd_tensor_t *tensor = nc_input_constant(l, i);
  if (!tensor) nc_refuse(l, "input %zu must be constant", i);
  return tensor;
}

bool nc_input_number(const nc_lower_t *l, size_t i, double *out_number) {
  const mmd_tensor_t *tensor = nc_input_constant(l, i);
  if (!tensor || mmd_tensor_count(tensor) != 1) return false;
  *out_number = mmd_tensor_get_f64(tensor, 0);
  return true;
}

// Of a constant, or of sizes that are all known.
static bool read_edge(nc_lower_t *l, size_t i, size_t max, int64_t *out_numbers,
                      size_t *out_count) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  const size_t count = edge->is_constant ? mmd_tensor_count(&edge->constant) : edge->element_count;
  if ((!edge->is_constant && !edge->elements) || count > max) {
    nc_refuse(l, "input %zu must be constant, of at most %zu numbers", i, max);
    return false;
  }
  for (size_t k = 0; k < count; ++k) {
    const mmd_dim_t *dim = edge->is_constant ? NULL : edge->elements[k];
    if (dim && dim->kind != MMD_DIM_CONST) {
      nc_refuse(l, "input %zu must be constant", i);
      return false;
    }
    out_numbers[k] = dim ? dim->number : mmd_tensor_get_i64(&edge->constant, k);
  }
  *out_count = count;
  return true;
}

bool nc_read_ints(nc_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count) {
  *out_count = 0;
  size_t count = 0;
  const int64_t *numbers = mmd_node_attr_ints(l->node, name, &count);
  if (!nc_ok(l)) return false;
  if (!numbers) return nc_has_input(l, i) && read_edge(l, i, max, out_numbers, out_count);
  if (count > max) {
    nc_refuse(l, "%s has %zu numbers, at most %zu are expected", name, count, max);
    return false;
  }
  memcpy(out_numbers, numbers, count * sizeof *numbers);
  *out_count = count;
  return true;
}
