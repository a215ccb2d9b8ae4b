// SPDX-License-Identifier: Apache-2.0
//
// LSTM and GRU by PyTorch's own functions. ONNX has the gates of an LSTM as input, output, forget,
// cell, PyTorch as input, forget, cell, output; those of a GRU as update, reset, hidden, PyTorch as
// reset, update, hidden.
#include <string.h>

#include "backends/torchscript/target/lower_table.h"

typedef struct recurrent_t {
  const char *function;
  int gates;
  const int *order;  // ONNX's place of PyTorch's gate
  int directions;
  int64_t hidden;
} recurrent_t;

static void check(ts_lower_t *l) {
  if (mmd_node_attr(l->node, "activations") || mmd_node_attr(l->node, "clip") ||
      ts_attr_int(l, "input_forget", 0) || ts_attr_int(l, "layout", 0) || ts_has_input(l, 7))
    ts_refuse(l, "activations, clip, input_forget, layout and peepholes");
  if (ts_has_input(l, 4)) ts_refuse(l, "sequence_lens");
  if (ts_attr_is(l, "direction", "forward", "reverse")) ts_refuse(l, "direction reverse");
}

// The gates of |x| (gates * hidden rows) in PyTorch's order.
static const char *reorder(ts_lower_t *l, const recurrent_t *r, const char *x) {
  const char *list = "";
  for (int i = 0; i < r->gates; ++i) {
    list =
        ts_text(l, "%s%storch.slice(%s, 0, %lld, %lld)", list, i ? ", " : "", x,
                (long long)(r->order[i] * r->hidden), (long long)((r->order[i] + 1) * r->hidden));
  }
  return ts_let(l, "torch.cat([%s], 0)", list);
}

// All weights of all directions as PyTorch lists them.
static const char *weights(ts_lower_t *l, const recurrent_t *r) {
  const char *list = "";
  const long long half = (long long)(r->gates * r->hidden);
  for (int d = 0; d < r->directions; ++d) {
    for (size_t i = 1; i < 3; ++i) {
      const char *x = ts_let(l, "torch.select(%s, 0, %d)", ts_input(l, i), d);
      list = ts_text(l, "%s%s%s", list, *list ? ", " : "", reorder(l, r, x));
    }
    for (int i = 0; ts_has_input(l, 3) && i < 2; ++i) {
      const char *x = ts_let(l, "torch.slice(torch.select(%s, 0, %d), 0, %lld, %lld)",
                             ts_input(l, 3), d, i * half, (i + 1) * half);
      list = ts_text(l, "%s, %s", list, reorder(l, r, x));
    }
  }
  return ts_text(l, "[%s]", list);
}

static const char *state(ts_lower_t *l, const recurrent_t *r, size_t i) {
  if (ts_has_input(l, i)) return ts_input(l, i);
  return ts_let(l, "torch.zeros([%d, torch.size(%s, 1), %lld])", r->directions, ts_input(l, 0),
                (long long)r->hidden);
}

// [steps, batch, directions * hidden] -> [steps, directions, batch, hidden]
static void give_sequence(ts_lower_t *l, const recurrent_t *r, const char *y) {
  const char *x = ts_input(l, 0);
  ts_output(l, 0,
            ts_let(l,
                   "torch.permute(torch.reshape(%s, [torch.size(%s, 0), torch.size(%s, 1), %d, "
                   "%lld]), [0, 2, 1, 3])",
                   y, x, x, r->directions, (long long)r->hidden));
}

static void lower(ts_lower_t *l, recurrent_t *r, bool has_cell) {
  check(l);
  r->directions = ts_attr_is(l, "direction", "forward", "bidirectional") ? 2 : 1;
  r->hidden = ts_attr_int(l, "hidden_size", ts_known_size(l, 2, 2));
  if (r->hidden < 1) ts_refuse(l, "hidden_size is not known");
  if (!ts_ok(l)) return;
  const char *h = state(l, r, 5);
  const char *start = has_cell ? ts_text(l, "[%s, %s]", h, state(l, r, 6)) : h;
  const char *list = weights(l, r);
  const char *y = ts_variable(l), *last = ts_variable(l), *cell = ts_variable(l);
  ts_line(l, "%s, %s,%s%s%s = torch.%s(%s, %s, %s, %s, 1, 0., False, %s, False)", y, last,
          has_cell ? " " : "", has_cell ? cell : "", has_cell ? "," : "", r->function,
          ts_input(l, 0), start, list, ts_bool(ts_has_input(l, 3)), ts_bool(r->directions == 2));
  if (ts_wants_output(l, 0)) give_sequence(l, r, y);
  ts_output(l, 1, last);
  if (has_cell) ts_output(l, 2, cell);
}

void ts_lower_lstm(ts_lower_t *l) {
  static const int order[] = {0, 2, 3, 1};
  recurrent_t r = {.function = "lstm", .gates = 4, .order = order};
  lower(l, &r, true);
}

// PyTorch has the form with the reset gate behind the product alone.
void ts_lower_gru(ts_lower_t *l) {
  static const int order[] = {1, 0, 2};
  recurrent_t r = {.function = "gru", .gates = 3, .order = order};
  if (!ts_attr_int(l, "linear_before_reset", 0)) ts_refuse(l, "linear_before_reset 0");
  lower(l, &r, false);
}
