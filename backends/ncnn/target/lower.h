// SPDX-License-Identifier: Apache-2.0
//
// Lowering of a graph to ncnn's layers, a function an operator. What cannot be expressed is noted
// with its node, and the walk goes on, so that all of it is told at once: a node that is refused,
// or that takes the result of one, does nothing. Values are blobs in the form of their tensor's
// type (form.h).
#ifndef MMD_BACKENDS_NCNN_TARGET_LOWER_H_
#define MMD_BACKENDS_NCNN_TARGET_LOWER_H_

#include "backends/ncnn/target/form.h"
#include "backends/ncnn/target/net.h"

typedef struct nc_lower_t {
  nc_net_t *net;
  mmd_graph_t *graph;
  const mmd_dim_t *batch;  // or NULL
  int64_t batch_size;      // 0 = dynamic
  mmd_map_t values;        // name of an edge -> blob
  const mmd_node_t *node;  // being lowered
  bool is_refused;         // |node|
  size_t refused_count;
  mmd_str_t refused;  // what and why
  mmd_status_t status;
} nc_lower_t;

typedef void (*nc_lowering_fn)(nc_lower_t *l);

#define MMD_NCNN_OPSET 20
// |graph| is of MMD_NCNN_OPSET with types inferred; sizes may be interned in it. |batch| NULL: the
// first axis is one like others. |batch_size|, where it is not 0, is what callers must give for it.
// MMD_NOT_SUPPORTED names all that ncnn cannot express.
mmd_status_t nc_lower_graph(mmd_graph_t *graph, const mmd_dim_t *batch, int64_t batch_size,
                            nc_net_t *net) MMD_MUST_USE;

//===--- for lowerings -----------------------------------------------------===//

// False when the node is refused, one of its inputs is, or memory is short.
bool nc_ok(const nc_lower_t *l);
void nc_fail(nc_lower_t *l, mmd_status_t status);
// What of the node cannot be expressed.
void nc_refuse(nc_lower_t *l, const char *fmt, ...) MMD_PRINTF(2, 3);

nc_blob_t *nc_input(nc_lower_t *l, size_t i);  // a constant becomes a MemoryData layer
bool nc_has_input(const nc_lower_t *l, size_t i);
void nc_output(nc_lower_t *l, size_t i, nc_blob_t *blob);
nc_form_t nc_input_form(nc_lower_t *l, size_t i);
nc_form_t nc_output_form(nc_lower_t *l, size_t i);
// The mat's axis for the tensor's axis of input |i|; refuses one that is left out.
int nc_input_axis(nc_lower_t *l, size_t i, int64_t axis);

// A layer; its first output. Parameters and weights are set on the blob that comes back. NULL when
// something failed, which all functions take.
nc_blob_t *nc_emit(nc_lower_t *l, const char *type, size_t input_count, nc_blob_t *const *inputs);
nc_blob_t *nc_emit_many(nc_lower_t *l, const char *type, size_t input_count,
                        nc_blob_t *const *inputs, size_t output_count);
nc_blob_t *nc_emit_one(nc_lower_t *l, const char *type, nc_blob_t *x);
nc_blob_t *nc_result(nc_blob_t *blob, size_t output);  // another output of the same layer

void nc_set_int(nc_lower_t *l, nc_blob_t *blob, int id, int64_t number);
void nc_set_float(nc_lower_t *l, nc_blob_t *blob, int id, double number);
void nc_set_ints(nc_lower_t *l, nc_blob_t *blob, int id, size_t count, const int64_t *numbers);
void nc_set_floats(nc_lower_t *l, nc_blob_t *blob, int id, size_t count, const double *numbers);
void nc_set_text(nc_lower_t *l, nc_blob_t *blob, int id, const char *text);
void nc_add_weights(nc_lower_t *l, nc_blob_t *blob, const mmd_tensor_t *tensor, bool is_tagged);
// |count| times the same number.
void nc_add_numbers(nc_lower_t *l, nc_blob_t *blob, size_t count, float number);

// Numbers [outer, a, b, inner] as f32 [outer * b, a * inner], each times |factor|.
mmd_status_t nc_swap_axes(const mmd_tensor_t *from, int64_t outer, int64_t a, int64_t b,
                          double factor, mmd_tensor_t *out_tensor) MMD_MUST_USE;

// A MemoryData layer with the numbers of |tensor|, |sizes| outermost first.
nc_blob_t *nc_constant(nc_lower_t *l, const mmd_tensor_t *tensor, int count, const int64_t *sizes);

// The elements in their order, with other sizes. Nothing is emitted where |from| has them already.
nc_blob_t *nc_reshape(nc_lower_t *l, nc_blob_t *x, const nc_form_t *from, int count,
                      const mmd_dim_t *const *dims);
nc_blob_t *nc_reshape_form(nc_lower_t *l, nc_blob_t *x, const nc_form_t *from, const nc_form_t *to);
// Input |i| with the axes of |to|, to which it is broadcast.
nc_blob_t *nc_input_like(nc_lower_t *l, size_t i, const nc_form_t *to);
//===--- for tensors that lie flat -----------------------------------------===//

// The numbers of |x| with other axes: the result's axis i, of size |to[i]|, is the axis |order[i]|
// of those of |from|, of which 1 becomes any size.
nc_blob_t *nc_rearrange(nc_lower_t *l, nc_blob_t *x, const nc_form_t *form, int count,
                        const mmd_dim_t *const *from, const mmd_dim_t *const *to,
                        const int64_t *order);
// Input |i|, broadcast to the sizes of |like| and flat.
nc_blob_t *nc_flat_like(nc_lower_t *l, size_t i, const mmd_type_t *like);
// Axes in front of |axis| as one, |axis|, and those behind it as one.
bool nc_unfold(nc_lower_t *l, const mmd_type_t *type, int64_t axis, nc_form_t *out_form);

//===--- sizes -------------------------------------------------------------===//

// Sizes as text for ncnn's expressions: "0w,//(1h,2)". Blobs that it names are added to |inputs|.
// False when no blob tells a size.
enum { NC_MAX_REFERENCES = 9 };
bool nc_expression(nc_lower_t *l, const mmd_dim_t *dim, size_t *inout_count, nc_blob_t **inputs,
                   mmd_str_t *text);
// The blob, by its place in |inputs| to which it is added, and its axis that has the size; -1 =
// none.
int nc_find_size(nc_lower_t *l, const mmd_dim_t *symbol, size_t *inout_count, nc_blob_t **inputs,
                 int *out_axis);
// Sizes as a blob of numbers.
nc_blob_t *nc_sizes(nc_lower_t *l, size_t count, const mmd_dim_t *const *dims);
// ncnn's unary and binary operators by number; a scalar as second operand.
nc_blob_t *nc_unary(nc_lower_t *l, int op, nc_blob_t *x);
nc_blob_t *nc_binary(nc_lower_t *l, int op, nc_blob_t *a, nc_blob_t *b);
nc_blob_t *nc_binary_scalar(nc_lower_t *l, int op, nc_blob_t *a, double b);

// The layer that gives input |i|, when this node alone takes its only result: it may be changed.
// |type| NULL: of any type.
nc_layer_t *nc_input_layer(nc_lower_t *l, size_t i, const char *type);
// A Permute layer that swaps the first two of four axes gives it.
bool nc_is_swap(const nc_blob_t *blob);

//===--- for reading the node ----------------------------------------------===//

int64_t nc_attr_int(const nc_lower_t *l, const char *name, int64_t fallback);
double nc_attr_float(const nc_lower_t *l, const char *name, double fallback);
const char *nc_attr_string(const nc_lower_t *l, const char *name, const char *fallback);
mmd_dtype_t nc_input_dtype(const nc_lower_t *l, size_t i);
int64_t nc_input_size(const nc_lower_t *l, size_t i, int axis);  // -1 = not known
int64_t nc_dim_size(const mmd_dim_t *dim);                       // -1 = not known
// The constant behind input |i|, or NULL; and refusing what is not constant.
const mmd_tensor_t *nc_input_constant(const nc_lower_t *l, size_t i);
const mmd_tensor_t *nc_need_constant(nc_lower_t *l, size_t i);
// A constant of one element.
bool nc_input_number(const nc_lower_t *l, size_t i, double *out_number);
// Whole numbers of an attribute, or else of a constant input (SIZE_MAX: none). False when neither
// is there; refuses what is not constant or too long.
bool nc_read_ints(nc_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count);

#endif  // MMD_BACKENDS_NCNN_TARGET_LOWER_H_
