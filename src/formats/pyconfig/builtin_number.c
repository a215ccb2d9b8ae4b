// SPDX-License-Identifier: Apache-2.0
//
// Builtin functions that make numbers: int(), float(), round().
#include <math.h>
#include <string.h>

#include "formats/pyconfig/builtin.h"

static mmd_status_t float_to_int(mmd_pyctx_t *ctx, double number, mmd_pyobj_t **out) {
  if (!(number >= -9.2e18 && number <= 9.2e18))
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "integer outside 64 bits");
  return mmd_py_give(mmd_py_int(ctx, (int64_t)number), out);
}

// Text without blanks at its ends.
static const char *trim(const mmd_pyobj_t *text, size_t *out_size) {
  const char *at = text->u.str.data, *end = at + text->u.str.size;
  while (at < end && strchr(" \t\n\r\f\v", *at) && *at) ++at;
  while (end > at && strchr(" \t\n\r\f\v", end[-1]) && end[-1]) --end;
  *out_size = (size_t)(end - at);
  return at;
}

// Digits of |base| with single underscores between them; false for anything else. |out_fits| tells
// whether the number has its place in 64 bits.
static bool parse_digits(const char *at, const char *end, int base, bool negative, int64_t *out,
                         bool *out_fits) {
  int64_t value = 0;
  bool was_digit = false;
  *out_fits = true;
  for (; at < end; ++at) {
    if (*at == '_' && was_digit && at + 1 < end) {
      was_digit = false;
      continue;
    }
    const int digit = *at >= '0' && *at <= '9'   ? *at - '0'
                      : *at >= 'a' && *at <= 'z' ? *at - 'a' + 10
                      : *at >= 'A' && *at <= 'Z' ? *at - 'A' + 10
                                                 : 99;
    if (digit >= base) return false;
    if (__builtin_mul_overflow(value, base, &value) ||
        __builtin_add_overflow(value, negative ? -digit : digit, &value)) {
      *out_fits = false;
    }
    was_digit = true;
  }
  *out = value;
  return was_digit;
}

// The base that "0x", "0o" or "0b" names at |at|, or 0.
static int prefix_base(const char *at, const char *end) {
  if (end - at < 3 || at[0] != '0') return 0;
  const char c = (char)(at[1] | 0x20);
  return c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
}

static bool is_zeros(const char *at, const char *end) {
  while (at < end && (*at == '0' || *at == '_')) ++at;
  return at == end;
}

static mmd_status_t text_to_int(mmd_pyctx_t *ctx, const mmd_pyobj_t *text, int base,
                                mmd_pyobj_t **out) {
  size_t size;
  int64_t number;
  bool fits;
  const char *at = trim(text, &size), *end = at + size;
  const bool negative = at < end && *at == '-';
  if (negative || (at < end && *at == '+')) ++at;
  const int named = prefix_base(at, end);
  bool good = base != 0 || named || at == end || *at != '0' || is_zeros(at, end);
  if (named && (base == 0 || base == named)) {
    base = named;
    at += 2 + (at[2] == '_');
  }
  good = good && parse_digits(at, end, base ? base : 10, negative, &number, &fits);
  if (!good)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "int() cannot read '%.60s'", text->u.str.data);
  if (!fits) return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "integer outside 64 bits");
  return mmd_py_give(mmd_py_int(ctx, number), out);
}

mmd_status_t mmd_py_fn_int(mmd_pyctx_t *ctx, const mmd_pycall_t *call, mmd_pyobj_t **out) {
  static const char *const known[] = {"base"};
  MMD_TRY(mmd_py_check_keywords(ctx, call, known, 1));
  const mmd_pyobj_t *base = call->count == 2 ? call->args[1]
                            : call->keywords ? mmd_pydict_get_text(call->keywords, "base")
                                             : NULL;
  if (call->count == 0 && !base) return mmd_py_give(mmd_py_int(ctx, 0), out);
  const mmd_pyobj_t *o = call->count ? call->args[0] : ctx->none;
  if (base && (!mmd_py_is_int(base) || o->kind != MMD_PY_STR)) {
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "int() takes a string and an int for its base");
  }
  if (base && base->u.integer != 0 && (base->u.integer < 2 || base->u.integer > 36))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the base of int() is 0 or from 2 to 36");
  if (mmd_py_is_int(o)) return mmd_py_give(mmd_py_int(ctx, o->u.integer), out);
  if (o->kind == MMD_PY_FLOAT) return float_to_int(ctx, trunc(o->u.number), out);
  if (o->kind == MMD_PY_STR) return text_to_int(ctx, o, base ? (int)base->u.integer : 10, out);
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "int() does not take '%s'", mmd_py_kind_name(o));
}

static bool parse_float(const char *text, size_t size, double *out) {
  static const struct {
    const char *word;
    double value;
  } words[] = {{"inf", INFINITY}, {"+inf", INFINITY},     {"-inf", -INFINITY},
               {"nan", NAN},      {"infinity", INFINITY}, {"-infinity", -INFINITY}};
  char lower[12] = {0};
  for (size_t i = 0; i < size && i + 1 < sizeof lower; ++i)
    lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
  for (size_t i = 0; i < sizeof words / sizeof *words && size < sizeof lower; ++i) {
    if (strcmp(lower, words[i].word) == 0) *out = words[i].value;
    if (strcmp(lower, words[i].word) == 0) return true;
  }
  return mmd_parse_double(text, size, out);
}

mmd_status_t mmd_py_fn_float(mmd_pyctx_t *ctx, const mmd_pycall_t *call, mmd_pyobj_t **out) {
  if (call->count == 0) return mmd_py_give(mmd_py_float(ctx, 0), out);
  const mmd_pyobj_t *o = call->args[0];
  if (mmd_py_is_number(o)) return mmd_py_give(mmd_py_float(ctx, mmd_py_number(o)), out);
  double number;
  size_t size;
  if (o->kind == MMD_PY_STR) {
    const char *text = trim(o, &size);
    if (parse_float(text, size, &number)) return mmd_py_give(mmd_py_float(ctx, number), out);
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "float() cannot read '%.60s'", o->u.str.data);
  }
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "float() does not take '%s'", mmd_py_kind_name(o));
}

static mmd_status_t round_digits(mmd_pyctx_t *ctx, double number, int64_t digits,
                                 mmd_pyobj_t **out) {
  double rounded = number;
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  if (isfinite(number) && digits < 320) {
    if (digits < 0) {
      const double scale = pow(10, (double)-digits);
      rounded = digits < -308 ? 0 : rint(number / scale) * scale;
    } else {
      status = mmd_py_format_number(number, 'f', (int)digits, false, &text);
      if (!status && !mmd_parse_double(mmd_str_text(&text), text.size, &rounded)) rounded = number;
    }
  }
  mmd_str_deinit(&text);
  return status ? status : mmd_py_give(mmd_py_float(ctx, rounded), out);
}

// To 10^|tens|, a half to the even side.
static mmd_status_t round_int(mmd_pyctx_t *ctx, int64_t number, uint64_t tens, mmd_pyobj_t **out) {
  uint64_t scale = 1;
  if (tens > 19) return mmd_py_give(mmd_py_int(ctx, 0), out);  // less than half of 10^20
  for (uint64_t i = 0; i < tens; ++i) scale *= 10;
  const uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  uint64_t count = size / scale, rest = size % scale;
  if (rest > scale / 2 || (scale > 1 && rest == scale / 2 && count % 2)) ++count;
  int64_t rounded;
  if (__builtin_mul_overflow(count, scale, &rounded))
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "integer outside 64 bits");
  return mmd_py_give(mmd_py_int(ctx, number < 0 ? -rounded : rounded), out);
}

mmd_status_t mmd_py_fn_round(mmd_pyctx_t *ctx, const mmd_pycall_t *call, mmd_pyobj_t **out) {
  const mmd_pyobj_t *o = call->args[0], *digits = call->count == 2 ? call->args[1] : ctx->none;
  if (!mmd_py_is_number(o) || (digits->kind != MMD_PY_NONE && !mmd_py_is_int(digits))) {
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "round() takes a number and an int");
  }
  if (mmd_py_is_int(o)) {
    if (digits->kind != MMD_PY_NONE && digits->u.integer < 0)
      return round_int(ctx, o->u.integer, 0 - (uint64_t)digits->u.integer, out);
    return mmd_py_give(mmd_py_int(ctx, o->u.integer), out);
  }
  if (digits->kind == MMD_PY_NONE) return float_to_int(ctx, rint(o->u.number), out);
  return round_digits(ctx, o->u.number, digits->u.integer, out);
}
