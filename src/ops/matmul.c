// SPDX-License-Identifier: Apache-2.0
//
// MatMul and Gemm.
#include <math.h>

#include "kernels/gemm.h"
#include "ops/broadcast.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// One product of doubles: c = a (m x k, step of rows and columns) * b, as sums along k.
typedef struct {
  size_t m, n, k;
  const double *a, *b;
  size_t a_row, a_column, b_row, b_column;
  double *c;
} product_t;

static void product_rows(void *context, size_t begin, size_t end) {
  const product_t *p = context;
  for (size_t i = begin; i < end; ++i) {
    double *row = p->c + i * p->n;
    for (size_t j = 0; j < p->n; ++j) row[j] = 0;
    for (size_t l = 0; l < p->k; ++l) {
      double x = p->a[i * p->a_row + l * p->a_column];
      const double *b = p->b + l * p->b_row;
      for (size_t j = 0; j < p->n; ++j) row[j] += x * b[j * p->b_column];
    }
  }
}

// ---- MatMul.

typedef struct {
  mmd_shape_t out, a_batch, b_batch;
  size_t m, n, k;
} matmul_t;

static mmd_status_t read_matmul(const mmd_node_t *node, const mmd_shape_t *a, const mmd_shape_t *b,
                                matmul_t *out) {
  if (a->rank < 1 || b->rank < 1) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "a scalar has no matrix product");
  }
  int64_t a_k = a->dims[a->rank - 1], b_k = b->dims[b->rank == 1 ? 0 : b->rank - 2];
  if (a_k != b_k) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "inner sizes %lld and %lld", (long long)a_k,
                          (long long)b_k);
  }
  *out = (matmul_t){.k = (size_t)a_k, .m = 1, .n = 1, .a_batch = *a, .b_batch = *b};
  if (a->rank > 1) out->m = (size_t)a->dims[a->rank - 2];
  if (b->rank > 1) out->n = (size_t)b->dims[b->rank - 1];
  out->a_batch.rank = a->rank > 2 ? a->rank - 2 : 0;
  out->b_batch.rank = b->rank > 2 ? b->rank - 2 : 0;
  const mmd_shape_t *batches[] = {&out->a_batch, &out->b_batch};
  MMD_TRY(mmd_broadcast_shapes(node, 2, batches, &out->out));
  if (a->rank > 1) out->out.dims[out->out.rank++] = (int64_t)out->m;
  if (b->rank > 1) out->out.dims[out->out.rank++] = (int64_t)out->n;
  return NULL;
}

// Integers are summed in int64: their products are exact there and wrap as they should.
static mmd_status_t matmul_integers(mmd_eval_context_t *c, const matmul_t *mm,
                                    const mmd_broadcast_t *plan) {
  const int64_t *a, *b;
  int64_t *y;
  size_t count, size = mm->m * mm->n;
  MMD_TRY(mmd_shape_count(&mm->out, &count));
  MMD_TRY(mmd_eval_load_i64(c, mmd_eval_input(c, 0), &a));
  MMD_TRY(mmd_eval_load_i64(c, mmd_eval_input(c, 1), &b));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t r = 0, item = 0; count > 0 && r < plan->rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(plan, r, &row);
    for (size_t s = 0; s < row.size; ++s, ++item) {
      const int64_t *p = a + (row.in[0] + s * row.steps[0]) * mm->m * mm->k;
      const int64_t *q = b + (row.in[1] + s * row.steps[1]) * mm->k * mm->n;
      for (size_t i = 0; i < size; ++i) {
        uint64_t sum = 0;
        for (size_t l = 0; l < mm->k; ++l) {
          sum += (uint64_t)p[i / mm->n * mm->k + l] * (uint64_t)q[l * mm->n + i % mm->n];
        }
        y[item * size + i] = (int64_t)sum;
      }
    }
  }
  return mmd_eval_store_i64(c, 0, mmd_eval_input(c, 0)->dtype, &mm->out, y);
}

static void multiply_plain(const mmd_eval_context_t *c, const matmul_t *mm, const double *a,
                           const double *b, double *y) {
  product_t product = {mm->m, mm->n, mm->k, a, b, mm->k, 1, mm->n, 1, y};
  mmd_parallel_for(c->pool, mm->m, 1 + 4096 / (mm->n * mm->k + 1), product_rows, &product);
}

static mmd_status_t matmul_batches(mmd_eval_context_t *c, const matmul_t *mm,
                                   const mmd_broadcast_t *plan, bool fast, const void *a,
                                   const void *b, void *y) {
  size_t item = 0, a_size = mm->m * mm->k, b_size = mm->k * mm->n, y_size = mm->m * mm->n;
  for (size_t r = 0; r < plan->rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(plan, r, &row);
    for (size_t s = 0; s < row.size; ++s, ++item) {
      size_t from_a = (row.in[0] + s * row.steps[0]) * a_size;
      size_t from_b = (row.in[1] + s * row.steps[1]) * b_size;
      if (fast) {
        mmd_gemm_t gemm = mmd_gemm_make(mm->m, mm->n, mm->k, (const float *)a + from_a,
                                        (const float *)b + from_b, (float *)y + item * y_size);
        MMD_TRY(mmd_gemm_run(&gemm, c->pool));
      } else {
        multiply_plain(c, mm, (const double *)a + from_a, (const double *)b + from_b,
                       (double *)y + item * y_size);
      }
    }
  }
  return NULL;
}

// One weight for all batches: the batches are rows of one large product.
static void join_batches(matmul_t *mm, const mmd_shape_t *b) {
  if (b->rank > 2 || mm->out.rank < 2) return;
  mm->m *= mmd_shape_range(&mm->a_batch, 0, mm->a_batch.rank);
  mm->a_batch.rank = 0;
}

static mmd_status_t evaluate_matmul(mmd_eval_context_t *c) {
  const mmd_tensor_t *a = mmd_eval_input(c, 0), *b = mmd_eval_input(c, 1);
  matmul_t mm;
  mmd_broadcast_t plan;
  size_t count;
  if (a->dtype != b->dtype) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "element types differ: %s and %s",
                          mmd_dtype_name(a->dtype), mmd_dtype_name(b->dtype));
  }
  MMD_TRY(read_matmul(c->node, &a->shape, &b->shape, &mm));
  mmd_status_t status = mmd_shape_count(&mm.out, &count);
  if (status) return mmd_status_annotate(status, "MatMul '%s'", c->node->name);
  MMD_TRY(mmd_eval_work(c, count, mm.k));
  join_batches(&mm, &b->shape);
  const mmd_shape_t *batches[] = {&mm.a_batch, &mm.b_batch};
  MMD_TRY(mmd_broadcast_plan(c->node, 2, batches, &plan));
  if (!mmd_dtype_is_float(a->dtype)) return matmul_integers(c, &mm, &plan);
  if (mmd_eval_fast_f32(c, 0, 1)) {
    float *y;
    MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &mm.out, &y));
    if (count == 0) return NULL;
    if (mm.k == 0) {
      for (size_t i = 0; i < count; ++i) y[i] = 0;
      return NULL;
    }
    return matmul_batches(c, &mm, &plan, true, mmd_tensor_data(a), mmd_tensor_data(b), y);
  }
  const double *x, *w;
  double *y;
  MMD_TRY(mmd_eval_load_f64(c, a, &x));
  MMD_TRY(mmd_eval_load_f64(c, b, &w));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  if (count > 0) MMD_TRY(matmul_batches(c, &mm, &plan, false, x, w, y));
  return mmd_eval_store_f64(c, 0, a->dtype, &mm.out, y);
}

static mmd_status_t infer_matmul(mmd_infer_context_t *c) {
  return mmd_infer_product(c, 0, 1, mmd_infer_dtype(c, 0));
}

// ---- Gemm.

typedef struct {
  size_t m, n, k;
  bool transpose_a, transpose_b;
  double alpha, beta;
  mmd_shape_t shape;
  mmd_broadcast_t bias;  // C against the result
} gemm_t;

static mmd_status_t read_gemm(mmd_eval_context_t *c, gemm_t *g) {
  const mmd_tensor_t *a = mmd_eval_input(c, 0), *b = mmd_eval_input(c, 1);
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  if (a->shape.rank != 2 || b->shape.rank != 2) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "inputs have ranks %d and %d, not 2",
                          a->shape.rank, b->shape.rank);
  }
  g->transpose_a = mmd_node_attr_int(c->node, "transA", 0) != 0;
  g->transpose_b = mmd_node_attr_int(c->node, "transB", 0) != 0;
  g->alpha = mmd_node_attr_float(c->node, "alpha", 1);
  g->beta = mmd_node_attr_float(c->node, "beta", 1);
  g->m = (size_t)a->shape.dims[g->transpose_a];
  g->k = (size_t)a->shape.dims[!g->transpose_a];
  g->n = (size_t)b->shape.dims[!g->transpose_b];
  if (g->k != (size_t)b->shape.dims[g->transpose_b]) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "inner sizes %zu and %lld", g->k,
                          (long long)b->shape.dims[g->transpose_b]);
  }
  g->shape = (mmd_shape_t){.rank = 2, .dims = {(int64_t)g->m, (int64_t)g->n}};
  if (!bias) return NULL;
  const mmd_shape_t *shapes[] = {&g->shape, &bias->shape};
  MMD_TRY(mmd_broadcast_plan(c->node, 2, shapes, &g->bias));
  if (mmd_shape_equal(&g->bias.shape, &g->shape)) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "C does not broadcast to %zu x %zu", g->m,
                        g->n);
}

static mmd_status_t gemm_fast(mmd_eval_context_t *c, const gemm_t *g) {
  const mmd_tensor_t *a = mmd_eval_input(c, 0), *b = mmd_eval_input(c, 1);
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  float *y;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &g->shape, &y));
  if (mmd_tensor_count(&c->outputs[0].tensor) == 0) return NULL;
  mmd_gemm_t gemm = mmd_gemm_make(g->m, g->n, g->k, mmd_tensor_data(a), mmd_tensor_data(b), y);
  gemm.transpose_a = g->transpose_a;
  gemm.transpose_b = g->transpose_b;
  gemm.lda = g->transpose_a ? g->m : g->k;
  gemm.ldb = g->transpose_b ? g->k : g->n;
  gemm.alpha = (float)g->alpha;
  bool columns = bias && g->beta == 1 && mmd_tensor_count(bias) == g->n &&
                 bias->shape.dims[bias->shape.rank - 1] == (int64_t)g->n;
  if (columns && bias->shape.rank >= 1) {
    gemm.column_bias = mmd_tensor_data(bias);
  } else if (bias) {
    const float *from = mmd_tensor_data(bias);
    for (size_t r = 0; r < g->bias.rows; ++r) {
      mmd_broadcast_row_t row;
      mmd_broadcast_row(&g->bias, r, &row);
      for (size_t i = 0; i < row.size; ++i) y[row.out + i] = from[row.in[1] + i * row.steps[1]];
    }
    gemm.beta = (float)g->beta;
  }
  return mmd_gemm_run(&gemm, c->pool);
}

static mmd_status_t evaluate_gemm(mmd_eval_context_t *c) {
  const mmd_tensor_t *a = mmd_eval_input(c, 0), *bias = mmd_eval_input(c, 2);
  gemm_t g = {0};
  const double *x, *w, *z;
  double *y;
  size_t count;
  MMD_TRY(read_gemm(c, &g));
  mmd_status_t status = mmd_shape_count(&g.shape, &count);
  if (status) return mmd_status_annotate(status, "Gemm '%s'", c->node->name);
  MMD_TRY(mmd_eval_work(c, count, g.k));
  if (mmd_eval_fast_f32(c, 0, 2) && g.k > 0 && (!bias || bias->shape.rank > 0)) {
    return gemm_fast(c, &g);
  }
  MMD_TRY(mmd_eval_load_f64(c, a, &x));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &w));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  product_t product = {g.m, g.n, g.k, x, w, 0, 0, 0, 0, y};
  product.a_row = g.transpose_a ? 1 : g.k;
  product.a_column = g.transpose_a ? g.m : 1;
  product.b_row = g.transpose_b ? 1 : g.n;
  product.b_column = g.transpose_b ? g.k : 1;
  if (count > 0) mmd_parallel_for(c->pool, g.m, 1 + 4096 / (g.n * g.k + 1), product_rows, &product);
  for (size_t i = 0; i < count; ++i) y[i] *= g.alpha;
  if (bias) MMD_TRY(mmd_eval_load_f64(c, bias, &z));
  for (size_t r = 0; bias && r < g.bias.rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(&g.bias, r, &row);
    for (size_t i = 0; i < row.size; ++i) {
      y[row.out + i] += g.beta * z[row.in[1] + i * row.steps[1]];
    }
  }
  if (mmd_dtype_is_float(a->dtype)) return mmd_eval_store_f64(c, 0, a->dtype, &g.shape, y);
  int64_t *whole;  // integers: exact below 2^53
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *whole, &whole));
  for (size_t i = 0; i < count; ++i) whole[i] = fabs(y[i]) < 9e15 ? (int64_t)y[i] : 0;
  return mmd_eval_store_i64(c, 0, a->dtype, &g.shape, whole);
}

static mmd_status_t infer_gemm(mmd_infer_context_t *c) {
  const mmd_type_t *a = mmd_infer_ranked(c, 0), *b = mmd_infer_ranked(c, 1);
  int ta = mmd_node_attr_int(c->node, "transA", 0) != 0;
  int tb = mmd_node_attr_int(c->node, "transB", 0) != 0;
  if ((a && a->rank != 2) || (b && b->rank != 2)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "an input does not have rank 2");
  }
  const mmd_dim_t *dims[] = {a ? a->dims[ta] : NULL, b ? b->dims[!tb] : NULL};
  int64_t a_k = a ? mmd_dim_number(a->dims[!ta]) : -1, b_k = b ? mmd_dim_number(b->dims[tb]) : -1;
  if (a_k >= 0 && b_k >= 0 && a_k != b_k) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "inner sizes %lld and %lld",
                          (long long)a_k, (long long)b_k);
  }
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 2, dims);
}

static const mmd_op_t ops[] = {
    {"", "Gemm", 6, 2, 3, 1, 1, infer_gemm, evaluate_gemm, 0},
    {"", "MatMul", 1, 2, 2, 1, 1, infer_matmul, evaluate_matmul, 0},
};
const mmd_op_family_t mmd_ops_matmul = MMD_OP_FAMILY(ops);
