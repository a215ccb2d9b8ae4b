// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN. ONNX has [sequence, batch, …], the engine [batch, sequence, …] and one bias.
#include <ctype.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

typedef struct cell_t {
  const char *type;
  int64_t gates;
  int64_t order[4];  // of the engine's gates among ONNX's
  const char *activations[3];
} cell_t;

static const cell_t g_lstm = {"LSTMSequence", 4, {2, 0, 3, 1}, {"Sigmoid", "Tanh", "Tanh"}};
static const cell_t g_gru = {"GRUSequence", 3, {0, 1, 2, 0}, {"Sigmoid", "Tanh", NULL}};
static const cell_t g_rnn = {"RNNSequence", 1, {0, 0, 0, 0}, {"Tanh", NULL, NULL}};

// Gates of [directions, gates * hidden, …] in the engine's order.
static ov_value_t reorder(ov_lower_t *l, const cell_t *cell, ov_value_t x) {
  if (cell != &g_lstm) return x;
  const ov_value_t inputs[] = {x, ov_constant_i64(l, 1)};
  const ov_value_t split = ov_emit_many(l, "Split", "opset1", 2, inputs, 4);
  ov_value_t parts[4];
  ov_set_int(l, split, "num_splits", 4);
  for (size_t i = 0; i < 4; ++i) parts[i] = ov_result(split, (size_t)cell->order[i]);
  return ov_concat(l, 4, parts, 1);
}

// [directions, 2 * gates * hidden], of the input and of the state, to their sum. A GRU that is
// linear before its reset keeps the last gate's two apart.
static ov_value_t bias(ov_lower_t *l, const cell_t *cell, int64_t hidden, int64_t directions,
                       bool is_linear) {
  const int64_t size = cell->gates * hidden;
  if (!mmd_node_input(l->node, 3)) {
    const int64_t shape[] = {directions, size + (is_linear ? hidden : 0)};
    return ov_broadcast(l, ov_constant_number(l, ov_input_dtype(l, 0), 0),
                        ov_constant_i64s(l, 2, shape));
  }
  const ov_value_t both = ov_input(l, 3);
  const ov_value_t w = ov_slice(l, both, 1, 0, size), r = ov_slice(l, both, 1, size, 2 * size);
  if (!is_linear) return reorder(l, cell, ov_binary(l, "Add", w, r));
  const ov_value_t parts[] = {
      ov_binary(l, "Add", ov_slice(l, w, 1, 0, 2 * hidden), ov_slice(l, r, 1, 0, 2 * hidden)),
      ov_slice(l, w, 1, 2 * hidden, size), ov_slice(l, r, 1, 2 * hidden, size)};
  return ov_concat(l, 3, parts, 1);
}

// "Sigmoid,Tanh,Tanh" of both directions, which must agree.
static void set_activations(ov_lower_t *l, const cell_t *cell, ov_value_t out) {
  const mmd_attr_t *attr = mmd_node_attr(l->node, "activations");
  char text[96] = "";
  size_t size = 0, count = 0;
  while (count < 3 && cell->activations[count]) ++count;
  for (size_t i = 0; attr && i < attr->count; ++i) {
    if (i >= count && strcmp(attr->u.strings[i].data, attr->u.strings[i - count].data) != 0)
      ov_refuse(l, "activations that differ between the directions");
  }
  for (size_t i = 0; i < count; ++i) {
    const char *name = attr && i < attr->count ? attr->u.strings[i].data : cell->activations[i];
    if (i && size + 1 < sizeof text) text[size++] = ',';
    for (; *name && size + 1 < sizeof text; ++name)
      text[size++] = (char)tolower((unsigned char)*name);
  }
  text[size] = '\0';
  ov_set(l, out, "activations", text);
}

// Layout 1 has the batch in front, as the engine has it.
static bool is_batch_first(const ov_lower_t *l) {
  return ov_attr_int(l, "layout", 0) != 0;
}

// [a, b, c] to [b, a, c] unless the batch is in front already.
static ov_value_t batch_first(ov_lower_t *l, ov_value_t x) {
  const int64_t swap[] = {1, 0, 2};
  return is_batch_first(l) ? x : ov_transpose(l, x, 3, swap);
}

// State [directions, batch, hidden] to [batch, directions, hidden], or zeros.
static ov_value_t state(ov_lower_t *l, size_t input, ov_value_t batch, int64_t directions,
                        int64_t hidden) {
  if (mmd_node_input(l->node, input)) return batch_first(l, ov_input(l, input));
  const int64_t rest[] = {directions, hidden};
  const ov_value_t shape[] = {batch, ov_constant_i64s(l, 2, rest)};
  return ov_broadcast(l, ov_constant_number(l, ov_input_dtype(l, 0), 0), ov_concat(l, 2, shape, 0));
}

// The length of each sequence; all of |sequence| where they are left out.
static ov_value_t lengths(ov_lower_t *l, ov_value_t sequence, ov_value_t batch) {
  if (mmd_node_input(l->node, 4)) return ov_input(l, 4);
  return ov_broadcast(l, sequence, batch);
}

static void bind_outputs(ov_lower_t *l, ov_value_t out, size_t states) {
  // [batch, directions, sequence, hidden] -> [sequence, directions, batch, hidden].
  const int64_t all[] = {2, 1, 0, 3}, batch_first_all[] = {0, 2, 1, 3};
  ov_output(l, 0, ov_transpose(l, out, 4, is_batch_first(l) ? batch_first_all : all));
  for (size_t i = 1; i <= states && i < l->node->output_count; ++i) {
    if (l->node->outputs[i]) ov_output(l, i, batch_first(l, ov_result(out, i)));
  }
}

static void check(ov_lower_t *l) {
  if (ov_attr_int(l, "input_forget", 0)) ov_refuse(l, "input_forget 1");
  if (mmd_node_input(l->node, 7)) ov_refuse(l, "peepholes (input P)");
  if (mmd_node_attr(l->node, "activation_alpha") || mmd_node_attr(l->node, "activation_beta"))
    ov_refuse(l, "activation_alpha and activation_beta");
}

static void sequence(ov_lower_t *l, const cell_t *cell) {
  const char *direction = ov_attr_string(l, "direction", "forward");
  const int64_t directions = strcmp(direction, "bidirectional") == 0 ? 2 : 1;
  const int64_t hidden = ov_attr_int(l, "hidden_size", ov_input_size(l, 2, 2));
  const int64_t batch_axis = is_batch_first(l) ? 0 : 1;
  const bool is_linear = cell == &g_gru && ov_attr_int(l, "linear_before_reset", 0);
  const bool is_lstm = cell == &g_lstm;
  check(l);
  if (hidden < 1) ov_refuse(l, "hidden_size is not known");
  const ov_value_t shape = ov_shape_of(l, ov_input(l, 0));
  const ov_value_t batch = ov_slice(l, shape, 0, batch_axis, batch_axis + 1);
  const ov_value_t length = ov_slice(l, shape, 0, 1 - batch_axis, 2 - batch_axis);
  ov_value_t inputs[7];
  size_t count = 0;
  inputs[count++] = batch_first(l, ov_input(l, 0));
  inputs[count++] = state(l, 5, batch, directions, hidden);
  if (is_lstm) inputs[count++] = state(l, 6, batch, directions, hidden);
  inputs[count++] = lengths(l, length, batch);
  inputs[count++] = reorder(l, cell, ov_input(l, 1));
  inputs[count++] = reorder(l, cell, ov_input(l, 2));
  inputs[count++] = bias(l, cell, hidden, directions, is_linear);
  const ov_value_t out = ov_emit_many(l, cell->type, "opset5", count, inputs, is_lstm ? 3 : 2);
  ov_set_int(l, out, "hidden_size", hidden);
  ov_set(l, out, "direction", direction);
  ov_set_float(l, out, "clip", ov_attr_float(l, "clip", 0));
  if (cell == &g_gru) ov_set_bool(l, out, "linear_before_reset", is_linear);
  set_activations(l, cell, out);
  bind_outputs(l, out, is_lstm ? 2 : 1);
}

void ov_lower_lstm(ov_lower_t *l) {
  sequence(l, &g_lstm);
}

void ov_lower_gru(ov_lower_t *l) {
  sequence(l, &g_gru);
}

void ov_lower_rnn(ov_lower_t *l) {
  sequence(l, &g_rnn);
}
