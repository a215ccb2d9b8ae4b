// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on two inputs with broadcasting, and its variadic forms Min, Max, Mean, Sum.
#include <math.h>
#include <string.h>

#include "ops/broadcast.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef void (*fast_fn)(const float *a, size_t a_step, const float *b, size_t b_step, float *out,
                        size_t count);

typedef struct {
  const char *name;
  double (*real)(double a, double b);
  int64_t (*integer)(int64_t a, int64_t b);
  uint64_t (*natural)(uint64_t a,
                      uint64_t b);  // uint64; NULL: as |integer|, whose bits are the same
  fast_fn fast;
} row_t;

static double real_add(double a, double b) {
  return a + b;
}
static double real_sub(double a, double b) {
  return a - b;
}
static double real_mul(double a, double b) {
  return a * b;
}
static double real_div(double a, double b) {
  return a / b;
}
static double real_mod(double a, double b) {
  double r = fmod(a, b);  // the sign of the divisor, as Python has it
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
static double real_min(double a, double b) {
  return isnan(a) ? a : isnan(b) || b < a ? b : a;
}
static double real_max(double a, double b) {
  return isnan(a) ? a : isnan(b) || b > a ? b : a;
}
static double real_prelu(double a, double b) {
  return a < 0 ? a * b : a;
}

// Wraps around like the machine does, without signed overflow.
static int64_t int_add(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}
static int64_t int_sub(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a - (uint64_t)b);
}
static int64_t int_mul(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a * (uint64_t)b);
}
// Divisors of 0 were refused.
static int64_t int_div(int64_t a, int64_t b) {
  return b == -1 ? int_sub(0, a) : a / b;
}
static int64_t int_fmod(int64_t a, int64_t b) {
  return b == -1 ? 0 : a % b;
}
static int64_t int_mod(int64_t a, int64_t b) {
  int64_t r = int_fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
static int64_t int_min(int64_t a, int64_t b) {
  return a < b ? a : b;
}
static int64_t int_max(int64_t a, int64_t b) {
  return a > b ? a : b;
}
static int64_t int_prelu(int64_t a, int64_t b) {
  return a < 0 ? int_mul(a, b) : a;
}
static int64_t int_pow(int64_t a, int64_t b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
  int64_t result = 1;
  for (; b; b >>= 1, a = int_mul(a, a)) {
    if (b & 1) result = int_mul(result, a);
  }
  return result;
}

static uint64_t nat_div(uint64_t a, uint64_t b) {
  return a / b;
}
static uint64_t nat_mod(uint64_t a, uint64_t b) {
  return a % b;
}
static uint64_t nat_min(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}
static uint64_t nat_max(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}
static uint64_t nat_prelu(uint64_t a, uint64_t b) {
  (void)b;
  return a;
}

#define FAST(name, expression)                                                               \
  static void name(const float *a, size_t a_step, const float *b, size_t b_step, float *out, \
                   size_t count) {                                                           \
    if (a_step == 1 && b_step == 1) {                                                        \
      for (size_t i = 0; i < count; ++i) {                                                   \
        const float x = a[i], y = b[i];                                                      \
        out[i] = (expression);                                                               \
      }                                                                                      \
    } else if (a_step == 1) {                                                                \
      const float y = *b;                                                                    \
      for (size_t i = 0; i < count; ++i) {                                                   \
        const float x = a[i];                                                                \
        out[i] = (expression);                                                               \
      }                                                                                      \
    } else {                                                                                 \
      const float x = *a;                                                                    \
      for (size_t i = 0; i < count; ++i) {                                                   \
        const float y = b[i * b_step];                                                       \
        out[i] = (expression);                                                               \
      }                                                                                      \
    }                                                                                        \
  }
FAST(fast_add, x + y)
FAST(fast_sub, x - y)
FAST(fast_mul, x *y)
FAST(fast_div, x / y)
FAST(fast_min, isnan(x) ? x : isnan(y) || y < x ? y : x)
FAST(fast_max, isnan(x) ? x : isnan(y) || y > x ? y : x)
FAST(fast_prelu, x < 0 ? x * y : x)

// Mean divides by the number of inputs afterwards.
static const row_t rows[] = {
    {"Add", real_add, int_add, NULL, fast_add},
    {"Div", real_div, int_div, nat_div, fast_div},
    {"Max", real_max, int_max, nat_max, fast_max},
    {"Mean", real_add, int_add, NULL, fast_add},
    {"Min", real_min, int_min, nat_min, fast_min},
    {"Mod", real_mod, int_mod, nat_mod, NULL},
    {"Mul", real_mul, int_mul, NULL, fast_mul},
    {"PRelu", real_prelu, int_prelu, nat_prelu, fast_prelu},
    {"Pow", pow, int_pow, NULL, NULL},
    {"Sub", real_sub, int_sub, NULL, fast_sub},
    {"Sum", real_add, int_add, NULL, fast_add},
};
static const row_t fmod_row = {"Mod", fmod, int_fmod, nat_mod, NULL};

static const row_t *find_row(const mmd_node_t *node) {
  if (strcmp(node->op, "Mod") == 0 && mmd_node_attr_int(node, "fmod", 0)) return &fmod_row;
  const row_t *row = rows;
  while (strcmp(row->name, node->op) != 0) ++row;  // every operator below has a row
  return row;
}

typedef struct {
  const row_t *row;
  const mmd_broadcast_t *plan;
  mmd_dtype_t a_dtype, b_dtype, dtype;
  const void *a, *b;
  void *out;
} work_t;

static void run_fast(void *context, size_t begin, size_t end) {
  const work_t *w = context;
  for (size_t r = begin; r < end; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(w->plan, r, &row);
    w->row->fast((const float *)w->a + row.in[0], row.steps[0], (const float *)w->b + row.in[1],
                 row.steps[1], (float *)w->out + row.out, row.size);
  }
}

// One long row is cut into pieces.
static void run_fast_pieces(void *context, size_t begin, size_t end) {
  const work_t *w = context;
  mmd_broadcast_row_t row;
  mmd_broadcast_row(w->plan, 0, &row);
  w->row->fast((const float *)w->a + begin * row.steps[0], row.steps[0],
               (const float *)w->b + begin * row.steps[1], row.steps[1], (float *)w->out + begin,
               end - begin);
}

static void run_plain(const work_t *w) {
  for (size_t r = 0; r < w->plan->rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(w->plan, r, &row);
    for (size_t i = 0; i < row.size; ++i) {
      size_t a = row.in[0] + i * row.steps[0], b = row.in[1] + i * row.steps[1];
      if (mmd_dtype_is_float(w->a_dtype) || mmd_dtype_is_float(w->b_dtype)) {
        double x = mmd_dtype_load_f64(w->a_dtype, w->a, a);
        double y = mmd_dtype_load_f64(w->b_dtype, w->b, b);
        mmd_dtype_store_f64(w->dtype, w->out, row.out + i, w->row->real(x, y));
        continue;
      }
      int64_t x = mmd_dtype_load_i64(w->a_dtype, w->a, a);
      int64_t y = mmd_dtype_load_i64(w->b_dtype, w->b, b);
      bool natural = w->a_dtype == MMD_U64 && w->row->natural;
      int64_t z =
          natural ? (int64_t)w->row->natural((uint64_t)x, (uint64_t)y) : w->row->integer(x, y);
      mmd_dtype_store_i64(w->dtype, w->out, row.out + i, z);
    }
  }
}

static void run(const mmd_eval_context_t *c, work_t *w) {
  enum { GRAIN = 16384 };
  bool fast =
      c->mode == MMD_EVAL_FAST && w->row->fast && w->a_dtype == MMD_F32 && w->b_dtype == MMD_F32;
  if (!fast) {
    run_plain(w);
  } else if (w->plan->rows == 1) {
    mmd_parallel_for(c->pool, (size_t)w->plan->dims[w->plan->rank - 1], GRAIN, run_fast_pieces, w);
  } else {
    size_t size = (size_t)w->plan->dims[w->plan->rank - 1];
    mmd_parallel_for(c->pool, w->plan->rows, 1 + GRAIN / (size + 1), run_fast, w);
  }
}

static mmd_status_t check_types(const mmd_eval_context_t *c, const mmd_tensor_t *a,
                                const mmd_tensor_t *b) {
  MMD_TRY(mmd_eval_check_number(c, a));
  MMD_TRY(mmd_eval_check_number(c, b));
  if (a->dtype == b->dtype || strcmp(c->node->op, "Pow") == 0) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "element types differ: %s and %s",
                        mmd_dtype_name(a->dtype), mmd_dtype_name(b->dtype));
}

static mmd_status_t check_divisor(const mmd_eval_context_t *c, const mmd_tensor_t *b) {
  bool divides = strcmp(c->node->op, "Div") == 0 || strcmp(c->node->op, "Mod") == 0;
  if (!divides || mmd_dtype_is_float(b->dtype)) return NULL;
  size_t count = mmd_tensor_count(b);
  for (size_t i = 0; i < count; ++i) {
    if (mmd_dtype_load_i64(b->dtype, mmd_tensor_data(b), i) != 0) continue;
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "integer division by zero at element %zu",
                          i);
  }
  return NULL;
}

// Before opset 7 the attribute axis told where the second input begins inside the first one; PRelu
// always began at the channels.
static mmd_shape_t second_shape(const mmd_node_t *node, const mmd_shape_t *a,
                                const mmd_shape_t *b) {
  mmd_shape_t shape = *b;
  if (node->version >= 7) return shape;
  bool channels = strcmp(node->op, "PRelu") == 0 && b->rank == 1;
  int64_t axis = mmd_node_attr_int(node, "axis", channels ? 1 : -1);
  if (axis < 0 || axis > a->rank - b->rank) return shape;
  while (shape.rank < a->rank - (int)axis) shape.dims[shape.rank++] = 1;
  return shape;
}

static mmd_status_t combine(mmd_eval_context_t *c, const mmd_tensor_t *a, const mmd_tensor_t *b) {
  mmd_broadcast_t plan;
  mmd_shape_t second = second_shape(c->node, &a->shape, &b->shape);
  const mmd_shape_t *shapes[] = {&a->shape, &second};
  MMD_TRY(check_types(c, a, b));
  MMD_TRY(check_divisor(c, b));
  MMD_TRY(mmd_broadcast_plan(c->node, 2, shapes, &plan));
  bool one_way = c->node->version < 7 || strcmp(c->node->op, "PRelu") == 0;
  if (one_way && !mmd_shape_equal(&plan.shape, &a->shape)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input 1 is larger than input 0");
  }
  work_t work = {.row = find_row(c->node),
                 .plan = &plan,
                 .a_dtype = a->dtype,
                 .b_dtype = b->dtype,
                 .dtype = a->dtype,
                 .a = mmd_tensor_data(a),
                 .b = mmd_tensor_data(b)};
  // The variadic forms keep running sums in output 0, not in an input.
  bool two = c->input_count == 2 && a == mmd_eval_input(c, 0);
  if (two && b->dtype == a->dtype && !mmd_shape_equal(&a->shape, &plan.shape)) {
    MMD_TRY(mmd_eval_output_reuse(c, 0, 1, &plan.shape, &work.out));
  } else if (two) {
    MMD_TRY(mmd_eval_output_reuse(c, 0, 0, &plan.shape, &work.out));
  } else {
    MMD_TRY(mmd_eval_output_create(c, 0, a->dtype, &plan.shape, &work.out));
  }
  run(c, &work);
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  return combine(c, mmd_eval_input(c, 0), mmd_eval_input(c, 1));
}

static void divide(mmd_tensor_t *tensor, size_t divisor) {
  void *data = mmd_tensor_mutable_data(tensor);
  size_t count = mmd_tensor_count(tensor);
  for (size_t i = 0; i < count; ++i) {
    double x = mmd_dtype_load_f64(tensor->dtype, data, i);
    mmd_dtype_store_f64(tensor->dtype, data, i, x / (double)divisor);
  }
}

// From left to right; the running result stands in output 0.
static mmd_status_t evaluate_variadic(mmd_eval_context_t *c) {
  const mmd_tensor_t *first = mmd_eval_input(c, 0);
  MMD_TRY(mmd_eval_check_number(c, first));
  mmd_tensor_t sum = mmd_tensor_retain(first);
  mmd_status_t status = NULL;
  for (size_t i = 1; !status && i < c->input_count; ++i) {
    const mmd_tensor_t *next = mmd_eval_input(c, i);
    if (!next) {
      status = mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is missing", i);
      break;
    }
    status = combine(c, &sum, next);
    if (status) break;
    mmd_tensor_deinit(&sum);
    sum = mmd_tensor_retain(&c->outputs[0].tensor);
  }
  if (!status && c->input_count == 1) {
    status = mmd_eval_output_view(c, 0, &sum, &sum.shape);
  } else if (!status && strcmp(c->node->op, "Mean") == 0) {
    divide(&sum, c->input_count);  // the storage is output 0's own
  }
  mmd_tensor_deinit(&sum);
  return status;
}

// Shape arithmetic.

static const mmd_dim_t *combine_dims(mmd_graph_t *graph, const mmd_node_t *node, const mmd_dim_t *a,
                                     const mmd_dim_t *b) {
  const char *op = node->op;
  bool numbers = mmd_dim_is_const(a) && mmd_dim_is_const(b);
  if (strcmp(op, "Add") == 0 || strcmp(op, "Sum") == 0) return mmd_dim_add(graph, a, b);
  if (strcmp(op, "Sub") == 0) return mmd_dim_sub(graph, a, b);
  if (strcmp(op, "Mul") == 0) return mmd_dim_mul(graph, a, b);
  if (strcmp(op, "Min") == 0) return mmd_dim_min(graph, a, b);
  if (strcmp(op, "Max") == 0) return mmd_dim_max(graph, a, b);
  if (strcmp(op, "Div") == 0) {
    if (numbers) return b->number ? mmd_dim_const(graph, int_div(a->number, b->number)) : NULL;
    // Sizes are not negative, so both roundings are the same; other signs are not known.
    bool positive = mmd_dim_is_const(b) && b->number > 0;
    return positive && mmd_infer_is_size(a) ? mmd_dim_floor_div(graph, a, b) : NULL;
  }
  if (strcmp(op, "Mod") == 0 && numbers && b->number != 0) {
    return mmd_dim_const(graph, find_row(node)->integer(a->number, b->number));
  }
  return NULL;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_dim_t *const *a, *const *b;
  const mmd_dim_t *results[MMD_INFER_MAX_ELEMENTS];
  size_t a_count, b_count;
  if (c->node->version < 7 && c->node->input_count == 2) return mmd_infer_same(c);
  MMD_TRY(mmd_infer_numpy(c));
  if (c->node->input_count != 2) return NULL;
  if (!mmd_infer_elements(c, 0, &a, &a_count) || !mmd_infer_elements(c, 1, &b, &b_count)) {
    return NULL;
  }
  if (a_count != b_count && a_count != 1 && b_count != 1) return NULL;
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *y = mmd_infer_ranked(c, 1);
  if (!x || !y || x->rank > 1 || y->rank > 1) return NULL;
  size_t count = a_count == 1 ? b_count : a_count;
  for (size_t i = 0; i < count; ++i) {
    results[i] = combine_dims(c->graph, c->node, a[a_count == 1 ? 0 : i], b[b_count == 1 ? 0 : i]);
  }
  return mmd_infer_output_elements(c, 0, count, results);
}

static mmd_status_t infer_prelu(mmd_infer_context_t *c) {
  return mmd_infer_same(c);
}

#define BINARY(name, since) \
  { "", name, since, 2, 2, 1, 1, infer, evaluate, 0 }
#define VARIADIC(name, since) \
  { "", name, since, 1, -1, 1, 1, infer, evaluate_variadic, 0 }
static const mmd_op_t ops[] = {
    BINARY("Add", 6),
    BINARY("Div", 6),
    BINARY("Mod", 10),
    BINARY("Mul", 6),
    BINARY("Pow", 6),
    BINARY("Sub", 6),
    VARIADIC("Max", 6),
    VARIADIC("Mean", 6),
    VARIADIC("Min", 6),
    VARIADIC("Sum", 6),
    {"", "PRelu", 6, 2, 2, 1, 1, infer_prelu, evaluate, 0},
};
const mmd_op_family_t mmd_ops_elementwise_binary = MMD_OP_FAMILY(ops);
