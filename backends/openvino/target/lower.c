// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/target/lower.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backends/openvino/target/lower_region.h"
#include "backends/target_util.h"
#include "base/alloc.h"

//===--- errors ------------------------------------------------------------===//

bool ov_ok(const ov_lower_t *l) {
  return !l->status;
}

void ov_fail(ov_lower_t *l, mmd_status_t status) {
  if (l->status) {
    mmd_status_free(status);
  } else {
    l->status = status;
  }
}

void ov_refuse(ov_lower_t *l, const char *fmt, ...) {
  va_list arguments;
  va_start(arguments, fmt);
  ov_fail(l, mmd_target_refusal("OpenVINO", l->node, fmt, arguments));
  va_end(arguments);
}

//===--- values ------------------------------------------------------------===//

static const ov_value_t g_none;

bool ov_is_none(ov_value_t value) {
  return !value.layer;
}

ov_value_t ov_input(ov_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge && ov_ok(l) ? ov_region_value(l, edge) : g_none;
}

void ov_output(ov_lower_t *l, size_t i, ov_value_t value) {
  if (!ov_ok(l) || i >= l->node->output_count || !l->node->outputs[i]) return;
  ov_region_bind(l, l->node->outputs[i], value);
}

ov_value_t ov_emit_many(ov_lower_t *l, const char *type, const char *opset, size_t input_count,
                        const ov_value_t *inputs, size_t output_count) {
  ov_layer_t *layer = NULL;
  if (!ov_ok(l)) return g_none;
  const char *name = l->node && *l->node->name ? l->node->name : type;
  // Names need not differ; the number makes them findable.
  name = mmd_arena_printf(&l->ir->arena, "%s/%s_%d", name, type, l->net->layer_count);
  ov_fail(l, ov_ir_add_layer(l->ir, l->net, name, type, opset, input_count, inputs, output_count,
                             &layer));
  return ov_ok(l) ? (ov_value_t){layer, 0} : g_none;
}

ov_value_t ov_emit(ov_lower_t *l, const char *type, const char *opset, size_t input_count,
                   const ov_value_t *inputs) {
  return ov_emit_many(l, type, opset, input_count, inputs, 1);
}

ov_value_t ov_result(ov_value_t value, size_t output) {
  return (ov_value_t){value.layer, output};
}

//===--- attributes of layers ----------------------------------------------===//

void ov_set(ov_lower_t *l, ov_value_t value, const char *key, const char *text) {
  if (ov_ok(l)) ov_fail(l, ov_layer_set(value.layer, key, text));
}

void ov_set_bool(ov_lower_t *l, ov_value_t value, const char *key, bool truth) {
  ov_set(l, value, key, truth ? "true" : "false");
}

void ov_set_int(ov_lower_t *l, ov_value_t value, const char *key, int64_t number) {
  ov_set_ints(l, value, key, 1, &number);
}

void ov_set_float(ov_lower_t *l, ov_value_t value, const char *key, double number) {
  char text[32];
  mmd_format_float((float)number, text);
  ov_set(l, value, key, text);
}

void ov_set_ints(ov_lower_t *l, ov_value_t value, const char *key, size_t count,
                 const int64_t *numbers) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count && !status; ++i)
    status = mmd_str_printf(&text, "%s%lld", i ? "," : "", (long long)numbers[i]);
  if (status) ov_fail(l, status);
  ov_set(l, value, key, mmd_str_text(&text));
  mmd_str_deinit(&text);
}

//===--- layers that many lowerings need -----------------------------------===//

ov_value_t ov_unary(ov_lower_t *l, const char *type, const char *opset, ov_value_t x) {
  return ov_emit(l, type, opset, 1, &x);
}

ov_value_t ov_binary(ov_lower_t *l, const char *type, ov_value_t a, ov_value_t b) {
  const ov_value_t inputs[] = {a, b};
  const ov_value_t out = ov_emit(l, type, "opset1", 2, inputs);
  ov_set(l, out, "auto_broadcast", "numpy");
  return out;
}

ov_value_t ov_convert(ov_lower_t *l, ov_value_t x, mmd_dtype_t dtype) {
  const char *type = ov_element_type(dtype);
  if (!type) {
    ov_refuse(l, "element type %s is not supported", mmd_dtype_name(dtype));
    return g_none;
  }
  const ov_value_t out = ov_unary(l, "Convert", "opset1", x);
  ov_set(l, out, "destination_type", type);
  return out;
}

ov_value_t ov_shape_of(ov_lower_t *l, ov_value_t x) {
  const ov_value_t out = ov_unary(l, "ShapeOf", "opset3", x);
  ov_set(l, out, "output_type", "i64");
  return out;
}

ov_value_t ov_reshape(ov_lower_t *l, ov_value_t x, ov_value_t shape, bool special_zero) {
  const ov_value_t inputs[] = {x, shape};
  const ov_value_t out = ov_emit(l, "Reshape", "opset1", 2, inputs);
  ov_set_bool(l, out, "special_zero", special_zero);
  return out;
}

ov_value_t ov_gather(ov_lower_t *l, ov_value_t x, ov_value_t indices, int64_t axis) {
  const ov_value_t inputs[] = {x, indices, ov_constant_i64(l, axis)};
  const ov_value_t out = ov_emit(l, "Gather", "opset8", 3, inputs);
  ov_set_int(l, out, "batch_dims", 0);
  return out;
}

static ov_value_t with_axes(ov_lower_t *l, const char *type, ov_value_t x, size_t count,
                            const int64_t *axes) {
  const ov_value_t inputs[] = {x, ov_constant_i64s(l, count, axes)};
  return ov_emit(l, type, "opset1", 2, inputs);
}

ov_value_t ov_unsqueeze(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *axes) {
  return with_axes(l, "Unsqueeze", x, count, axes);
}

ov_value_t ov_squeeze(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *axes) {
  return with_axes(l, "Squeeze", x, count, axes);
}

ov_value_t ov_transpose(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *order) {
  return with_axes(l, "Transpose", x, count, order);
}

ov_value_t ov_concat(ov_lower_t *l, size_t count, const ov_value_t *values, int64_t axis) {
  const ov_value_t out = ov_emit(l, "Concat", "opset1", count, values);
  ov_set_int(l, out, "axis", axis);
  return out;
}

ov_value_t ov_slice(ov_lower_t *l, ov_value_t x, int64_t axis, int64_t begin, int64_t end) {
  const int64_t one = 1;
  const ov_value_t inputs[] = {x, ov_constant_i64s(l, 1, &begin), ov_constant_i64s(l, 1, &end),
                               ov_constant_i64s(l, 1, &one), ov_constant_i64s(l, 1, &axis)};
  return ov_emit(l, "Slice", "opset8", 5, inputs);
}

ov_value_t ov_select(ov_lower_t *l, ov_value_t condition, ov_value_t yes, ov_value_t no) {
  const ov_value_t inputs[] = {condition, yes, no};
  const ov_value_t out = ov_emit(l, "Select", "opset1", 3, inputs);
  ov_set(l, out, "auto_broadcast", "numpy");
  return out;
}

ov_value_t ov_size_of(ov_lower_t *l, ov_value_t x, int64_t axis) {
  return ov_gather(l, ov_shape_of(l, x), ov_constant_i64(l, axis), 0);
}

ov_value_t ov_count_up(ov_lower_t *l, ov_value_t size) {
  const ov_value_t inputs[] = {ov_constant_i64(l, 0), size, ov_constant_i64(l, 1)};
  const ov_value_t out = ov_emit(l, "Range", "opset4", 3, inputs);
  ov_set(l, out, "output_type", "i64");
  return out;
}

ov_value_t ov_broadcast(ov_lower_t *l, ov_value_t x, ov_value_t shape) {
  const ov_value_t inputs[] = {x, shape};
  const ov_value_t out = ov_emit(l, "Broadcast", "opset3", 2, inputs);
  ov_set(l, out, "mode", "numpy");
  return out;
}

ov_value_t ov_reduce(ov_lower_t *l, const char *type, ov_value_t x, size_t count,
                     const int64_t *axes, bool keeps) {
  const ov_value_t out = with_axes(l, type, x, count, axes);
  ov_set_bool(l, out, "keep_dims", keeps);
  return out;
}

ov_value_t ov_round(ov_lower_t *l, ov_value_t x) {
  const ov_value_t out = ov_unary(l, "Round", "opset5", x);
  ov_set(l, out, "mode", "half_to_even");
  return out;
}

ov_value_t ov_clamp(ov_lower_t *l, ov_value_t x, double min, double max) {
  const ov_value_t out = ov_unary(l, "Clamp", "opset1", x);
  ov_set_float(l, out, "min", min);
  ov_set_float(l, out, "max", max);
  return out;
}

ov_value_t ov_pad(ov_lower_t *l, ov_value_t x, ov_value_t begins, ov_value_t ends, ov_value_t value,
                  const char *mode) {
  const ov_value_t inputs[] = {x, begins, ends, value};
  const ov_value_t out = ov_emit(l, "Pad", "opset12", 4, inputs);
  ov_set(l, out, "pad_mode", mode);
  return out;
}

ov_value_t ov_matmul(ov_lower_t *l, ov_value_t a, ov_value_t b, bool a_transposed,
                     bool b_transposed) {
  const ov_value_t inputs[] = {a, b};
  const ov_value_t out = ov_emit(l, "MatMul", "opset1", 2, inputs);
  ov_set_bool(l, out, "transpose_a", a_transposed);
  ov_set_bool(l, out, "transpose_b", b_transposed);
  return out;
}

//===--- constants ---------------------------------------------------------===//

static void set_shape(ov_lower_t *l, ov_value_t value, const mmd_shape_t *shape) {
  ov_set_ints(l, value, "shape", (size_t)shape->rank, shape->dims);
}

static ov_value_t store(ov_lower_t *l, const mmd_tensor_t *tensor) {
  const char *type = ov_element_type(tensor->dtype);
  uint64_t offset = 0;
  if (!ov_ok(l)) return g_none;
  if (!type) {
    ov_fail(l, MMD_ERROR(MMD_NOT_SUPPORTED, "OpenVINO: constants of element type %s",
                         mmd_dtype_name(tensor->dtype)));
    return g_none;
  }
  ov_fail(l, ov_ir_add_blob(l->ir, tensor, &offset));
  const ov_value_t out = ov_emit(l, "Const", "opset1", 0, NULL);
  ov_set(l, out, "element_type", type);
  set_shape(l, out, &tensor->shape);
  ov_set_int(l, out, "offset", (int64_t)offset);
  ov_set_int(l, out, "size", (int64_t)mmd_tensor_byte_size(tensor));
  if (ov_ok(l)) out.layer->outputs[0].dtype = tensor->dtype;
  return out;
}

// Weights in half precision; what is computed with them stays f32. Small constants are numbers
// rather than weights and keep their bits.
static ov_value_t store_compressed(ov_lower_t *l, const mmd_tensor_t *tensor) {
  mmd_tensor_t half = {0};
  ov_fail(l, mmd_tensor_cast(tensor, MMD_F16, &half));
  if (!ov_ok(l)) return g_none;
  ov_value_t out = ov_convert(l, store(l, &half), MMD_F32);
  if (ov_ok(l)) out.layer->is_decompression = true;
  mmd_tensor_deinit(&half);
  return out;
}

ov_value_t ov_constant(ov_lower_t *l, const mmd_tensor_t *tensor) {
  enum { SMALL = 16 };
  const bool is_compressed =
      l->config->use_f16 && tensor->dtype == MMD_F32 && mmd_tensor_count(tensor) >= SMALL;
  return is_compressed ? store_compressed(l, tensor) : store(l, tensor);
}

static ov_value_t constant_from(ov_lower_t *l, mmd_dtype_t dtype, int rank, const int64_t *dims,
                                const void *data) {
  mmd_shape_t shape;
  mmd_tensor_t tensor = {0};
  mmd_status_t status = mmd_shape_make(rank, dims, &shape);
  if (!status) status = mmd_tensor_from_data(dtype, &shape, data, &tensor);
  ov_fail(l, status);
  const ov_value_t out = ov_ok(l) ? store(l, &tensor) : g_none;
  mmd_tensor_deinit(&tensor);
  return out;
}

ov_value_t ov_constant_i64(ov_lower_t *l, int64_t number) {
  return constant_from(l, MMD_I64, 0, NULL, &number);
}

ov_value_t ov_constant_i64s(ov_lower_t *l, size_t count, const int64_t *numbers) {
  const int64_t dims[] = {(int64_t)count};
  return constant_from(l, MMD_I64, 1, dims, numbers);
}

ov_value_t ov_constant_f32s(ov_lower_t *l, size_t count, const float *numbers) {
  const int64_t dims[] = {(int64_t)count};
  return constant_from(l, MMD_F32, 1, dims, numbers);
}

ov_value_t ov_constant_number(ov_lower_t *l, mmd_dtype_t dtype, double number) {
  uint64_t bits[2] = {0};
  mmd_dtype_store_f64(dtype, bits, 0, number);
  return constant_from(l, dtype, 0, NULL, bits);
}

//===--- reading the node --------------------------------------------------===//

int64_t ov_attr_int(const ov_lower_t *l, const char *name, int64_t fallback) {
  return mmd_node_attr_int(l->node, name, fallback);
}

double ov_attr_float(const ov_lower_t *l, const char *name, double fallback) {
  return mmd_node_attr_float(l->node, name, fallback);
}

const char *ov_attr_string(const ov_lower_t *l, const char *name, const char *fallback) {
  return mmd_node_attr_string(l->node, name, fallback);
}

int ov_input_rank(ov_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (edge && edge->type.has_rank) return edge->type.rank;
  ov_refuse(l, "the rank of input %zu is not known", i);
  return 0;
}

mmd_dtype_t ov_input_dtype(const ov_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge ? edge->type.dtype : MMD_DTYPE_UNDEFINED;
}

int64_t ov_input_size(const ov_lower_t *l, size_t i, int axis) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (!edge || !edge->type.has_rank || axis < 0 || axis >= edge->type.rank) return -1;
  const mmd_dim_t *dim = edge->type.dims[axis];
  return dim->kind == MMD_DIM_CONST ? dim->number : -1;
}

const mmd_tensor_t *ov_input_constant(const ov_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge && edge->is_constant ? &edge->constant : NULL;
}

static bool read_constant(ov_lower_t *l, size_t i, size_t max, int64_t *out_numbers,
                          size_t *out_count) {
  const mmd_tensor_t *tensor = ov_input_constant(l, i);
  if (!tensor) {
    ov_refuse(l, "input %zu must be constant", i);
    return false;
  }
  const size_t count = mmd_tensor_count(tensor);
  mmd_tensor_t packed = {0};
  if (count > max) {
    ov_refuse(l, "input %zu has %zu numbers, at most %zu are expected", i, count, max);
    return false;
  }
  ov_fail(l, mmd_tensor_contiguous(tensor, &packed));
  if (!ov_ok(l)) return false;
  for (size_t k = 0; k < count; ++k)
    out_numbers[k] = mmd_dtype_load_i64(packed.dtype, mmd_tensor_data(&packed), k);
  mmd_tensor_deinit(&packed);
  *out_count = count;
  return true;
}

bool ov_read_ints(ov_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count) {
  *out_count = 0;
  if (!ov_ok(l)) return false;
  size_t count = 0;
  const int64_t *numbers = mmd_node_attr_ints(l->node, name, &count);
  if (!numbers)
    return mmd_node_input(l->node, i) && read_constant(l, i, max, out_numbers, out_count);
  if (count > max) {
    ov_refuse(l, "%s has %zu numbers, at most %zu are expected", name, count, max);
    return false;
  }
  memcpy(out_numbers, numbers, count * sizeof *numbers);
  *out_count = count;
  return true;
}
