// SPDX-License-Identifier: Apache-2.0
//
// Plain YAML scalars, by the patterns of PyYAML's resolver (YAML 1.1 with its own float rule: "1e5"
// is a string, "1.0e+5" a number). Timestamps stay strings.
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "formats/pyconfig/yaml.h"

#define DIGITS "0123456789"
#define MAX_NUMBER 128  // bytes of a number; longer texts are strings

static bool is_one_of(const char *text, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(text, words[i]) == 0) return true;
  }
  return false;
}
#define IS_ONE_OF(text, words) is_one_of(text, words, sizeof(words) / sizeof *(words))

static const char *const g_null[] = {"", "~", "null", "Null", "NULL"};
static const char *const g_true[] = {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
static const char *const g_false[] = {"no",    "No",  "NO",  "false", "False",
                                      "FALSE", "off", "Off", "OFF"};
static const char *const g_inf[] = {".inf", ".Inf", ".INF"};
static const char *const g_nan[] = {".nan", ".NaN", ".NAN"};

// "(:[0-5]?[0-9])+", the parts of a number of base 60; returns what stands behind.
static const char *skip_sixtieths(const char *at) {
  while (*at == ':' && strspn(at + 1, DIGITS)) {
    const size_t n = strspn(at + 1, DIGITS);
    if (n > 2 || (n == 2 && at[1] > '5')) break;
    at += 1 + n;
  }
  return at;
}

// The radix of an integer without its sign, or 0 when it is none.
static int int_radix(const char *text) {
  if (text[0] == '0' && text[1] == 'b' && text[2]) return text[2 + strspn(text + 2, "01_")] ? 0 : 2;
  if (text[0] == '0' && text[1] == 'x' && text[2])
    return text[2 + strspn(text + 2, "0123456789abcdefABCDEF_")] ? 0 : 16;
  if (text[0] == '0') return text[1 + strspn(text + 1, "01234567_")] ? 0 : text[1] ? 8 : 10;
  if (text[0] < '1' || text[0] > '9') return 0;
  const char *rest = text + strspn(text, DIGITS "_");
  if (!*rest) return 10;
  return *rest == ':' && !*skip_sixtieths(rest) ? 60 : 0;
}

static bool is_float(const char *text, bool is_signed) {
  if (*text == '.' && is_signed) return false;
  const char *at = text + strspn(text, DIGITS "_");
  if (at != text && *text == '_') return false;
  const char *sixtieths = skip_sixtieths(at);
  const bool by_sixty = at != text && sixtieths != at;
  if (by_sixty) at = sixtieths;
  if (*at != '.' || (at == text && !(at[1] >= '0' && at[1] <= '9'))) return false;
  at += 1 + strspn(at + 1, DIGITS "_");
  if (!by_sixty && (*at == 'e' || *at == 'E') && (at[1] == '-' || at[1] == '+') && at[2])
    return !at[2 + strspn(at + 2, DIGITS)];
  return !*at;
}

// Removes underscores.
static void compact(char *text) {
  char *to = text;
  for (const char *from = text; *from; ++from) {
    if (*from != '_') *to++ = *from;
  }
  *to = '\0';
}

static int digit_of(char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// Digits of |radix|, or parts of base 60 when that is it. False: outside 64 bits; |number| is
// always right but for rounding.
static bool read_int(const char *text, int radix, bool negative, int64_t *integer, double *number) {
  bool fits = true;
  *integer = 0;
  *number = 0;
  for (const char *at = text; *at;) {
    int value = 0;
    if (radix == 60) {
      const size_t n = strspn(at, DIGITS);
      int64_t part = 0;
      fits &= mmd_parse_i64(at, n, &part) && (part < 60 || at == text);
      *number = *number * radix + (double)part;
      fits &= !__builtin_mul_overflow(*integer, radix, integer) &&
              !__builtin_add_overflow(*integer, negative ? -part : part, integer);
      at += n + (at[n] == ':');
      continue;
    }
    value = digit_of(*at++);
    *number = *number * radix + value;
    fits &= !__builtin_mul_overflow(*integer, radix, integer) &&
            !__builtin_add_overflow(*integer, negative ? -value : value, integer);
  }
  return fits;
}

static mmd_status_t make_int(mmd_pyctx_t *ctx, char *text, int radix, bool negative,
                             mmd_pyobj_t **out) {
  int64_t integer;
  double number;
  compact(text);
  const char *digits = radix == 2 || radix == 16 ? text + 2 : text;
  // As in Python files, what 64 bits do not hold becomes a float.
  if (read_int(digits, radix, negative, &integer, &number))
    return mmd_py_give(mmd_py_int(ctx, integer), out);
  if (radix == 10) (void)mmd_parse_double(digits, strlen(digits), &number);  // the nearest one
  return mmd_py_give(mmd_py_float(ctx, negative ? -number : number), out);
}

static mmd_status_t make_float(mmd_pyctx_t *ctx, char *text, bool negative, mmd_pyobj_t **out) {
  double number = 0, part;
  compact(text);
  for (const char *at = text; *at;) {
    const size_t n = strcspn(at, ":");
    if (!mmd_parse_double(at, n, &part)) return NULL;
    number = number * 60 + part;
    at += n + (at[n] == ':');
  }
  return mmd_py_give(mmd_py_float(ctx, negative ? -number : number), out);
}

// Leaves |*out| alone where |text| is no number.
static mmd_status_t resolve_number(mmd_pyctx_t *ctx, const char *text, mmd_pyobj_t **out) {
  char copy[MAX_NUMBER];
  const bool is_signed = *text == '-' || *text == '+', negative = *text == '-';
  const char *body = text + is_signed;
  if (IS_ONE_OF(body, g_inf))
    return mmd_py_give(mmd_py_float(ctx, negative ? -INFINITY : INFINITY), out);
  if (IS_ONE_OF(text, g_nan)) return mmd_py_give(mmd_py_float(ctx, NAN), out);
  memcpy(copy, body, strlen(body) + 1);
  const int radix = int_radix(body);
  if (radix) return make_int(ctx, copy, radix, negative, out);
  return is_float(body, is_signed) ? make_float(ctx, copy, negative, out) : NULL;
}

mmd_status_t mmd_py_yaml_resolve(mmd_pyctx_t *ctx, const char *text, size_t size,
                                 mmd_pyobj_t **out) {
  char copy[MAX_NUMBER];
  if (size >= sizeof copy || memchr(text, '\0', size))
    return mmd_py_give(mmd_py_str_n(ctx, text, size), out);
  memcpy(copy, text, size);
  copy[size] = '\0';
  if (IS_ONE_OF(copy, g_null)) return mmd_py_give(ctx->none, out);
  if (IS_ONE_OF(copy, g_true)) return mmd_py_give(ctx->true_object, out);
  if (IS_ONE_OF(copy, g_false)) return mmd_py_give(ctx->false_object, out);
  *out = NULL;
  if (strchr("+-." DIGITS, *copy)) MMD_TRY(resolve_number(ctx, copy, out));
  if (*out) return NULL;
  return mmd_py_give(mmd_py_str_n(ctx, text, size), out);
}
