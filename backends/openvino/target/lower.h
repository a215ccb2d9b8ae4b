// SPDX-License-Identifier: Apache-2.0
//
// Lowering of a graph to OpenVINO's layers, a function an operator. Errors stick to the context:
// after the first failure every function does nothing and gives "none", so that a lowering reads as
// the list of its layers.
#ifndef MMD_BACKENDS_OPENVINO_TARGET_LOWER_H_
#define MMD_BACKENDS_OPENVINO_TARGET_LOWER_H_

#include "backends/openvino/target/backend_config.h"
#include "backends/openvino/target/ir.h"
#include "mmdeploy/plugin/target.h"

// The values of the net being filled; lower_region.h.
typedef struct ov_scope_t ov_scope_t;

typedef struct ov_lower_t {
  ov_ir_t *ir;
  ov_net_t *net;           // being filled
  ov_scope_t *scope;       // of |net|
  const mmd_node_t *node;  // being lowered
  const ov_config_t *config;
  mmd_status_t status;
} ov_lower_t;

typedef void (*ov_lowering_fn)(ov_lower_t *l);

// The function for a node's operator, or NULL (lower_table.h lists them).
ov_lowering_fn ov_lowering_find(const mmd_node_t *node);

// Lowers |graph| (of MMD_OV_OPSET, composites that have a form of their own may stay) into |ir|.
#define MMD_OV_OPSET 20
mmd_status_t ov_lower_graph(const mmd_graph_t *graph, const ov_config_t *config,
                            ov_ir_t *ir) MMD_MUST_USE;

//===--- for lowerings -----------------------------------------------------===//

bool ov_ok(const ov_lower_t *l);
void ov_fail(ov_lower_t *l, mmd_status_t status);  // keeps the first
// "node, reason": what of the operator cannot be expressed. |fmt| names attribute and value.
void ov_refuse(ov_lower_t *l, const char *fmt, ...) MMD_PRINTF(2, 3);

// The node's input |i|; none where it is left out or past the end.
ov_value_t ov_input(ov_lower_t *l, size_t i);
bool ov_is_none(ov_value_t value);
// Binds the node's output |i|.
void ov_output(ov_lower_t *l, size_t i, ov_value_t value);

// A layer with one output, and with several. |type| and |opset| are literals. Attributes are set
// on the layer that comes back; a value names output 0.
ov_value_t ov_emit(ov_lower_t *l, const char *type, const char *opset, size_t input_count,
                   const ov_value_t *inputs);
ov_value_t ov_emit_many(ov_lower_t *l, const char *type, const char *opset, size_t input_count,
                        const ov_value_t *inputs, size_t output_count);
ov_value_t ov_result(ov_value_t value, size_t output);  // another output of the same layer

void ov_set(ov_lower_t *l, ov_value_t value, const char *key, const char *text);
void ov_set_bool(ov_lower_t *l, ov_value_t value, const char *key, bool truth);
void ov_set_int(ov_lower_t *l, ov_value_t value, const char *key, int64_t number);
void ov_set_float(ov_lower_t *l, ov_value_t value, const char *key, double number);
void ov_set_ints(ov_lower_t *l, ov_value_t value, const char *key, size_t count,
                 const int64_t *numbers);  // "1,1"

// One or two inputs, opset1, no attribute but auto_broadcast of the second.
ov_value_t ov_unary(ov_lower_t *l, const char *type, const char *opset, ov_value_t x);
ov_value_t ov_binary(ov_lower_t *l, const char *type, ov_value_t a, ov_value_t b);

// Constants.
ov_value_t ov_constant(ov_lower_t *l, const mmd_tensor_t *tensor);
ov_value_t ov_constant_i64(ov_lower_t *l, int64_t number);                         // rank 0
ov_value_t ov_constant_i64s(ov_lower_t *l, size_t count, const int64_t *numbers);  // rank 1
ov_value_t ov_constant_f32s(ov_lower_t *l, size_t count, const float *numbers);    // rank 1
// A number of rank 0 in |dtype|.
ov_value_t ov_constant_number(ov_lower_t *l, mmd_dtype_t dtype, double number);

// Small helpers over shapes.
ov_value_t ov_convert(ov_lower_t *l, ov_value_t x, mmd_dtype_t dtype);
ov_value_t ov_shape_of(ov_lower_t *l, ov_value_t x);  // i64
ov_value_t ov_reshape(ov_lower_t *l, ov_value_t x, ov_value_t shape, bool special_zero);
ov_value_t ov_gather(ov_lower_t *l, ov_value_t x, ov_value_t indices, int64_t axis);
ov_value_t ov_unsqueeze(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *axes);
ov_value_t ov_squeeze(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *axes);
ov_value_t ov_transpose(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *order);
ov_value_t ov_concat(ov_lower_t *l, size_t count, const ov_value_t *values, int64_t axis);
ov_value_t ov_slice(ov_lower_t *l, ov_value_t x, int64_t axis, int64_t begin, int64_t end);

// Boxes [n, 4] for an aligned ROIAlign that chooses the number of samples: those without an area
// have none, of which the engine makes NaN; they are moved off the map, where everything is 0.
ov_value_t ov_boxes_with_area(ov_lower_t *l, ov_value_t boxes, double scale);
ov_value_t ov_select(ov_lower_t *l, ov_value_t condition, ov_value_t yes, ov_value_t no);
ov_value_t ov_size_of(ov_lower_t *l, ov_value_t x, int64_t axis);        // rank 0, i64
ov_value_t ov_count_up(ov_lower_t *l, ov_value_t size);                  // 0 1 2 … size - 1
ov_value_t ov_broadcast(ov_lower_t *l, ov_value_t x, ov_value_t shape);  // as numpy does it
// |type| is ReduceSum, ReduceMax, …; the axes stay with the size 1 where |keeps|.
ov_value_t ov_reduce(ov_lower_t *l, const char *type, ov_value_t x, size_t count,
                     const int64_t *axes, bool keeps);
ov_value_t ov_round(ov_lower_t *l, ov_value_t x);  // halves to the even neighbour
ov_value_t ov_clamp(ov_lower_t *l, ov_value_t x, double min, double max);
// Pads of all axes; |value| is what "constant" pads with.
ov_value_t ov_pad(ov_lower_t *l, ov_value_t x, ov_value_t begins, ov_value_t ends, ov_value_t value,
                  const char *mode);
// The product of the last two axes; the transposed ones are swapped before.
ov_value_t ov_matmul(ov_lower_t *l, ov_value_t a, ov_value_t b, bool a_transposed,
                     bool b_transposed);

// A convolution with the node's window and groups; |weights| is made from input |input|.
ov_value_t ov_convolve(ov_lower_t *l, size_t input, ov_value_t x, ov_value_t weights);

//===--- for reading the node ----------------------------------------------===//

int64_t ov_attr_int(const ov_lower_t *l, const char *name, int64_t fallback);
double ov_attr_float(const ov_lower_t *l, const char *name, double fallback);
const char *ov_attr_string(const ov_lower_t *l, const char *name, const char *fallback);
// Rank and element type of input |i|; fails where the rank is not known.
int ov_input_rank(ov_lower_t *l, size_t i);
mmd_dtype_t ov_input_dtype(const ov_lower_t *l, size_t i);
// Size of an axis, or -1.
int64_t ov_input_size(const ov_lower_t *l, size_t i, int axis);
// The constant behind input |i|, or NULL.
const mmd_tensor_t *ov_input_constant(const ov_lower_t *l, size_t i);
// At most |max| whole numbers from the attribute |name| or, when it is absent, from the constant
// input |i| (SIZE_MAX: none). False when neither is there; fails when the input is not constant.
bool ov_read_ints(ov_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count);

#endif  // MMD_BACKENDS_OPENVINO_TARGET_LOWER_H_
