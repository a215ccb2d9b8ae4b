// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN over one sequence. The engine has other orders of the gates and adds both
// biases up.
#include <string.h>

#include "backends/ncnn/target/lower_table.h"

enum { MAX_STATES = 2, FIRST_STATE = 5 };  // inputs of the operators

typedef struct cell_t {
  const char *type;
  int gates;
  int states;        // hidden, and LSTM's cell
  const int *order;  // ONNX's gate for each of the engine's
  int bias_rows;     // of the engine
  bool splits_last;  // the last gate's biases stay apart
  int64_t hidden, directions;
} cell_t;

// Rows [directions, gates * hidden, width] in the engine's order.
static mmd_status_t reorder(const cell_t *cell, const mmd_tensor_t *from, mmd_tensor_t *out) {
  const size_t width = (size_t)from->shape.dims[2], hidden = (size_t)cell->hidden;
  MMD_TRY(mmd_tensor_create(MMD_F32, &from->shape, true, out));
  float *data = mmd_tensor_mutable_data(out);
  const size_t block = hidden * width;
  for (size_t d = 0; d < (size_t)cell->directions; ++d) {
    for (size_t g = 0; g < (size_t)cell->gates; ++g) {
      const size_t source = (d * (size_t)cell->gates + (size_t)cell->order[g]) * block;
      const size_t target = (d * (size_t)cell->gates + g) * block;
      for (size_t i = 0; i < block; ++i)
        data[target + i] = (float)mmd_tensor_get_f64(from, source + i);
    }
  }
  return NULL;
}

// [directions, 2 * gates * hidden]: of the input, then of the state. |from| NULL gives zeros.
static mmd_status_t add_up(const cell_t *cell, const mmd_tensor_t *from, mmd_tensor_t *out) {
  const mmd_shape_t shape = {3, {cell->directions, cell->bias_rows, cell->hidden}};
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, true, out));
  if (!from) return NULL;
  float *data = mmd_tensor_mutable_data(out);
  const size_t hidden = (size_t)cell->hidden, gates = (size_t)cell->gates;
  for (size_t d = 0; d < (size_t)cell->directions; ++d) {
    const size_t base = d * 2 * gates * hidden;
    float *rows = data + d * (size_t)cell->bias_rows * hidden;
    for (size_t g = 0; g < gates; ++g) {
      for (size_t i = 0; i < hidden; ++i) {
        const size_t at = base + (size_t)cell->order[g] * hidden + i;
        const double w = mmd_tensor_get_f64(from, at);
        const double r = mmd_tensor_get_f64(from, at + gates * hidden);
        const bool is_apart = cell->splits_last && g + 1 == gates;
        rows[g * hidden + i] = (float)(is_apart ? w : w + r);
        if (is_apart) rows[(g + 1) * hidden + i] = (float)r;
      }
    }
  }
  return NULL;
}

static void add_cell_weights(nc_lower_t *l, nc_blob_t *out, const cell_t *cell) {
  mmd_tensor_t w = {0}, b = {0}, r = {0};
  mmd_status_t status = reorder(cell, nc_input_constant(l, 1), &w);
  if (!status) status = add_up(cell, nc_input_constant(l, 3), &b);
  if (!status) status = reorder(cell, nc_input_constant(l, 2), &r);
  nc_fail(l, status);
  if (!status) {
    nc_add_weights(l, out, &w, true);
    nc_add_weights(l, out, &b, true);
    nc_add_weights(l, out, &r, true);
  }
  mmd_tensor_deinit(&w);
  mmd_tensor_deinit(&b);
  mmd_tensor_deinit(&r);
}

// Zeros as initial state say what none says.
static bool is_zero(const mmd_tensor_t *tensor) {
  for (size_t i = 0; tensor && i < mmd_tensor_count(tensor); ++i) {
    if (mmd_tensor_get_f64(tensor, i) != 0) return false;
  }
  return tensor != NULL;
}

static bool is_used(const nc_lower_t *l, size_t output) {
  const mmd_edge_t *edge = output < l->node->output_count ? l->node->outputs[output] : NULL;
  return edge && mmd_edge_use_count(edge) > 0;
}

// The engine has those that PyTorch has.
static void check_activations(nc_lower_t *l, const cell_t *cell) {
  static const char *const defaults[][3] = {
      {"Tanh"}, {"Sigmoid", "Tanh"}, {"Sigmoid", "Tanh", "Tanh"}};
  const int each = cell->gates == 1 ? 1 : cell->gates == 3 ? 2 : 3;
  const mmd_attr_t *found = mmd_node_attr(l->node, "activations");
  for (size_t i = 0; found && found->kind == MMD_ATTR_STRINGS && i < found->count; ++i) {
    const char *name = found->u.strings[i].data;
    if (strcmp(name, defaults[each - 1][i % (size_t)each]) != 0)
      nc_refuse(l, "activation %s", name);
  }
}

static void check_cell(nc_lower_t *l, const cell_t *cell) {
  nc_need_constant(l, 1);
  nc_need_constant(l, 2);
  if (nc_has_input(l, 3)) nc_need_constant(l, 3);
  if (nc_has_input(l, 4)) nc_refuse(l, "sequence_lens");
  if (nc_has_input(l, 7)) nc_refuse(l, "peepholes");
  if (nc_attr_int(l, "layout", 0)) nc_refuse(l, "layout 1");
  if (mmd_node_attr(l->node, "clip")) nc_refuse(l, "clip");
  check_activations(l, cell);
}

// States are the mats [directions, hidden]. How many there are.
static size_t state_inputs(nc_lower_t *l, const cell_t *cell, const mmd_dim_t *const *dims,
                           nc_blob_t **inputs) {
  const int64_t sizes[] = {cell->directions, cell->hidden};
  bool has_state = false;
  for (int i = 0; i < cell->states; ++i)
    has_state |= nc_has_input(l, (size_t)(FIRST_STATE + i)) &&
                 !is_zero(nc_input_constant(l, (size_t)(FIRST_STATE + i)));
  for (int i = 0; i < cell->states && has_state; ++i) {
    const size_t input = (size_t)(FIRST_STATE + i);
    const mmd_shape_t shape = {2, {sizes[0], sizes[1]}};
    mmd_tensor_t zeros = {0};
    if (nc_has_input(l, input)) {
      const nc_form_t form = nc_input_form(l, input);
      inputs[i] = nc_reshape(l, nc_input(l, input), &form, 2, dims);
      continue;
    }
    nc_fail(l, mmd_tensor_create(MMD_F32, &shape, true, &zeros));
    if (nc_ok(l)) inputs[i] = nc_constant(l, &zeros, 2, sizes);
    mmd_tensor_deinit(&zeros);
  }
  return has_state ? (size_t)cell->states : 0;
}

static void output_states(nc_lower_t *l, const cell_t *cell, const mmd_dim_t *const *dims,
                          nc_blob_t *out) {
  const nc_form_t middle = {.rank = 2, .count = 2, .dims = {dims[0], dims[1]}};
  for (size_t i = 1; i <= (size_t)cell->states; ++i) {
    const nc_form_t to = nc_output_form(l, i);
    if (is_used(l, i)) nc_output(l, i, nc_reshape_form(l, nc_result(out, i), &middle, &to));
  }
}

// A sequence is the mat [time, width]; the result [time, directions * hidden].
static nc_blob_t *emit_cell(nc_lower_t *l, const cell_t *cell, const mmd_dim_t *const *state_dims) {
  const char *direction = nc_attr_string(l, "direction", "forward");
  const int number = strcmp(direction, "reverse") == 0         ? 1
                     : strcmp(direction, "bidirectional") == 0 ? 2
                                                               : 0;
  const mmd_type_t *in = &mmd_node_input(l->node, 0)->type;
  const nc_form_t from = nc_input_form(l, 0);
  const mmd_dim_t *const dims[] = {in->dims[0], in->dims[2]};
  nc_blob_t *inputs[1 + MAX_STATES] = {nc_reshape(l, nc_input(l, 0), &from, 2, dims)};
  const size_t count = 1 + state_inputs(l, cell, state_dims, inputs + 1);
  bool gives_states = false;
  for (size_t i = 1; i <= (size_t)cell->states; ++i) gives_states |= is_used(l, i);
  nc_blob_t *out =
      nc_emit_many(l, cell->type, count, inputs, gives_states ? 1 + (size_t)cell->states : 1);
  nc_set_int(l, out, 0, cell->hidden);
  nc_set_int(l, out, 1, (int64_t)mmd_tensor_count(nc_input_constant(l, 1)));
  nc_set_int(l, out, 2, number);
  if (out) add_cell_weights(l, out, cell);
  return out;
}

static void lower_cell(nc_lower_t *l, cell_t *cell) {
  nc_input_form(l, 0);
  check_cell(l, cell);
  if (!nc_ok(l)) return;
  const mmd_type_t *in = &mmd_node_input(l->node, 0)->type;
  const mmd_tensor_t *w = nc_input_constant(l, 1), *r = nc_input_constant(l, 2);
  if (in->rank != 3 || (nc_dim_size(in->dims[1]) != 1 && in->dims[1] != l->batch))
    nc_refuse(l, "more than one sequence at a time");
  if (w->shape.rank != 3 || r->shape.rank != 3 || r->shape.dims[2] < 1) nc_refuse(l, "the weights");
  if (!nc_ok(l)) return;
  cell->directions = w->shape.dims[0];
  cell->hidden = r->shape.dims[2];
  const mmd_dim_t *const state_dims[] = {mmd_dim_const(l->graph, cell->directions),
                                         mmd_dim_const(l->graph, cell->hidden)};
  nc_blob_t *out = emit_cell(l, cell, state_dims);
  if (!nc_ok(l) || !out) return;
  output_states(l, cell, state_dims, out);
  if (!is_used(l, 0)) return;
  const nc_form_t to = nc_output_form(l, 0);
  nc_form_t middle = {.count = 2, .dims = {in->dims[0]}};
  middle.dims[1] = mmd_dim_const(l->graph, cell->directions * cell->hidden);
  nc_output(l, 0, nc_reshape_form(l, out, &middle, &to));
}

void nc_lower_lstm(nc_lower_t *l) {
  static const int order[] = {0, 2, 1, 3};  // i o f c -> i f o c
  cell_t cell = {.type = "LSTM", .gates = 4, .states = 2, .order = order, .bias_rows = 4};
  if (nc_attr_int(l, "input_forget", 0)) nc_refuse(l, "input_forget 1");
  lower_cell(l, &cell);
}

void nc_lower_gru(nc_lower_t *l) {
  static const int order[] = {1, 0, 2};  // z r h -> r z h
  cell_t cell = {
      .type = "GRU", .gates = 3, .states = 1, .order = order, .bias_rows = 4, .splits_last = true};
  if (!nc_attr_int(l, "linear_before_reset", 0)) nc_refuse(l, "linear_before_reset 0");
  lower_cell(l, &cell);
}

void nc_lower_rnn(nc_lower_t *l) {
  static const int order[] = {0};
  cell_t cell = {.type = "RNN", .gates = 1, .states = 1, .order = order, .bias_rows = 1};
  lower_cell(l, &cell);
}
