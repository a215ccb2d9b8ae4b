// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic, logic and comparison operators.
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "formats/pyconfig/eval.h"

static mmd_status_t overflow(mmd_pyctx_t *ctx) {
  return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "integer outside 64 bits");
}
static mmd_status_t zero_division(mmd_pyctx_t *ctx) {
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "division by zero");
}

static mmd_status_t int_power(mmd_pyctx_t *ctx, int64_t base, int64_t exponent, mmd_pyobj_t **out) {
  if (exponent < 0) {
    if (base == 0) return zero_division(ctx);
    return mmd_py_give(mmd_py_float(ctx, pow((double)base, (double)exponent)), out);
  }
  int64_t result = 1;
  while (exponent) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) return overflow(ctx);
    exponent >>= 1;
    if (exponent && __builtin_mul_overflow(base, base, &base)) return overflow(ctx);
  }
  return mmd_py_give(mmd_py_int(ctx, result), out);
}

static mmd_status_t int_divide(mmd_pyctx_t *ctx, bool modulo, int64_t a, int64_t b,
                               mmd_pyobj_t **out) {
  if (b == 0) return zero_division(ctx);
  if (a == INT64_MIN && b == -1) return overflow(ctx);
  int64_t quotient = a / b, rest = a % b;
  if (rest != 0 && (rest < 0) != (b < 0)) {
    rest += b;
    --quotient;
  }
  return mmd_py_give(mmd_py_int(ctx, modulo ? rest : quotient), out);
}

static mmd_status_t int_shift(mmd_pyctx_t *ctx, bool left, int64_t a, int64_t b,
                              mmd_pyobj_t **out) {
  if (b < 0) return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "shift by a negative count");
  if (!left) return mmd_py_give(mmd_py_int(ctx, b > 63 ? (a < 0 ? -1 : 0) : a >> b), out);
  int64_t result = 0;
  if (a != 0 && (b > 62 || __builtin_mul_overflow(a, (int64_t)1 << b, &result)))
    return overflow(ctx);
  return mmd_py_give(mmd_py_int(ctx, result), out);
}

static mmd_status_t int_operator(mmd_pyctx_t *ctx, uint32_t op, int64_t a, int64_t b,
                                 mmd_pyobj_t **out, bool *known) {
  int64_t r;
  *known = true;
  switch (op) {
    case '+':
      return __builtin_add_overflow(a, b, &r) ? overflow(ctx)
                                              : mmd_py_give(mmd_py_int(ctx, r), out);
    case '-':
      return __builtin_sub_overflow(a, b, &r) ? overflow(ctx)
                                              : mmd_py_give(mmd_py_int(ctx, r), out);
    case '*':
      return __builtin_mul_overflow(a, b, &r) ? overflow(ctx)
                                              : mmd_py_give(mmd_py_int(ctx, r), out);
    case '%':
      return int_divide(ctx, true, a, b, out);
    case MMD_OP2('/', '/'):
      return int_divide(ctx, false, a, b, out);
    case MMD_OP2('*', '*'):
      return int_power(ctx, a, b, out);
    case MMD_OP2('<', '<'):
      return int_shift(ctx, true, a, b, out);
    case MMD_OP2('>', '>'):
      return int_shift(ctx, false, a, b, out);
    case '&':
      return mmd_py_give(mmd_py_int(ctx, a & b), out);
    case '|':
      return mmd_py_give(mmd_py_int(ctx, a | b), out);
    case '^':
      return mmd_py_give(mmd_py_int(ctx, a ^ b), out);
    default:
      break;
  }
  *known = false;
  return NULL;
}

static double float_modulo(double a, double b) {
  double rest = fmod(a, b);
  if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
  return rest == 0 ? copysign(0, b) : rest;
}

static double float_floor_divide(double a, double b) {
  const double quotient = (a - float_modulo(a, b)) / b;
  const double whole = floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

static mmd_status_t float_operator(mmd_pyctx_t *ctx, uint32_t op, double a, double b,
                                   mmd_pyobj_t **out, bool *known) {
  double r = 0;
  *known = true;
  if (b == 0 && (op == '/' || op == '%' || op == MMD_OP2('/', '/'))) return zero_division(ctx);
  switch (op) {
    case '+':
      r = a + b;
      break;
    case '-':
      r = a - b;
      break;
    case '*':
      r = a * b;
      break;
    case '/':
      r = a / b;
      break;
    case '%':
      r = float_modulo(a, b);
      break;
    case MMD_OP2('/', '/'):
      r = float_floor_divide(a, b);
      break;
    case MMD_OP2('*', '*'):
      if (a == 0 && b < 0) return zero_division(ctx);
      if (a < 0 && b != floor(b))
        return mmd_py_error(ctx, MMD_NOT_SUPPORTED, "complex numbers are not supported");
      r = pow(a, b);
      break;
    default:
      *known = false;
      return NULL;
  }
  return mmd_py_give(mmd_py_float(ctx, r), out);
}

static mmd_status_t join_text(mmd_pyctx_t *ctx, const mmd_pyobj_t *a, const mmd_pyobj_t *b,
                              mmd_pyobj_t **out) {
  size_t size;
  if (!mmd_checked_add(a->u.str.size, b->u.str.size, &size) || size == SIZE_MAX)
    return mmd_status_no_memory();
  char *data = mmd_arena_alloc(&ctx->arena, size + 1);
  MMD_TRY_ALLOC(data);
  memcpy(data, a->u.str.data, a->u.str.size);
  memcpy(data + a->u.str.size, b->u.str.data, b->u.str.size);
  MMD_TRY(mmd_py_give(mmd_py_make(ctx, a->kind), out));
  (*out)->u.str.data = data;
  (*out)->u.str.size = size;
  return NULL;
}

static mmd_status_t join_lists(mmd_pyctx_t *ctx, const mmd_pyobj_t *a, const mmd_pyobj_t *b,
                               mmd_pyobj_t **out) {
  MMD_TRY(mmd_pyctx_step(ctx, a->u.list.count + b->u.list.count));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, a->kind, a->u.list.count + b->u.list.count), out));
  MMD_TRY(mmd_pylist_extend(ctx, *out, a->u.list.items, a->u.list.count));
  return mmd_pylist_extend(ctx, *out, b->u.list.items, b->u.list.count);
}

static mmd_status_t repeat(mmd_pyctx_t *ctx, const mmd_pyobj_t *what, int64_t times,
                           mmd_pyobj_t **out) {
  const size_t n = times > 0 ? (size_t)times : 0;
  const bool list = mmd_py_is_sequence(what);
  const size_t unit = list ? what->u.list.count : what->u.str.size;
  size_t size;
  if (!mmd_checked_mul(unit, n, &size) || size > ctx->arena.limit_bytes)
    return mmd_py_error(ctx, MMD_OUT_OF_MEMORY, "the repeated value is too large");
  MMD_TRY(mmd_pyctx_step(ctx, size / 16));
  if (list) {
    MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, what->kind, size), out));
    for (size_t i = 0; unit && i < n; ++i)
      MMD_TRY(mmd_pylist_extend(ctx, *out, what->u.list.items, unit));
    return NULL;
  }
  char *data = mmd_arena_alloc(&ctx->arena, size + 1);
  MMD_TRY_ALLOC(data);
  for (size_t i = 0; unit && i < n; ++i) memcpy(data + i * unit, what->u.str.data, unit);
  MMD_TRY(mmd_py_give(mmd_py_make(ctx, what->kind), out));
  (*out)->u.str.data = data;
  (*out)->u.str.size = size;
  return NULL;
}

static bool is_text(const mmd_pyobj_t *o) {
  return o->kind == MMD_PY_STR || o->kind == MMD_PY_BYTES;
}

static mmd_status_t set_operator(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *a, mmd_pyobj_t *b,
                                 mmd_pyobj_t **out) {
  mmd_pyobj_t *found;
  size_t index = 0;
  MMD_TRY(mmd_pyctx_step(ctx, a->u.dict.count + b->u.dict.count));
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, a->kind), out));
  (*out)->is_config = a->is_config;
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(a, &index));) {
    MMD_TRY(mmd_pydict_find(ctx, b, e->key, &found));
    if (op == '|' || (op == '&') == (found != NULL))
      MMD_TRY(mmd_pydict_set(ctx, *out, e->key, e->value));
  }
  index = 0;
  for (mmd_pyentry_t *e; (op == '|' || op == '^') && (e = mmd_pydict_next(b, &index));) {
    MMD_TRY(mmd_pydict_find(ctx, a, e->key, &found));
    if (op == '|' || !found) MMD_TRY(mmd_pydict_set(ctx, *out, e->key, e->value));
  }
  return NULL;
}

static bool has_set_operator(uint32_t op, const mmd_pyobj_t *a, const mmd_pyobj_t *b) {
  if (a->kind != b->kind) return false;
  if (a->kind == MMD_PY_DICT) return op == '|';
  return a->kind == MMD_PY_SET && (op == '|' || op == '&' || op == '-' || op == '^');
}

mmd_status_t mmd_py_binary(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *a, mmd_pyobj_t *b,
                           mmd_pyobj_t **out) {
  bool known = false;
  mmd_status_t status = NULL;
  if (mmd_py_is_int(a) && mmd_py_is_int(b) && op != '/') {
    if (a->kind == MMD_PY_BOOL && b->kind == MMD_PY_BOOL && (op == '&' || op == '|' || op == '^')) {
      const int64_t r = op == '&'   ? (a->u.integer & b->u.integer)
                        : op == '|' ? (a->u.integer | b->u.integer)
                                    : (a->u.integer ^ b->u.integer);
      return mmd_py_give(mmd_py_bool(ctx, r != 0), out);
    }
    status = int_operator(ctx, op, a->u.integer, b->u.integer, out, &known);
  } else if (mmd_py_is_number(a) && mmd_py_is_number(b)) {
    status = float_operator(ctx, op, mmd_py_number(a), mmd_py_number(b), out, &known);
  }
  if (known || status) return status;
  if (op == '+' && a->kind == b->kind && is_text(a)) return join_text(ctx, a, b, out);
  if (op == '+' && a->kind == b->kind && mmd_py_is_sequence(a)) return join_lists(ctx, a, b, out);
  if (op == '*' && mmd_py_is_int(b) && (is_text(a) || mmd_py_is_sequence(a)))
    return repeat(ctx, a, b->u.integer, out);
  if (op == '*' && mmd_py_is_int(a) && (is_text(b) || mmd_py_is_sequence(b)))
    return repeat(ctx, b, a->u.integer, out);
  if (op == '%' && a->kind == MMD_PY_STR) return mmd_py_percent(ctx, a, b, out);
  if (has_set_operator(op, a, b)) return set_operator(ctx, op, a, b, out);
  const char name[4] = {(char)(op & 0xff), (char)(op >> 8 & 0xff), (char)(op >> 16 & 0xff), '\0'};
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "operator '%s' does not fit '%s' and '%s'", name,
                      mmd_py_kind_name(a), mmd_py_kind_name(b));
}

mmd_status_t mmd_py_unary(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *a, mmd_pyobj_t **out) {
  if (op == '!') return mmd_py_give(mmd_py_bool(ctx, !mmd_py_truth(a)), out);
  if (op == '-' && a->kind == MMD_PY_FLOAT)
    return mmd_py_give(mmd_py_float(ctx, -a->u.number), out);
  if (op == '+' && a->kind == MMD_PY_FLOAT) return mmd_py_give(a, out);
  if (mmd_py_is_int(a)) {
    if (op == '-' && a->u.integer == INT64_MIN) return overflow(ctx);
    const int64_t r = op == '-' ? -a->u.integer : op == '~' ? ~a->u.integer : a->u.integer;
    return mmd_py_give(mmd_py_int(ctx, r), out);
  }
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "operator '%c' does not fit '%s'", (char)op,
                      mmd_py_kind_name(a));
}

static mmd_status_t contains(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *item, bool *out) {
  mmd_pyobj_t *found;
  *out = false;
  if (owner->kind == MMD_PY_DICT || owner->kind == MMD_PY_SET) {
    MMD_TRY(mmd_pydict_find(ctx, owner, item, &found));
    *out = found != NULL;
    return NULL;
  }
  if (owner->kind == MMD_PY_STR && item->kind == MMD_PY_STR) {
    *out = strstr(owner->u.str.data, item->u.str.data) != NULL;
    return NULL;
  }
  MMD_TRY(mmd_py_items(ctx, owner, &found));
  for (size_t i = 0; !*out && i < found->u.list.count; ++i)
    MMD_TRY(mmd_py_equal(ctx, found->u.list.items[i], item, out));
  return NULL;
}

static mmd_status_t subset(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool *out) {
  size_t index = 0;
  mmd_pyobj_t *found;
  *out = true;
  for (mmd_pyentry_t *e; *out && (e = mmd_pydict_next(a, &index));) {
    MMD_TRY(mmd_pydict_find(ctx, b, e->key, &found));
    *out = found != NULL;
  }
  return NULL;
}

static mmd_status_t order(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool or_equal,
                          bool *out) {
  if (a->kind == MMD_PY_SET && b->kind == MMD_PY_SET) {
    MMD_TRY(subset(ctx, a, b, out));
    if (!or_equal) *out &= a->u.dict.count < b->u.dict.count;
    return NULL;
  }
  MMD_TRY(mmd_py_less(ctx, a, b, out));
  if (!*out && or_equal) MMD_TRY(mmd_py_equal(ctx, a, b, out));
  return NULL;
}

mmd_status_t mmd_py_compare(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *a, mmd_pyobj_t *b,
                            bool *out) {
  mmd_status_t status = NULL;
  switch (op) {
    case MMD_OP2('=', '='):
    case MMD_OP2('!', '='):
      status = mmd_py_equal(ctx, a, b, out);
      break;
    case 'i':
    case MMD_OP2('i', '!'):
      *out =
          a == b || (a->kind == b->kind && (a->kind == MMD_PY_NONE || a->kind == MMD_PY_ELLIPSIS));
      if (!*out && a->kind == b->kind &&
          (mmd_py_is_int(a) || a->kind == MMD_PY_STR || a->kind == MMD_PY_BUILTIN))
        status = mmd_py_equal(ctx, a, b, out);
      break;
    case 'n':
    case MMD_OP2('n', '!'):
      status = contains(ctx, b, a, out);
      break;
    case '<':
      return order(ctx, a, b, false, out);
    case '>':
      return order(ctx, b, a, false, out);
    case MMD_OP2('<', '='):
      return order(ctx, a, b, true, out);
    default:
      return order(ctx, b, a, true, out);
  }
  if (op == MMD_OP2('!', '=') || op == MMD_OP2('i', '!') || op == MMD_OP2('n', '!')) *out = !*out;
  return status;
}
