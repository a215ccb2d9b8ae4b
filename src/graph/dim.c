// SPDX-License-Identifier: Apache-2.0
#include "graph/dim.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "graph/graph.h"
#include "graph/internal.h"

enum {
  MAX_TERMS = 24,
  MAX_FACTORS = 8,
  MAX_SIZE = 256,  // nodes of an expression's tree; also bounds every recursion below
  MAX_DIVISION_STEPS = 32,
  SUBTRACTION = 100,  // beside the kinds, for collapse()
};

// Interning.

typedef struct entry_t {
  mmd_dim_t dim;
  uint64_t hash;
  struct entry_t *next;
} entry_t;

typedef struct table_t {
  entry_t **buckets;
  size_t bucket_count, count;
} table_t;

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
  return hash ^ (hash >> 32);
}

static uint64_t hash_of(const mmd_dim_t *dim) {
  return dim ? ((const entry_t *)dim)->hash : 0;
}

// Depends on the expression only, not on addresses.
static uint64_t hash_dim(const mmd_dim_t *dim) {
  uint64_t hash = mix((uint64_t)dim->kind + 1, (uint64_t)dim->number);
  for (const char *c = dim->symbol; c && *c; ++c) hash = mix(hash, (unsigned char)*c);
  return mix(mix(hash, hash_of(dim->a)), hash_of(dim->b));
}

static bool is_same(const mmd_dim_t *a, const mmd_dim_t *b) {
  if (a->kind != b->kind || a->number != b->number || a->a != b->a || a->b != b->b) return false;
  return a->symbol == b->symbol || (a->symbol && b->symbol && strcmp(a->symbol, b->symbol) == 0);
}

static entry_t *find_entry(const table_t *table, const mmd_dim_t *dim, uint64_t hash) {
  if (!table) return NULL;
  entry_t *entry = table->buckets[hash & (table->bucket_count - 1)];
  while (entry && !(entry->hash == hash && is_same(&entry->dim, dim))) entry = entry->next;
  return entry;
}

static table_t *get_table(mmd_graph_t *graph) {
  if (graph->dims) return graph->dims;
  table_t *table = mmd_arena_alloc(&graph->arena, sizeof *table);
  if (!table) return NULL;
  table->bucket_count = 64;
  table->buckets = mmd_arena_alloc_array(&graph->arena, table->bucket_count, sizeof(entry_t *));
  if (!table->buckets) return NULL;
  graph->dims = table;
  return table;
}

// Keeps chains short; without memory they only get longer.
static void grow_table(mmd_graph_t *graph, table_t *table) {
  if (table->count < table->bucket_count * 2) return;
  size_t wanted = table->bucket_count * 4;
  entry_t **buckets = mmd_arena_alloc_array(&graph->arena, wanted, sizeof *buckets);
  if (!buckets) return;
  for (size_t i = 0; i < table->bucket_count; ++i) {
    for (entry_t *entry = table->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      entry_t **bucket = &buckets[entry->hash & (wanted - 1)];
      entry->next = *bucket;
      *bucket = entry;
    }
  }
  table->buckets = buckets;
  table->bucket_count = wanted;
}

// The one expression of the graph that equals |dim|; |dim| is in canonical form.
static const mmd_dim_t *intern(mmd_graph_t *graph, const mmd_dim_t *dim) {
  table_t *table = get_table(graph);
  if (!table) return NULL;
  uint64_t hash = hash_dim(dim);
  entry_t *entry = find_entry(table, dim, hash);
  if (entry) return &entry->dim;
  grow_table(graph, table);
  entry = mmd_arena_alloc(&graph->arena, sizeof *entry);
  if (!entry) return NULL;
  entry->dim = *dim;
  entry->dim.size = 1 + (dim->a ? dim->a->size : 0) + (dim->b ? dim->b->size : 0);
  entry->hash = hash;
  if (dim->symbol) {
    entry->dim.symbol = mmd_arena_strdup(&graph->arena, dim->symbol);
    if (!entry->dim.symbol) return NULL;
  }
  entry_t **bucket = &table->buckets[hash & (table->bucket_count - 1)];
  entry->next = *bucket;
  *bucket = entry;
  ++table->count;
  return &entry->dim;
}

static const mmd_dim_t *intern_pair(mmd_graph_t *graph, mmd_dim_kind_t kind, const mmd_dim_t *a,
                                    const mmd_dim_t *b) {
  if (!a || !b) return NULL;
  mmd_dim_t dim = {.kind = kind, .a = a, .b = b};
  return intern(graph, &dim);
}

const mmd_dim_t *mmd_dim_const(mmd_graph_t *graph, int64_t number) {
  mmd_dim_t dim = {.kind = MMD_DIM_CONST, .number = number};
  return intern(graph, &dim);
}

const mmd_dim_t *mmd_dim_symbol(mmd_graph_t *graph, const char *name) {
  mmd_dim_t dim = {.kind = MMD_DIM_SYMBOL, .symbol = name};
  return intern(graph, &dim);
}

static bool has_symbol(const mmd_graph_t *graph, const char *name) {
  mmd_dim_t dim = {.kind = MMD_DIM_SYMBOL, .symbol = name};
  return find_entry(graph->dims, &dim, hash_dim(&dim)) != NULL;
}

const mmd_dim_t *mmd_dim_fresh(mmd_graph_t *graph, const char *prefix) {
  if (!prefix || !*prefix) prefix = "dim";
  if (!has_symbol(graph, prefix)) return mmd_dim_symbol(graph, prefix);
  // The last number of each prefix is kept beside those of edge names.
  const char *key = mmd_arena_printf(&graph->arena, "dim %s", prefix);
  if (!key) return NULL;
  uintptr_t number = (uintptr_t)mmd_map_get(graph->suffixes, key);
  const char *name;
  do {
    ++number;
    name = mmd_arena_printf(&graph->arena, "%s_%zu", prefix, (size_t)number);
  } while (name && has_symbol(graph, name));
  if (!name) return NULL;
  mmd_status_t status = mmd_map_set(graph->suffixes, key, (void *)number, NULL);
  return mmd_status_ignore(status) ? NULL : mmd_dim_symbol(graph, name);
}

// Stands for an expression that is too large or leaves 64 bits. Equal expressions give equal
// symbols.
static const mmd_dim_t *collapse(mmd_graph_t *graph, int operation, const mmd_dim_t *a,
                                 const mmd_dim_t *b) {
  uint64_t hash = mix(mix((uint64_t)operation, hash_of(a)), hash_of(b));
  const char *name = mmd_arena_printf(&graph->arena, "dim_%016llx", (unsigned long long)hash);
  return name ? mmd_dim_symbol(graph, name) : NULL;
}

// Order of expressions: independent of when they were made, so that text is stable.

static int compare(const mmd_dim_t *a, const mmd_dim_t *b) {
  if (a == b) return 0;
  if (!a || !b) return a ? 1 : -1;
  // Symbols come first, other kinds in the order of the enumeration.
  int kind_a = a->kind == MMD_DIM_SYMBOL ? -1 : (int)a->kind;
  int kind_b = b->kind == MMD_DIM_SYMBOL ? -1 : (int)b->kind;
  if (kind_a != kind_b) return kind_a < kind_b ? -1 : 1;
  if (a->kind == MMD_DIM_SYMBOL) return strcmp(a->symbol, b->symbol);
  if (a->number != b->number) return a->number < b->number ? -1 : 1;
  int order = compare(a->a, b->a);
  return order ? order : compare(a->b, b->b);
}

// Sums: polynomials over symbols, divisions, minima and maxima. Terms stand in graded
// lexicographic order, the constant last.

typedef struct term_t {
  int64_t coefficient;
  int degree;
  const mmd_dim_t *factors[MAX_FACTORS];  // sorted
} term_t;

typedef struct sum_t {
  int count;
  term_t terms[MAX_TERMS];
} sum_t;

// Negative when |a| stands before |b|.
static int compare_terms(const term_t *a, const term_t *b) {
  if (a->degree != b->degree) return b->degree - a->degree;
  for (int i = 0; i < a->degree; ++i) {
    int order = compare(a->factors[i], b->factors[i]);
    if (order) return order;
  }
  return 0;
}

static bool add_term(sum_t *sum, const term_t *term) {
  if (term->coefficient == 0) return true;
  int i = 0, order = 1;
  while (i < sum->count && (order = compare_terms(&sum->terms[i], term)) < 0) ++i;
  if (i < sum->count && order == 0) {
    int64_t *coefficient = &sum->terms[i].coefficient;
    if (!mmd_checked_add_i64(*coefficient, term->coefficient, coefficient)) return false;
    if (*coefficient != 0) return true;
    --sum->count;
    memmove(&sum->terms[i], &sum->terms[i + 1], (size_t)(sum->count - i) * sizeof *sum->terms);
    return true;
  }
  if (sum->count == MAX_TERMS) return false;
  memmove(&sum->terms[i + 1], &sum->terms[i], (size_t)(sum->count - i) * sizeof *sum->terms);
  sum->terms[i] = *term;
  ++sum->count;
  return true;
}

static bool multiply_terms(const term_t *a, const term_t *b, term_t *out) {
  term_t result = {.degree = a->degree + b->degree};
  if (result.degree > MAX_FACTORS) return false;
  if (!mmd_checked_mul_i64(a->coefficient, b->coefficient, &result.coefficient)) return false;
  for (int i = 0, ia = 0, ib = 0; i < result.degree; ++i) {
    bool take_a =
        ib == b->degree || (ia < a->degree && compare(a->factors[ia], b->factors[ib]) <= 0);
    result.factors[i] = take_a ? a->factors[ia++] : b->factors[ib++];
  }
  *out = result;
  return true;
}

// |sum| += |scale| x |other|.
static bool add_scaled(sum_t *sum, const sum_t *other, const term_t *scale) {
  for (int i = 0; i < other->count; ++i) {
    term_t term;
    if (!multiply_terms(&other->terms[i], scale, &term) || !add_term(sum, &term)) return false;
  }
  return true;
}

// The factors of a product; a canonical product holds no sums.
static bool collect_factors(const mmd_dim_t *dim, term_t *term) {
  if (dim->kind == MMD_DIM_MUL)
    return collect_factors(dim->a, term) && collect_factors(dim->b, term);
  if (dim->kind == MMD_DIM_CONST)
    return mmd_checked_mul_i64(term->coefficient, dim->number, &term->coefficient);
  term_t factor = {.coefficient = 1, .degree = 1, .factors = {dim}};
  return multiply_terms(term, &factor, term);
}

static bool collect_terms(const mmd_dim_t *dim, sum_t *sum) {
  if (dim->kind == MMD_DIM_ADD) return collect_terms(dim->a, sum) && collect_terms(dim->b, sum);
  term_t term = {.coefficient = 1};
  return collect_factors(dim, &term) && add_term(sum, &term);
}

static bool sum_of(const mmd_dim_t *dim, sum_t *out_sum) {
  out_sum->count = 0;
  return collect_terms(dim, out_sum);
}

static const mmd_dim_t *dim_of_term(mmd_graph_t *graph, const term_t *term) {
  if (term->degree == 0) return mmd_dim_const(graph, term->coefficient);
  const mmd_dim_t *product = term->factors[0];
  for (int i = 1; i < term->degree; ++i)
    product = intern_pair(graph, MMD_DIM_MUL, product, term->factors[i]);
  if (term->coefficient == 1) return product;
  return intern_pair(graph, MMD_DIM_MUL, mmd_dim_const(graph, term->coefficient), product);
}

static const mmd_dim_t *dim_of_sum(mmd_graph_t *graph, const sum_t *sum) {
  if (sum->count == 0) return mmd_dim_const(graph, 0);
  const mmd_dim_t *result = dim_of_term(graph, &sum->terms[0]);
  for (int i = 1; i < sum->count; ++i)
    result = intern_pair(graph, MMD_DIM_ADD, result, dim_of_term(graph, &sum->terms[i]));
  if (!result || result->size <= MAX_SIZE) return result;
  return collapse(graph, MMD_DIM_ADD, result, NULL);
}

static const mmd_dim_t *add_multiple(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b,
                                     int64_t factor) {
  if (!a || !b) return NULL;
  term_t scale = {.coefficient = factor};
  sum_t sum, other;
  if (sum_of(a, &sum) && sum_of(b, &other) && add_scaled(&sum, &other, &scale))
    return dim_of_sum(graph, &sum);
  return collapse(graph, factor < 0 ? SUBTRACTION : MMD_DIM_ADD, a, b);
}

const mmd_dim_t *mmd_dim_add(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b) {
  // Sums commute, and so do the names of what gets too large.
  return compare(a, b) <= 0 ? add_multiple(graph, a, b, 1) : add_multiple(graph, b, a, 1);
}

const mmd_dim_t *mmd_dim_sub(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b) {
  return add_multiple(graph, a, b, -1);
}

const mmd_dim_t *mmd_dim_mul(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b) {
  if (!a || !b) return NULL;
  sum_t left, right, product = {0};
  bool ok = sum_of(a, &left) && sum_of(b, &right);
  for (int i = 0; ok && i < left.count; ++i) ok = add_scaled(&product, &right, &left.terms[i]);
  if (ok) return dim_of_sum(graph, &product);
  bool ordered = compare(a, b) <= 0;
  return collapse(graph, MMD_DIM_MUL, ordered ? a : b, ordered ? b : a);
}

// Division.

static int64_t floor_quotient(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return a % b != 0 && (a % b < 0) != (b < 0) ? quotient - 1 : quotient;
}

static int64_t gcd(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

static const mmd_dim_t *divide_atom(mmd_graph_t *graph, mmd_dim_kind_t kind, const mmd_dim_t *a,
                                    const mmd_dim_t *b) {
  if (!a || !b) return NULL;
  if (a->size + b->size >= MAX_SIZE) return collapse(graph, (int)kind, a, b);
  return intern_pair(graph, kind, a, b);
}

// floor((x + k) / c) where |rest| holds x, no term of which c divides, and 0 <= k < c.
static const mmd_dim_t *divide_rest(mmd_graph_t *graph, sum_t *rest, int64_t c) {
  int64_t divisor = c;
  for (int i = 0; i < rest->count; ++i)
    if (rest->terms[i].degree > 0) divisor = gcd(divisor, rest->terms[i].coefficient);
  if (divisor > 1) {  // (g x + k) / (g c) = (x + floor(k / g)) / c
    sum_t reduced = {0};
    for (int i = 0; i < rest->count; ++i) {
      rest->terms[i].coefficient = floor_quotient(rest->terms[i].coefficient, divisor);
      if (!add_term(&reduced, &rest->terms[i])) return NULL;
    }
    return mmd_dim_floor_div(graph, dim_of_sum(graph, &reduced), mmd_dim_const(graph, c / divisor));
  }
  const term_t *first = &rest->terms[0];
  bool has_constant = rest->count == 2 && rest->terms[1].degree == 0;
  bool is_nested = (rest->count == 1 || has_constant) && first->degree == 1 &&
                   first->coefficient == 1 && first->factors[0]->kind == MMD_DIM_FLOOR_DIV &&
                   mmd_dim_number(first->factors[0]->b) > 0;
  int64_t inner = is_nested ? first->factors[0]->b->number : 1, product, shift;
  if (is_nested && mmd_checked_mul_i64(inner, c, &product) &&
      mmd_checked_mul_i64(inner, has_constant ? rest->terms[1].coefficient : 0, &shift)) {
    // floor((floor(y / d) + k) / c) = floor((y + k d) / (c d))
    const mmd_dim_t *sum = mmd_dim_add(graph, first->factors[0]->a, mmd_dim_const(graph, shift));
    return mmd_dim_floor_div(graph, sum, mmd_dim_const(graph, product));
  }
  return divide_atom(graph, MMD_DIM_FLOOR_DIV, dim_of_sum(graph, rest), mmd_dim_const(graph, c));
}

static const mmd_dim_t *divide_by_const(mmd_graph_t *graph, const mmd_dim_t *a, int64_t c) {
  sum_t sum, whole = {0}, rest = {0};
  bool ok = sum_of(a, &sum), is_exact = true;
  for (int i = 0; ok && i < sum.count; ++i) {
    term_t part = sum.terms[i], left = sum.terms[i];
    bool divides = part.coefficient % c == 0;
    if (part.degree > 0 && !divides) {
      is_exact = false;
      ok = add_term(&rest, &left);
      continue;
    }
    part.coefficient = floor_quotient(part.coefficient, c);
    left.coefficient -= part.coefficient * c;
    ok = add_term(&whole, &part) && add_term(&rest, &left);
  }
  if (!ok) return collapse(graph, MMD_DIM_FLOOR_DIV, a, mmd_dim_const(graph, c));
  if (is_exact) return dim_of_sum(graph, &whole);
  return mmd_dim_add(graph, dim_of_sum(graph, &whole), divide_rest(graph, &rest, c));
}

// |a| / |b| as one term; false when it is none.
static bool divide_terms(const term_t *a, const term_t *b, term_t *out) {
  if (a->coefficient % b->coefficient != 0) return false;
  term_t result = {.coefficient = a->coefficient / b->coefficient};
  int taken = 0;
  for (int i = 0; i < a->degree; ++i) {
    if (taken < b->degree && a->factors[i] == b->factors[taken]) {
      ++taken;
    } else {
      result.factors[result.degree++] = a->factors[i];
    }
  }
  *out = result;
  return taken == b->degree;
}

// Polynomial division without rest.
static bool divide_exactly(const sum_t *a, const sum_t *b, sum_t *out_quotient) {
  sum_t rest = *a;
  out_quotient->count = 0;
  for (int step = 0; rest.count > 0; ++step) {
    term_t term;
    if (step == MAX_DIVISION_STEPS || b->count == 0) return false;
    if (b->terms[0].coefficient == -1 && rest.terms[0].coefficient == INT64_MIN) return false;
    if (!divide_terms(&rest.terms[0], &b->terms[0], &term)) return false;
    if (!add_term(out_quotient, &term)) return false;
    if (term.coefficient == INT64_MIN) return false;
    term.coefficient = -term.coefficient;
    if (!add_scaled(&rest, b, &term)) return false;
  }
  return true;
}

static const mmd_dim_t *divide(mmd_graph_t *graph, mmd_dim_kind_t kind, const mmd_dim_t *a,
                               const mmd_dim_t *b) {
  sum_t numerator, denominator, quotient;
  if (mmd_dim_is_const(a) && a->number == 0 && !mmd_dim_is_const(b)) return a;
  if (sum_of(a, &numerator) && sum_of(b, &denominator) &&
      divide_exactly(&numerator, &denominator, &quotient))
    return dim_of_sum(graph, &quotient);
  return divide_atom(graph, kind, a, b);
}

const mmd_dim_t *mmd_dim_floor_div(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b) {
  if (!a || !b) return NULL;
  if (!mmd_dim_is_const(b)) return divide(graph, MMD_DIM_FLOOR_DIV, a, b);
  int64_t c = b->number;
  if (c == 0 || c == INT64_MIN) return divide_atom(graph, MMD_DIM_FLOOR_DIV, a, b);
  if (c == 1) return a;
  if (c > 0) return divide_by_const(graph, a, c);
  const mmd_dim_t *negated = mmd_dim_mul(graph, a, mmd_dim_const(graph, -1));
  return mmd_dim_floor_div(graph, negated, mmd_dim_const(graph, -c));
}

const mmd_dim_t *mmd_dim_ceil_div(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b) {
  if (!a || !b) return NULL;
  if (!mmd_dim_is_const(b)) return divide(graph, MMD_DIM_CEIL_DIV, a, b);
  int64_t c = b->number;
  if (c == 0 || c == INT64_MIN) return divide_atom(graph, MMD_DIM_CEIL_DIV, a, b);
  // ceil(x / c) = floor((x + c - 1) / c) for c > 0, = ceil(-x / -c) else
  if (c > 0) return mmd_dim_floor_div(graph, mmd_dim_add(graph, a, mmd_dim_const(graph, c - 1)), b);
  const mmd_dim_t *negated = mmd_dim_mul(graph, a, mmd_dim_const(graph, -1));
  return mmd_dim_ceil_div(graph, negated, mmd_dim_const(graph, -c));
}

static const mmd_dim_t *select_bound(mmd_graph_t *graph, mmd_dim_kind_t kind, const mmd_dim_t *a,
                                     const mmd_dim_t *b) {
  if (!a || !b) return NULL;
  bool wants_less = kind == MMD_DIM_MIN;
  const mmd_dim_t *difference = mmd_dim_sub(graph, a, b);
  if (!difference) return NULL;
  if (mmd_dim_is_const(difference)) return (difference->number <= 0) == wants_less ? a : b;
  bool ordered = compare(a, b) <= 0;
  const mmd_dim_t *first = ordered ? a : b, *second = ordered ? b : a;
  if (first->kind == kind && (first->a == second || first->b == second)) return first;
  if (second->kind == kind && (second->a == first || second->b == first)) return second;
  return divide_atom(graph, kind, first, second);
}

const mmd_dim_t *mmd_dim_min(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b) {
  return select_bound(graph, MMD_DIM_MIN, a, b);
}

const mmd_dim_t *mmd_dim_max(mmd_graph_t *graph, const mmd_dim_t *a, const mmd_dim_t *b) {
  return select_bound(graph, MMD_DIM_MAX, a, b);
}

const mmd_dim_t *mmd_dim_import(mmd_graph_t *graph, const mmd_dim_t *dim) {
  if (!dim) return NULL;
  // What is in this graph's table is done, which keeps shared parts from being walked again.
  entry_t *entry = find_entry(graph->dims, dim, hash_of(dim));
  if (entry && &entry->dim == dim) return dim;
  mmd_dim_t copy = *dim;
  if (dim->a && !(copy.a = mmd_dim_import(graph, dim->a))) return NULL;
  if (dim->b && !(copy.b = mmd_dim_import(graph, dim->b))) return NULL;
  return intern(graph, &copy);
}

// Evaluation.

typedef bool (*lookup_fn)(void *context, const char *symbol, int64_t *out_number);

static mmd_status_t evaluate_pair(const mmd_dim_t *dim, int64_t a, int64_t b, int64_t *out_number) {
  bool ok = true;
  switch (dim->kind) {
    case MMD_DIM_ADD:
      ok = mmd_checked_add_i64(a, b, out_number);
      break;
    case MMD_DIM_MUL:
      ok = mmd_checked_mul_i64(a, b, out_number);
      break;
    case MMD_DIM_FLOOR_DIV:
    case MMD_DIM_CEIL_DIV:
      if (b == 0)
        return MMD_ERROR(MMD_OUT_OF_RANGE, "a dimension divides %lld by zero", (long long)a);
      if (b == -1 && a == INT64_MIN) ok = false;
      if (!ok) break;
      *out_number = floor_quotient(a, b);
      if (dim->kind == MMD_DIM_CEIL_DIV && a % b != 0) ++*out_number;
      break;
    case MMD_DIM_MIN:
      *out_number = a < b ? a : b;
      break;
    case MMD_DIM_MAX:
      *out_number = a > b ? a : b;
      break;
    default:
      return MMD_ERROR(MMD_INTERNAL, "dimension kind %d", (int)dim->kind);
  }
  return ok ? NULL : MMD_ERROR(MMD_OUT_OF_RANGE, "a dimension leaves 64 bits");
}

mmd_status_t mmd_dim_evaluate(const mmd_dim_t *dim, lookup_fn lookup, void *context,
                              int64_t *out_number) {
  if (dim->kind == MMD_DIM_CONST) {
    *out_number = dim->number;
    return NULL;
  }
  if (dim->kind == MMD_DIM_SYMBOL) {
    if (lookup && lookup(context, dim->symbol, out_number)) return NULL;
    return MMD_ERROR(MMD_NOT_FOUND, "dimension '%s' has no value", dim->symbol);
  }
  int64_t a = 0, b = 0;
  MMD_TRY(mmd_dim_evaluate(dim->a, lookup, context, &a));
  MMD_TRY(mmd_dim_evaluate(dim->b, lookup, context, &b));
  return evaluate_pair(dim, a, b, out_number);
}
