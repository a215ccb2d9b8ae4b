// SPDX-License-Identifier: Apache-2.0
//
// Lowering of a graph to TorchScript code, a function an operator. Values are texts: the name of a
// variable, a constant's name or a literal, in the arena. Errors stick to the context: after the
// first failure every function does nothing, so that a lowering reads as the code it makes.
#ifndef MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_H_
#define MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_H_

#include "backends/torchscript/target/archive.h"
#include "graph/graph.h"
#include "mmdeploy/plugin/target.h"

#define MMD_TS_OPSET 20

typedef struct ts_lower_t {
  mmd_arena_t arena;
  ts_archive_t *archive;
  mmd_map_t values;  // name of an edge -> text
  mmd_str_t body;    // of forward
  int indent;
  size_t variables;
  unsigned library;        // bits of the functions that the code calls (library.h)
  const mmd_node_t *node;  // being lowered
  mmd_status_t status;
} ts_lower_t;

typedef void (*ts_lowering_fn)(ts_lower_t *l);

// Lowers |graph| (of MMD_TS_OPSET, no composites) into |archive|.
mmd_status_t ts_lower_graph(const mmd_graph_t *graph, ts_archive_t *archive) MMD_MUST_USE;

//===--- errors ------------------------------------------------------------===//

bool ts_ok(const ts_lower_t *l);
void ts_fail(ts_lower_t *l, mmd_status_t status);
// The node cannot be expressed: operator, name, reason.
void ts_refuse(ts_lower_t *l, const char *fmt, ...) MMD_PRINTF(2, 3);

//===--- values ------------------------------------------------------------===//

// Input |i| of the node as a tensor; "None" when it is left out.
const char *ts_input(ts_lower_t *l, size_t i);
bool ts_has_input(const ts_lower_t *l, size_t i);
bool ts_wants_output(const ts_lower_t *l, size_t i);
void ts_output(ts_lower_t *l, size_t i, const char *text);
// The value of any edge that is visible here.
const char *ts_edge(ts_lower_t *l, const mmd_edge_t *edge);
void ts_bind(ts_lower_t *l, const mmd_edge_t *edge, const char *text);

//===--- code --------------------------------------------------------------===//

const char *ts_text(ts_lower_t *l, const char *fmt, ...) MMD_PRINTF(2, 3);
// A line of code.
void ts_line(ts_lower_t *l, const char *fmt, ...) MMD_PRINTF(2, 3);
// A new variable that holds the expression.
const char *ts_let(ts_lower_t *l, const char *fmt, ...) MMD_PRINTF(2, 3);
// The name of a variable that the caller sets.
const char *ts_variable(ts_lower_t *l);

// Literals.
const char *ts_ints(ts_lower_t *l, size_t count, const int64_t *numbers);  // "[1, 2]"
const char *ts_number(ts_lower_t *l, double number);                       // "0.5", "-inf"
const char *ts_dtype(ts_lower_t *l, mmd_dtype_t dtype);                    // "6"
const char *ts_bool(bool truth);
// A number as text for elements of |dtype|.
const char *ts_scalar(ts_lower_t *l, mmd_dtype_t dtype, double number);

//===--- reading the node --------------------------------------------------===//

int64_t ts_attr_int(const ts_lower_t *l, const char *name, int64_t fallback);
double ts_attr_float(const ts_lower_t *l, const char *name, double fallback);
const char *ts_attr_string(const ts_lower_t *l, const char *name, const char *fallback);
bool ts_attr_is(const ts_lower_t *l, const char *name, const char *fallback, const char *value);
// Rank of input |i|; fails where it is not known.
int ts_rank(ts_lower_t *l, size_t i);
mmd_dtype_t ts_input_dtype(const ts_lower_t *l, size_t i);
// Size of an axis, or -1; and as text, computed where it is not known.
int64_t ts_known_size(const ts_lower_t *l, size_t i, int axis);
const char *ts_size(ts_lower_t *l, size_t i, int axis);
// The attribute |name|, an axis of input 0, from 0 on.
int ts_axis(ts_lower_t *l, const char *name, int64_t fallback);
// The constant behind input |i|, or NULL.
const mmd_tensor_t *ts_constant(const ts_lower_t *l, size_t i);
// At most |max| whole numbers from the attribute |name| (NULL: none) or, when it is absent, from
// the constant input |i|. False when neither is there.
bool ts_read_ints(ts_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count);
// The same, but an input that is there must be constant.
bool ts_need_ints(ts_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count);
// Input |i| as List[int], int, float: a literal where it is constant.
const char *ts_int_list(ts_lower_t *l, size_t i);
const char *ts_int(ts_lower_t *l, size_t i);
const char *ts_float(ts_lower_t *l, size_t i);
// Axes from the attribute "axes" or input |i|, from 0 on, sorted. False when there are none.
bool ts_read_axes(ts_lower_t *l, size_t i, int rank, int64_t *out_axes, size_t *out_count);

#endif  // MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_H_
