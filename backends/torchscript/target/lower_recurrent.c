// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN by PyTorch's own functions where they are the usual ones, else step by step.
// ONNX has the gates of an LSTM as input, output, forget, cell, PyTorch as input, forget, cell,
// output; those of a GRU as update, reset, hidden, PyTorch as reset, update, hidden.
#include "backends/torchscript/target/lower_recurrent.h"

#include <string.h>

#include "backends/torchscript/target/lower_table.h"

// Whether PyTorch's function does all of it.
static bool is_usual(const ts_lower_t *l) {
  if (mmd_node_attr(l->node, "activations") || mmd_node_attr(l->node, "clip")) return false;
  if (ts_attr_int(l, "input_forget", 0) || ts_has_input(l, 4) || ts_has_input(l, 7)) return false;
  if (ts_attr_is(l, "direction", "forward", "reverse")) return false;
  // The form with the reset gate behind the product alone.
  return strcmp(l->node->op, "GRU") != 0 || ts_attr_int(l, "linear_before_reset", 0);
}

// The gates of |x| (gates * hidden rows) in PyTorch's order.
static const char *reorder(ts_lower_t *l, const ts_recurrent_t *r, const char *x) {
  const char *list = "";
  for (int i = 0; i < r->gates; ++i) {
    list =
        ts_text(l, "%s%storch.slice(%s, 0, %lld, %lld)", list, i ? ", " : "", x,
                (long long)(r->order[i] * r->hidden), (long long)((r->order[i] + 1) * r->hidden));
  }
  return r->gates == 1 ? x : ts_let(l, "torch.cat([%s], 0)", list);
}

// All weights of all directions as PyTorch lists them.
static const char *weights(ts_lower_t *l, const ts_recurrent_t *r) {
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

const char *ts_recurrent_state(ts_lower_t *l, const ts_recurrent_t *r, size_t i) {
  if (!ts_has_input(l, i)) {
    return ts_let(l, "torch.zeros([%d, torch.size(%s, 1), %lld], dtype=%s)", r->directions, r->x,
                  (long long)r->hidden, ts_dtype(l, ts_input_dtype(l, 0)));
  }
  if (!ts_attr_int(l, "layout", 0)) return ts_input(l, i);
  return ts_let(l, "torch.transpose(%s, 0, 1)", ts_input(l, i));
}

// |out_y| is [steps, directions, batch, hidden].
static void call(ts_lower_t *l, const ts_recurrent_t *r, const char **out_y, const char **out_last,
                 const char **out_cell) {
  const bool has_cell = r->gates == 4;
  const char *h = ts_recurrent_state(l, r, 5);
  const char *start = has_cell ? ts_text(l, "[%s, %s]", h, ts_recurrent_state(l, r, 6)) : h;
  const char *list = weights(l, r);
  const char *y = ts_variable(l), *last = ts_variable(l), *cell = ts_variable(l);
  ts_line(l, "%s, %s,%s%s%s = torch.%s(%s, %s, %s, %s, 1, 0., False, %s, False)", y, last,
          has_cell ? " " : "", has_cell ? cell : "", has_cell ? "," : "", r->function, r->x, start,
          list, ts_bool(ts_has_input(l, 3)), ts_bool(r->directions == 2));
  *out_y = ts_let(l,
                  "torch.permute(torch.reshape(%s, [torch.size(%s, 0), torch.size(%s, 1), %d, "
                  "%lld]), [0, 2, 1, 3])",
                  y, r->x, r->x, r->directions, (long long)r->hidden);
  *out_last = last;
  *out_cell = has_cell ? cell : NULL;
}

static const char *batch_first(ts_lower_t *l, const char *state) {
  return ts_attr_int(l, "layout", 0) ? ts_let(l, "torch.transpose(%s, 0, 1)", state) : state;
}

static void lower(ts_lower_t *l, ts_recurrent_t *r) {
  const bool is_batch_first = ts_attr_int(l, "layout", 0) != 0;
  const char *y, *last, *cell;
  r->directions = ts_attr_is(l, "direction", "forward", "bidirectional") ? 2 : 1;
  r->hidden = ts_attr_int(l, "hidden_size", ts_known_size(l, 2, 2));
  if (r->hidden < 1 || r->hidden > INT32_MAX) ts_refuse(l, "hidden_size is not known");
  if (!ts_ok(l)) return;
  r->x = is_batch_first ? ts_let(l, "torch.transpose(%s, 0, 1)", ts_input(l, 0)) : ts_input(l, 0);
  (is_usual(l) ? call : ts_recurrent_steps)(l, r, &y, &last, &cell);
  ts_output(l, 0, is_batch_first ? ts_let(l, "torch.permute(%s, [2, 0, 1, 3])", y) : y);
  ts_output(l, 1, batch_first(l, last));
  if (cell) ts_output(l, 2, batch_first(l, cell));
}

void ts_lower_lstm(ts_lower_t *l) {
  static const int order[] = {0, 2, 3, 1};
  ts_recurrent_t r = {
      .function = "lstm", .gates = 4, .functions = 3, .order = order, .usual = "Sigmoid Tanh Tanh"};
  lower(l, &r);
}

void ts_lower_gru(ts_lower_t *l) {
  static const int order[] = {1, 0, 2};
  ts_recurrent_t r = {
      .function = "gru", .gates = 3, .functions = 2, .order = order, .usual = "Sigmoid Tanh"};
  lower(l, &r);
}

void ts_lower_rnn(ts_lower_t *l) {
  static const int order[] = {0};
  ts_recurrent_t r = {
      .function = "rnn_tanh", .gates = 1, .functions = 1, .order = order, .usual = "Tanh"};
  lower(l, &r);
}
