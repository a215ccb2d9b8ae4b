// SPDX-License-Identifier: Apache-2.0
//
// Einsum: every label is an axis of one large loop; an ellipsis stands for further axes, which
// broadcast.
#include <ctype.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

enum { MAX_OPERANDS = 8, LABELS = 52 + MMD_MAX_RANK, FIRST_HIDDEN = 52 };

typedef struct {
  int rank;
  int labels[MMD_MAX_RANK];
} term_t;

typedef struct {
  int operand_count;
  term_t operands[MAX_OPERANDS], result;
} equation_t;

static int label_of(char letter) {
  return islower((unsigned char)letter) ? letter - 'a' : letter - 'A' + 26;
}

static mmd_status_t parse_error(const mmd_node_t *node) {
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "equation '%.80s' does not fit the inputs",
                        mmd_node_attr_string(node, "equation", ""));
}

// One term up to ',', '-' or the end. |rank| is that of the operand, or -1 for the result, whose
// ellipsis has |hidden| axes.
static const char *parse_term(const char *at, int rank, int hidden, term_t *term, bool *ok) {
  int letters = 0;
  const char *end = at;
  for (; *end && *end != ',' && *end != '-'; ++end) letters += isalpha((unsigned char)*end) != 0;
  if (rank >= 0) hidden = rank - letters;
  *term = (term_t){0};
  for (; at < end; ++at) {
    if (*at == ' ') continue;
    bool dots = *at == '.' && end - at >= 3 && at[1] == '.' && at[2] == '.';
    int count = dots ? hidden : 1;
    *ok = *ok && (dots || isalpha((unsigned char)*at)) && count >= 0 &&
          term->rank + count <= MMD_MAX_RANK;
    if (!*ok) return end;
    // Hidden axes are numbered from the right, so that they align when they broadcast.
    for (int i = 0; i < count; ++i) {
      term->labels[term->rank++] = dots ? FIRST_HIDDEN + count - 1 - i : label_of(*at);
    }
    if (dots) at += 2;
  }
  *ok = *ok && (rank < 0 || term->rank == rank);
  return end;
}

static void default_result(equation_t *e) {
  int seen[LABELS] = {0}, hidden = 0;
  for (int k = 0; k < e->operand_count; ++k) {
    for (int i = 0; i < e->operands[k].rank; ++i) {
      int label = e->operands[k].labels[i];
      ++seen[label];
      if (label >= FIRST_HIDDEN && label - FIRST_HIDDEN >= hidden)
        hidden = label - FIRST_HIDDEN + 1;
    }
  }
  e->result.rank = 0;
  for (int i = hidden - 1; i >= 0; --i) e->result.labels[e->result.rank++] = FIRST_HIDDEN + i;
  for (int upper = 1; upper >= 0; --upper) {  // capitals come first
    for (int i = 0; i < 26; ++i) {
      int label = upper ? i + 26 : i;
      if (seen[label] == 1 && e->result.rank < MMD_MAX_RANK)
        e->result.labels[e->result.rank++] = label;
    }
  }
}

static mmd_status_t parse(const mmd_node_t *node, size_t count, const int *ranks, equation_t *e) {
  const char *at = mmd_node_attr_string(node, "equation", "");
  bool ok = count <= MAX_OPERANDS;
  int hidden = 0;
  *e = (equation_t){.operand_count = (int)count};
  for (size_t k = 0; ok && k < count; ++k) {
    at = parse_term(at, ranks[k], 0, &e->operands[k], &ok);
    for (int i = 0; i < e->operands[k].rank; ++i) {
      int number = e->operands[k].labels[i] - FIRST_HIDDEN + 1;
      if (number > hidden) hidden = number;
    }
    ok = ok && (k + 1 == count ? *at != ',' : *at == ',');
    if (*at == ',') ++at;
  }
  if (!ok) return parse_error(node);
  if (*at == '-') {
    if (at[1] != '>') return parse_error(node);
    parse_term(at + 2, -1, hidden, &e->result, &ok);
    return ok ? NULL : parse_error(node);
  }
  default_result(e);
  return NULL;
}

// Sizes of the labels; 0 where unused.
static mmd_status_t label_sizes(const mmd_eval_context_t *c, const equation_t *e,
                                int64_t sizes[LABELS]) {
  bool known[LABELS] = {false};
  for (int k = 0; k < e->operand_count; ++k) {
    for (int i = 0; i < e->operands[k].rank; ++i) {
      int label = e->operands[k].labels[i];
      int64_t dim = mmd_eval_input(c, (size_t)k)->shape.dims[i];
      if (known[label] && sizes[label] != dim && sizes[label] != 1 && dim != 1) {
        return parse_error(c->node);
      }
      if (!known[label] || sizes[label] == 1) sizes[label] = dim;
      known[label] = true;
    }
  }
  for (int i = 0; i < e->result.rank; ++i) {
    if (!known[e->result.labels[i]]) return parse_error(c->node);
    for (int k = 0; k < i; ++k) {
      if (e->result.labels[k] == e->result.labels[i]) return parse_error(c->node);
    }
  }
  return NULL;
}

// The loops: result labels first, then those that are summed.
typedef struct {
  int rank, kept;
  int64_t dims[LABELS];
  int64_t strides[MAX_OPERANDS][LABELS];
} loops_t;

static void make_loops(const mmd_eval_context_t *c, const equation_t *e, const int64_t *sizes,
                       loops_t *l) {
  int place[LABELS];
  bool used[LABELS] = {false};
  memset(l, 0, sizeof *l);
  for (int i = 0; i < e->result.rank; ++i) {
    place[e->result.labels[i]] = l->rank;
    used[e->result.labels[i]] = true;
    l->dims[l->rank++] = sizes[e->result.labels[i]];
  }
  l->kept = l->rank;
  for (int k = 0; k < e->operand_count; ++k) {
    const mmd_shape_t *shape = &mmd_eval_input(c, (size_t)k)->shape;
    int64_t strides[MMD_MAX_RANK];
    mmd_shape_strides(shape, strides);
    for (int i = 0; i < e->operands[k].rank; ++i) {
      int label = e->operands[k].labels[i];
      if (!used[label]) {
        place[label] = l->rank;
        used[label] = true;
        l->dims[l->rank++] = sizes[label];
      }
      if (shape->dims[i] != 1) l->strides[k][place[label]] += strides[i];  // diagonals add up
    }
  }
}

static double sum_of_products(const loops_t *l, int count, const double *const *data,
                              const int64_t *kept) {
  int64_t index[LABELS] = {0};
  double sum = 0;
  int cut = l->rank - l->kept;
  for (int i = l->kept; i < l->rank; ++i) {
    if (l->dims[i] == 0) return 0;
  }
  do {
    double product = 1;
    for (int k = 0; k < count; ++k) {
      int64_t at = 0;
      for (int i = 0; i < l->kept; ++i) at += kept[i] * l->strides[k][i];
      for (int i = 0; i < cut; ++i) at += index[i] * l->strides[k][l->kept + i];
      product *= data[k][at];
    }
    sum += product;
  } while (mmd_index_next(cut, l->dims + l->kept, index));
  return sum;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const double *data[MAX_OPERANDS];
  int ranks[MAX_OPERANDS] = {0};
  int64_t sizes[LABELS] = {0}, index[MMD_MAX_RANK] = {0};
  equation_t e;
  loops_t loops;
  double *y;
  size_t count;
  for (size_t k = 0; k < c->input_count; ++k) {
    const mmd_tensor_t *input = mmd_eval_input(c, k);
    if (!input || k >= MAX_OPERANDS) return parse_error(c->node);
    ranks[k] = input->shape.rank;
    MMD_TRY(mmd_eval_load_f64(c, input, &data[k]));
  }
  MMD_TRY(parse(c->node, c->input_count, ranks, &e));
  MMD_TRY(label_sizes(c, &e, sizes));
  make_loops(c, &e, sizes, &loops);
  mmd_shape_t shape = {.rank = loops.kept};
  memcpy(shape.dims, loops.dims, (size_t)loops.kept * sizeof *shape.dims);
  mmd_status_t status = mmd_shape_count(&shape, &count);
  if (status) return mmd_status_annotate(status, "Einsum '%s'", c->node->name);
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(loops.dims, loops.rank), c->input_count));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t i = 0; i < count; ++i, mmd_index_next(shape.rank, shape.dims, index)) {
    y[i] = sum_of_products(&loops, e.operand_count, data, index);
  }
  return mmd_eval_store_f64(c, 0, mmd_eval_input(c, 0)->dtype, &shape, y);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  int ranks[MAX_OPERANDS] = {0};
  equation_t e;
  const mmd_dim_t *labels[LABELS] = {NULL}, *dims[MMD_MAX_RANK];
  for (size_t k = 0; k < c->node->input_count; ++k) {
    const mmd_type_t *type = mmd_infer_ranked(c, k);
    if (!type || k >= MAX_OPERANDS) return mmd_infer_dtype_only(c);
    ranks[k] = type->rank;
  }
  MMD_TRY(parse(c->node, c->node->input_count, ranks, &e));
  for (int k = 0; k < e.operand_count; ++k) {
    const mmd_type_t *type = mmd_infer_ranked(c, (size_t)k);
    for (int i = 0; i < type->rank; ++i) {
      const mmd_dim_t **label = &labels[e.operands[k].labels[i]];
      bool one = mmd_dim_number(*label) == 1;
      if (!*label || one || (mmd_dim_is_const(type->dims[i]) && type->dims[i]->number != 1)) {
        *label = type->dims[i];
      }
    }
  }
  for (int i = 0; i < e.result.rank; ++i) dims[i] = labels[e.result.labels[i]];
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), e.result.rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "Einsum", 12, 1, -1, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_einsum = MMD_OP_FAMILY(ops);
