// SPDX-License-Identifier: Apache-2.0
//
// LSTM, GRU and RNN step by step. Gates of an LSTM are input, output, forget, cell; those of a GRU
// update, reset, hidden.
#include <string.h>

#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_recurrent.h"
#include "backends/torchscript/target/lower_table.h"

// One direction.
typedef struct steps_t {
  const ts_recurrent_t *r;
  int direction;
  const char *gates;   // of all steps without the state's part, [steps, batch, gates * hidden]
  const char *weight;  // of the state, [gates * hidden, hidden]
  const char *bias;    // of the state's part, or None
  const char *h, *c;   // variables, [batch, hidden]
} steps_t;

//===--- activations -------------------------------------------------------===//

// $ is the value, @ alpha and # beta.
static const struct {
  const char *name, *expression;
  double alpha, beta;
} g_activations[] = {
    {"Sigmoid", "torch.sigmoid($)", 0, 0},
    {"Tanh", "torch.tanh($)", 0, 0},
    {"Relu", "torch.relu($)", 0, 0},
    {"Affine", "torch.add(torch.mul($, @), #)", 1, 0},
    {"LeakyRelu", "torch.leaky_relu($, @)", 0.01, 0},
    {"ThresholdedRelu", "torch.mul($, torch.ge($, @))", 1, 0},
    {"ScaledTanh", "torch.mul(torch.tanh(torch.mul($, #)), @)", 1, 1},
    {"HardSigmoid", "torch.clamp(torch.add(torch.mul($, @), #), 0., 1.)", 0.2, 0.5},
    {"Elu", "torch.elu($, @)", 1, 0},
    {"Softsign", "torch.div($, torch.add(torch.abs($), 1))", 0, 0},
    {"Softplus", "torch.softplus($)", 0, 0},
};

static double number_at(const ts_lower_t *l, const char *name, size_t i, double fallback) {
  size_t count = 0;
  const double *numbers = mmd_node_attr_floats(l->node, name, &count);
  return numbers && i < count ? numbers[i] : fallback;
}

// Name of activation |which| of the direction, and its length.
static const char *activation_name(const ts_lower_t *l, const steps_t *s, size_t which,
                                   size_t *out_size) {
  const mmd_attr_t *attr = mmd_node_attr(l->node, "activations");
  const size_t at = (size_t)(s->direction * s->r->functions) + which;
  const char *name = s->r->usual;
  if (attr && attr->kind == MMD_ATTR_STRINGS && at < attr->count) {
    name = attr->u.strings[at].data;
    *out_size = strlen(name);
    return name;
  }
  while (which--) name = strchr(name, ' ') + 1;
  *out_size = strcspn(name, " ");
  return name;
}

static const char *fill(ts_lower_t *l, const char *expression, const char *x, double alpha,
                        double beta) {
  const char *text = "";
  for (const char *p = expression; *p;) {
    const size_t size = strcspn(p, "$@#");
    text = ts_text(l, "%s%.*s", text, (int)size, p);
    p += size;
    if (!*p) break;
    const char *part = *p == '$' ? x : ts_number(l, *p == '@' ? alpha : beta);
    text = ts_text(l, "%s%s", text, part);
    ++p;
  }
  return text;
}

static const char *activate(ts_lower_t *l, const steps_t *s, size_t which, const char *x) {
  size_t size = 0;
  const char *name = activation_name(l, s, which, &size);
  const size_t at = (size_t)(s->direction * s->r->functions) + which;
  for (size_t i = 0; i < sizeof g_activations / sizeof *g_activations; ++i) {
    if (strlen(g_activations[i].name) != size || memcmp(g_activations[i].name, name, size) != 0)
      continue;
    const double alpha = number_at(l, "activation_alpha", at, g_activations[i].alpha);
    const double beta = number_at(l, "activation_beta", at, g_activations[i].beta);
    return ts_let(l, "%s", fill(l, g_activations[i].expression, x, alpha, beta));
  }
  ts_refuse(l, "activation %.*s", (int)(size < 40 ? size : 40), name);
  return x;
}

// Of what goes into a gate, which |clip| bounds.
static const char *gate(ts_lower_t *l, const steps_t *s, size_t which, const char *x) {
  if (mmd_node_attr(l->node, "clip")) {
    const double clip = ts_attr_float(l, "clip", 0);
    x = ts_let(l, "torch.clamp(%s, %s, %s)", x, ts_number(l, -clip), ts_number(l, clip));
  }
  return activate(l, s, which, x);
}

//===--- cells -------------------------------------------------------------===//

// Columns of gate |i|.
static const char *part(ts_lower_t *l, const steps_t *s, const char *x, int i) {
  const long long hidden = (long long)s->r->hidden;
  return ts_let(l, "torch.slice(%s, 1, %lld, %lld)", x, i * hidden, (i + 1) * hidden);
}

// + a peephole's part of the cell; input, output, forget.
static const char *peep(ts_lower_t *l, const steps_t *s, const char *x, int i, const char *cell) {
  const long long hidden = (long long)s->r->hidden;
  if (!ts_has_input(l, 7)) return x;
  return ts_let(l,
                "torch.add(%s, torch.mul(torch.slice(torch.select(%s, 0, %d), 0, %lld, %lld), %s))",
                x, ts_input(l, 7), s->direction, i * hidden, (i + 1) * hidden, cell);
}

static const char *step_lstm(ts_lower_t *l, const steps_t *s, const char *g,
                             const char **out_cell) {
  const char *in = gate(l, s, 0, peep(l, s, part(l, s, g, 0), 0, s->c));
  const char *forget = ts_attr_int(l, "input_forget", 0)
                           ? ts_let(l, "torch.rsub(%s, 1)", in)
                           : gate(l, s, 0, peep(l, s, part(l, s, g, 2), 2, s->c));
  const char *new = gate(l, s, 1, part(l, s, g, 3));
  const char *cell =
      ts_let(l, "torch.add(torch.mul(%s, %s), torch.mul(%s, %s))", forget, s->c, in, new);
  const char *out = gate(l, s, 0, peep(l, s, part(l, s, g, 1), 1, cell));
  *out_cell = cell;
  return ts_let(l, "torch.mul(%s, %s)", out, activate(l, s, 2, cell));
}

static const char *step_gru(ts_lower_t *l, const steps_t *s, const char *g) {
  const long long n = (long long)s->r->hidden;
  const bool is_linear = ts_attr_int(l, "linear_before_reset", 0) != 0;
  const char *u = ts_let(l, "torch.linear(%s, %s, %s)", s->h, s->weight, s->bias);
  const char *sums = ts_let(
      l, "torch.add(torch.slice(%s, 1, 0, %lld), torch.slice(%s, 1, 0, %lld))", g, 2 * n, u, 2 * n);
  const char *update = gate(l, s, 0, part(l, s, sums, 0));
  const char *reset = gate(l, s, 0, part(l, s, sums, 1));
  const char *again;
  if (is_linear) {
    again = ts_let(l, "torch.mul(%s, %s)", reset, part(l, s, u, 2));
  } else {
    const char *bias = strcmp(s->bias, "None") == 0
                           ? "None"
                           : ts_text(l, "torch.slice(%s, 0, %lld, %lld)", s->bias, 2 * n, 3 * n);
    again = ts_let(l, "torch.linear(torch.mul(%s, %s), torch.slice(%s, 0, %lld, %lld), %s)", reset,
                   s->h, s->weight, 2 * n, 3 * n, bias);
  }
  const char *new = gate(l, s, 1, ts_let(l, "torch.add(%s, %s)", part(l, s, g, 2), again));
  return ts_let(l, "torch.add(torch.mul(torch.rsub(%s, 1), %s), torch.mul(%s, %s))", update, new,
                update, s->h);
}

// The next state from the gates of one step.
static const char *step(ts_lower_t *l, const steps_t *s, const char *g, const char **out_cell) {
  if (s->r->gates == 3) return step_gru(l, s, g);
  g = ts_let(l, "torch.add(%s, torch.linear(%s, %s, %s))", g, s->h, s->weight, s->bias);
  return s->r->gates == 4 ? step_lstm(l, s, g, out_cell) : gate(l, s, 0, g);
}

//===--- the loop ----------------------------------------------------------===//

// Sequences that are over keep their state and give zeros.
static const char *run_direction(ts_lower_t *l, steps_t *s, bool is_reverse) {
  const char *list = ts_let(l, "annotate(List[Tensor], [])");
  const char *count = ts_let(l, "torch.size(%s, 0)", s->r->x);
  const char *turn = ts_variable(l), *cell = s->c;
  ts_line(l, "for %s in range(%s):", turn, count);
  ++l->indent;
  const char *at = is_reverse ? ts_let(l, "torch.sub(torch.sub(%s, 1), %s)", count, turn) : turn;
  const char *h = step(l, s, ts_let(l, "torch.select(%s, 0, %s)", s->gates, at), &cell);
  const char *given = h;
  if (ts_has_input(l, 4)) {
    const char *goes_on = ts_let(l, "torch.unsqueeze(torch.gt(%s, %s), 1)", ts_input(l, 4), at);
    h = ts_let(l, "torch.where(%s, %s, %s)", goes_on, h, s->h);
    given = ts_let(l, "torch.mul(%s, %s)", h, goes_on);
    if (s->c) cell = ts_let(l, "torch.where(%s, %s, %s)", goes_on, cell, s->c);
  }
  ts_let(l, "torch.append(%s, %s)", list, given);
  ts_line(l, "%s = %s", s->h, h);
  if (s->c) ts_line(l, "%s = %s", s->c, cell);
  --l->indent;
  const char *y = ts_let(l, "%s(%s)", ts_library(l, TS_STACK), list);
  return is_reverse ? ts_let(l, "torch.flip(%s, [0])", y) : y;
}

static const char *lower_direction(ts_lower_t *l, const ts_recurrent_t *r, int d, const char *h0,
                                   const char *c0, const char **out_h, const char **out_c) {
  const bool is_reverse = d || ts_attr_is(l, "direction", "forward", "reverse");
  const long long rows = (long long)(r->gates * r->hidden);
  const char *both =
      ts_has_input(l, 3) ? ts_let(l, "torch.select(%s, 0, %d)", ts_input(l, 3), d) : NULL;
  const char *bias = both ? ts_text(l, "torch.slice(%s, 0, 0, %lld)", both, rows) : "None";
  steps_t s = {.r = r, .direction = d};
  s.gates =
      ts_let(l, "torch.linear(%s, torch.select(%s, 0, %d), %s)", r->x, ts_input(l, 1), d, bias);
  s.weight = ts_let(l, "torch.select(%s, 0, %d)", ts_input(l, 2), d);
  s.bias = both ? ts_let(l, "torch.slice(%s, 0, %lld, %lld)", both, rows, 2 * rows) : "None";
  s.h = ts_let(l, "torch.select(%s, 0, %d)", h0, d);
  s.c = c0 ? ts_let(l, "torch.select(%s, 0, %d)", c0, d) : NULL;
  const char *y = run_direction(l, &s, is_reverse);
  *out_h = s.h;
  *out_c = s.c;
  return y;
}

void ts_recurrent_steps(ts_lower_t *l, const ts_recurrent_t *r, const char **out_y,
                        const char **out_last, const char **out_cell) {
  const char *h0 = ts_recurrent_state(l, r, 5);
  const char *c0 = r->gates == 4 ? ts_recurrent_state(l, r, 6) : NULL;
  const char *ys = "", *hs = "", *cs = "";
  for (int d = 0; d < r->directions; ++d) {
    const char *h, *c, *comma = d ? ", " : "";
    ys = ts_text(l, "%s%s%s", ys, comma, lower_direction(l, r, d, h0, c0, &h, &c));
    hs = ts_text(l, "%s%s%s", hs, comma, h);
    if (c0) cs = ts_text(l, "%s%s%s", cs, comma, c);
  }
  *out_y = ts_let(l, "torch.stack([%s], 1)", ys);
  *out_last = ts_let(l, "torch.stack([%s], 0)", hs);
  *out_cell = c0 ? ts_let(l, "torch.stack([%s], 0)", cs) : NULL;
}
