// SPDX-License-Identifier: Apache-2.0
//
// RNN, GRU and LSTM. Computed in double; one step of one direction at a time.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

enum { MAX_GATES = 4, ACTIVATIONS = 3 };

typedef enum { CELL_RNN, CELL_GRU, CELL_LSTM } cell_t;

typedef struct {
  double (*function)(double x, double alpha, double beta);
  double alpha, beta;
  bool has_alpha, has_beta;
} activation_t;

typedef struct {
  cell_t cell;
  int64_t gates, steps, batch, input, hidden, directions;
  bool batch_first, linear_before_reset, couple;
  double clip;
  activation_t activations[2 * ACTIVATIONS];
  const double *x, *w, *r, *b, *h0, *c0, *p;  // the last four may be NULL
  const int64_t *lengths;                     // may be NULL
  double *y, *h, *c, *sums, *recurrent;       // h and c: directions x batch x hidden
} rnn_t;

static double sigmoid(double x, double alpha, double beta) {
  (void)alpha;
  (void)beta;
  return 1 / (1 + exp(-x));
}
static double tangent(double x, double alpha, double beta) {
  (void)alpha;
  (void)beta;
  return tanh(x);
}
static double relu(double x, double alpha, double beta) {
  (void)alpha;
  (void)beta;
  return x > 0 ? x : 0;
}
static double affine(double x, double alpha, double beta) {
  return alpha * x + beta;
}
static double leaky(double x, double alpha, double beta) {
  (void)beta;
  return x >= 0 ? x : alpha * x;
}
static double thresholded(double x, double alpha, double beta) {
  (void)beta;
  return x >= alpha ? x : 0;
}
static double scaled_tanh(double x, double alpha, double beta) {
  return alpha * tanh(beta * x);
}
static double hard_sigmoid(double x, double alpha, double beta) {
  double y = alpha * x + beta;
  return y < 0 ? 0 : y > 1 ? 1 : y;
}
static double elu(double x, double alpha, double beta) {
  (void)beta;
  return x >= 0 ? x : alpha * expm1(x);
}
static double softsign(double x, double alpha, double beta) {
  (void)alpha;
  (void)beta;
  return x / (1 + fabs(x));
}
static double softplus(double x, double alpha, double beta) {
  (void)alpha;
  (void)beta;
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static const struct {
  const char *name;
  activation_t activation;
} activations[] = {
    {"Sigmoid", {sigmoid, 0, 0, false, false}},
    {"Tanh", {tangent, 0, 0, false, false}},
    {"Relu", {relu, 0, 0, false, false}},
    {"Affine", {affine, 1, 0, true, true}},
    {"LeakyRelu", {leaky, 0.01, 0, true, false}},
    {"ThresholdedRelu", {thresholded, 1, 0, true, false}},
    {"ScaledTanh", {scaled_tanh, 1, 1, true, true}},
    {"HardSigmoid", {hard_sigmoid, 0.2, 0.5, true, true}},
    {"Elu", {elu, 1, 0, true, false}},
    {"Softsign", {softsign, 0, 0, false, false}},
    {"Softplus", {softplus, 0, 0, false, false}},
};

// The functions that have this parameter take the numbers of the attribute one after the other.
static void take_number(const mmd_node_t *node, const char *name, size_t *next, double *number) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  if (!attr || attr->kind != MMD_ATTR_FLOATS || *next >= attr->count) return;
  *number = attr->u.numbers[(*next)++];
}

static mmd_status_t read_activations(const mmd_node_t *node, rnn_t *r) {
  static const char *const defaults[][ACTIVATIONS] = {
      {"Tanh", "", ""}, {"Sigmoid", "Tanh", ""}, {"Sigmoid", "Tanh", "Tanh"}};
  const mmd_attr_t *attr = mmd_node_attr(node, "activations");
  size_t each = r->cell == CELL_RNN ? 1 : r->cell == CELL_GRU ? 2 : 3, alphas = 0, betas = 0;
  for (size_t d = 0; d < (size_t)r->directions; ++d) {
    for (size_t k = 0; k < each; ++k) {
      size_t at = d * each + k, found = 0;
      const char *name = defaults[r->cell][k];
      if (attr && attr->kind == MMD_ATTR_STRINGS && at < attr->count)
        name = attr->u.strings[at].data;
      while (found < sizeof activations / sizeof *activations &&
             strcmp(activations[found].name, name) != 0) {
        ++found;
      }
      if (found == sizeof activations / sizeof *activations) {
        return mmd_node_error(node, MMD_NOT_SUPPORTED, "activation '%.40s'", name);
      }
      activation_t *a = &r->activations[d * ACTIVATIONS + k];
      *a = activations[found].activation;
      if (a->has_alpha) take_number(node, "activation_alpha", &alphas, &a->alpha);
      if (a->has_beta) take_number(node, "activation_beta", &betas, &a->beta);
    }
  }
  return NULL;
}

static mmd_status_t load(mmd_eval_context_t *c, size_t i, int64_t count,
                         const double **out_numbers) {
  const mmd_tensor_t *input = mmd_eval_input(c, i);
  *out_numbers = NULL;
  if (!input) return NULL;
  if (mmd_tensor_count(input) != (size_t)count) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu has %zu elements, not %lld", i,
                          mmd_tensor_count(input), (long long)count);
  }
  return mmd_eval_load_f64(c, input, out_numbers);
}

static mmd_status_t read_shape(mmd_eval_context_t *c, rnn_t *r) {
  const mmd_shape_t *x = &mmd_eval_input(c, 0)->shape, *w = &mmd_eval_input(c, 1)->shape;
  const mmd_shape_t *weights = &mmd_eval_input(c, 2)->shape;
  const char *direction = mmd_node_attr_string(c->node, "direction", "forward");
  r->cell = strcmp(c->node->op, "RNN") == 0   ? CELL_RNN
            : strcmp(c->node->op, "GRU") == 0 ? CELL_GRU
                                              : CELL_LSTM;
  r->gates = r->cell == CELL_RNN ? 1 : r->cell == CELL_GRU ? 3 : 4;
  r->directions = strcmp(direction, "bidirectional") == 0 ? 2 : 1;
  r->batch_first = mmd_node_attr_int(c->node, "layout", 0) != 0;
  r->linear_before_reset = mmd_node_attr_int(c->node, "linear_before_reset", 0) != 0;
  r->couple = mmd_node_attr_int(c->node, "input_forget", 0) != 0;
  r->clip = mmd_node_attr_float(c->node, "clip", (double)INFINITY);
  if (x->rank != 3 || w->rank != 3 || weights->rank != 3) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "X, W and R are not of rank 3");
  }
  r->steps = x->dims[r->batch_first];
  r->batch = x->dims[!r->batch_first];
  r->input = x->dims[2];
  r->hidden = weights->dims[2];
  bool fits = w->dims[0] == r->directions && weights->dims[0] == r->directions &&
              w->dims[2] == r->input && w->dims[1] == weights->dims[1] &&
              w->dims[1] % r->gates == 0 && w->dims[1] / r->gates == r->hidden;
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "W and R do not fit X");
  return NULL;
}

static mmd_status_t read_rnn(mmd_eval_context_t *c, rnn_t *r) {
  const mmd_tensor_t *lengths = mmd_eval_input(c, 4);
  MMD_TRY(read_shape(c, r));
  MMD_TRY(read_activations(c->node, r));
  int64_t state = r->directions * r->batch * r->hidden;
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 0), &r->x));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &r->w));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 2), &r->r));
  MMD_TRY(load(c, 3, r->directions * 2 * r->gates * r->hidden, &r->b));
  MMD_TRY(load(c, 5, state, &r->h0));
  if (r->cell == CELL_LSTM) MMD_TRY(load(c, 6, state, &r->c0));
  if (r->cell == CELL_LSTM) MMD_TRY(load(c, 7, r->directions * 3 * r->hidden, &r->p));
  if (!lengths) return NULL;
  if (mmd_tensor_count(lengths) != (size_t)r->batch) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu lengths", mmd_tensor_count(lengths));
  }
  return mmd_eval_load_i64(c, lengths, &r->lengths);
}

// Position of state element (direction, item) whatever the layout.
static int64_t state_at(const rnn_t *r, int64_t d, int64_t n) {
  return (r->batch_first ? n * r->directions + d : d * r->batch + n) * r->hidden;
}

static double bound(const rnn_t *r, double x) {
  return x < -r->clip ? -r->clip : x > r->clip ? r->clip : x;
}

static double act(const rnn_t *r, int64_t d, int which, double x) {
  const activation_t *a = &r->activations[d * ACTIVATIONS + which];
  return a->function(bound(r, x), a->alpha, a->beta);
}

// sums: W x + biases; recurrent: R h + its bias, for all gates.
static void multiply(const rnn_t *r, int64_t d, const double *x, const double *h) {
  int64_t rows = r->gates * r->hidden;
  const double *w = r->w + d * rows * r->input, *u = r->r + d * rows * r->hidden;
  const double *b = r->b ? r->b + d * 2 * rows : NULL;
  for (int64_t i = 0; i < rows; ++i) {
    double sum = b ? b[i] : 0, again = b ? b[rows + i] : 0;
    for (int64_t k = 0; k < r->input; ++k) sum += w[i * r->input + k] * x[k];
    for (int64_t k = 0; k < r->hidden; ++k) again += u[i * r->hidden + k] * h[k];
    r->sums[i] = sum;
    r->recurrent[i] = again;
  }
}

static void step_gru(const rnn_t *r, int64_t d, double *h) {
  int64_t n = r->hidden;
  double *s = r->sums, *u = r->recurrent;
  for (int64_t i = 0; i < 2 * n; ++i) s[i] = act(r, d, 0, s[i] + u[i]);  // update, reset
  if (r->linear_before_reset) {
    for (int64_t i = 0; i < n; ++i) s[2 * n + i] += s[n + i] * u[2 * n + i];
  } else {
    const double *weight = r->r + (d * 3 + 2) * n * n;
    for (int64_t i = 0; i < n; ++i) {
      double sum = r->b ? r->b[d * 6 * n + 5 * n + i] : 0;
      for (int64_t k = 0; k < n; ++k) sum += weight[i * n + k] * s[n + k] * h[k];
      s[2 * n + i] += sum;
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    h[i] = (1 - s[i]) * act(r, d, 1, s[2 * n + i]) + s[i] * h[i];
  }
}

static void step_lstm(const rnn_t *r, int64_t d, double *h, double *c) {
  int64_t n = r->hidden;
  const double *p = r->p ? r->p + d * 3 * n : NULL;  // input, output, forget
  for (int64_t i = 0; i < n; ++i) {                  // gates: input, output, forget, cell
    double in = r->sums[i] + r->recurrent[i], out = r->sums[n + i] + r->recurrent[n + i];
    double forget = r->sums[2 * n + i] + r->recurrent[2 * n + i];
    double cell = act(r, d, 1, r->sums[3 * n + i] + r->recurrent[3 * n + i]);
    in = act(r, d, 0, in + (p ? p[i] * c[i] : 0));
    forget = r->couple ? 1 - in : act(r, d, 0, forget + (p ? p[2 * n + i] * c[i] : 0));
    c[i] = forget * c[i] + in * cell;
    out = act(r, d, 0, out + (p ? p[n + i] * c[i] : 0));
    const activation_t *last = &r->activations[d * ACTIVATIONS + 2];
    h[i] = out * last->function(c[i], last->alpha, last->beta);
  }
}

static void run_item(const rnn_t *r, int64_t d, int64_t n, bool reverse) {
  int64_t length = r->lengths ? r->lengths[n] : r->steps, size = r->hidden;
  double *h = r->h + state_at(r, d, n), *c = r->c ? r->c + state_at(r, d, n) : NULL;
  for (int64_t i = 0; i < size; ++i) {
    h[i] = r->h0 ? r->h0[state_at(r, d, n) + i] : 0;
    if (c) c[i] = r->c0 ? r->c0[state_at(r, d, n) + i] : 0;
  }
  for (int64_t k = 0; k < length; ++k) {
    int64_t t = reverse ? length - 1 - k : k;
    int64_t row = r->batch_first ? n * r->steps + t : t * r->batch + n;
    multiply(r, d, r->x + row * r->input, h);
    if (r->cell == CELL_GRU) step_gru(r, d, h);
    if (r->cell == CELL_LSTM) step_lstm(r, d, h, c);
    for (int64_t i = 0; r->cell == CELL_RNN && i < size; ++i) {
      h[i] = act(r, d, 0, r->sums[i] + r->recurrent[i]);
    }
    // Y is steps x directions x batch, or batch x steps x directions.
    int64_t to = r->batch_first ? (n * r->steps + t) * r->directions + d
                                : (t * r->directions + d) * r->batch + n;
    memcpy(r->y + to * size, h, (size_t)size * sizeof *h);
  }
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  rnn_t r = {.gates = 1};
  size_t count, states;
  MMD_TRY(read_rnn(c, &r));
  mmd_shape_t y = {.rank = 4, .dims = {r.steps, r.directions, r.batch, r.hidden}};
  mmd_shape_t h = {.rank = 3, .dims = {r.directions, r.batch, r.hidden}};
  if (r.batch_first) {
    y = (mmd_shape_t){.rank = 4, .dims = {r.batch, r.steps, r.directions, r.hidden}};
    h = (mmd_shape_t){.rank = 3, .dims = {r.batch, r.directions, r.hidden}};
  }
  MMD_TRY(mmd_shape_count(&y, &count));
  MMD_TRY(mmd_shape_count(&h, &states));
  const int64_t width[] = {r.gates, r.input + r.hidden};  // of one element of the state
  MMD_TRY(mmd_eval_work(c, count, mmd_eval_product(width, 2)));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *r.y, &r.y));
  MMD_TRY(mmd_eval_scratch(c, states, sizeof *r.h, &r.h));
  if (r.cell == CELL_LSTM) MMD_TRY(mmd_eval_scratch(c, states, sizeof *r.c, &r.c));
  MMD_TRY(mmd_eval_scratch(c, MAX_GATES * (size_t)r.hidden, sizeof *r.sums, &r.sums));
  MMD_TRY(mmd_eval_scratch(c, MAX_GATES * (size_t)r.hidden, sizeof *r.sums, &r.recurrent));
  bool reverse = strcmp(mmd_node_attr_string(c->node, "direction", "forward"), "reverse") == 0;
  for (int64_t n = 0; n < r.batch; ++n) {
    if (r.lengths && (r.lengths[n] < 0 || r.lengths[n] > r.steps)) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "a length of %lld", (long long)r.lengths[n]);
    }
    for (int64_t d = 0; d < r.directions; ++d) run_item(&r, d, n, reverse || d == 1);
  }
  if (mmd_eval_wants(c, 0)) MMD_TRY(mmd_eval_store_f64(c, 0, x->dtype, &y, r.y));
  if (mmd_eval_wants(c, 1)) MMD_TRY(mmd_eval_store_f64(c, 1, x->dtype, &h, r.h));
  return mmd_eval_wants(c, 2) && r.c ? mmd_eval_store_f64(c, 2, x->dtype, &h, r.c) : NULL;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *weights = mmd_infer_ranked(c, 2);
  bool first = mmd_node_attr_int(c->node, "layout", 0) != 0;
  const char *direction = mmd_node_attr_string(c->node, "direction", "forward");
  const mmd_dim_t *directions = mmd_infer_const(c, strcmp(direction, "bidirectional") == 0 ? 2 : 1);
  const mmd_dim_t *steps = x && x->rank == 3 ? x->dims[first] : NULL;
  const mmd_dim_t *batch = x && x->rank == 3 ? x->dims[!first] : NULL;
  const mmd_dim_t *hidden = weights && weights->rank == 3 ? weights->dims[2] : NULL;
  const mmd_dim_t *y[] = {first ? batch : steps, first ? steps : directions,
                          first ? directions : batch, hidden};
  const mmd_dim_t *h[] = {first ? batch : directions, first ? directions : batch, hidden};
  MMD_TRY(mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 4, y));
  MMD_TRY(mmd_infer_output(c, 1, mmd_infer_dtype(c, 0), 3, h));
  return mmd_infer_output(c, 2, mmd_infer_dtype(c, 0), 3, h);
}

static const mmd_op_t ops[] = {
    {"", "GRU", 7, 3, 6, 0, 2, infer, evaluate, 0},
    {"", "LSTM", 7, 3, 8, 0, 3, infer, evaluate, 0},
    {"", "RNN", 7, 3, 6, 0, 2, infer, evaluate, 0},
    {"ncnn", "LSTM", 1, 3, 8, 0, 3, infer, evaluate, 0},  // MMDeploy's, for that engine
};
const mmd_op_family_t mmd_ops_recurrent = MMD_OP_FAMILY(ops);
