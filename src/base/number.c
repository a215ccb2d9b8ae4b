// SPDX-License-Identifier: Apache-2.0
//
// Numbers as text, independent of the locale.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // strtod_l
#endif
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/str.h"

// glibc answers a request for "C" with a static object: nothing to free.
static locale_t c_locale(void) {
  return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

// A positive decimal number 0.d1d2d3... x 10^point.
typedef struct {
  char digits[20];
  int count;
  int point;
} decimal_t;

// The |count| digits nearest to |number|. Only digits and the exponent are taken from printf's
// text, so the locale's decimal sign does not matter.
static decimal_t decimal_round(double number, int count) {
  char text[64];
  snprintf(text, sizeof text, "%.*e", count - 1, number);
  decimal_t result = {.count = 0};
  const char *at = text;
  for (; *at && *at != 'e'; ++at) {
    if (*at >= '0' && *at <= '9' && result.count < 19) result.digits[result.count++] = *at;
  }
  result.point = (*at ? atoi(at + 1) : 0) + 1;
  return result;
}

static double decimal_read(const decimal_t *decimal, bool single) {
  char text[40];
  snprintf(text, sizeof text, "%.*se%d", decimal->count, decimal->digits,
           decimal->point - decimal->count);
  return single ? (double)strtof_l(text, NULL, c_locale()) : strtod_l(text, NULL, c_locale());
}

// Adds one in the last place.
static void decimal_increment(decimal_t *decimal) {
  int i = decimal->count - 1;
  while (i >= 0 && decimal->digits[i] == '9') decimal->digits[i--] = '0';
  if (i >= 0) {
    ++decimal->digits[i];
    return;
  }
  decimal->digits[0] = '1';
  ++decimal->point;
}

// The fewest digits that read back as |number| > 0.
static decimal_t decimal_shortest(double number, bool single) {
  int most = single ? 9 : 17;
  // That many digits survive always, except where numbers are subnormal and have fewer.
  int first = number < (single ? 1.2e-38 : 2.3e-308) ? 1 : single ? 6 : 15;
  int exponent;
  bool power_of_two = frexp(number, &exponent) == 0.5;
  for (int count = first; count < most; ++count) {
    decimal_t decimal = decimal_round(number, count);
    if (decimal_read(&decimal, single) == number) return decimal;
    // Below a power of two neighbours lie half as far: the nearest decimal may miss where the
    // next one above still hits.
    if (!power_of_two) continue;
    decimal_increment(&decimal);
    if (decimal_read(&decimal, single) == number) return decimal;
  }
  return decimal_round(number, most);
}

// Python's repr: fixed notation for 1e-4 <= x < 1e16.
static void decimal_write(const decimal_t *decimal, char *out) {
  const char *digits = decimal->digits;
  int count = decimal->count, point = decimal->point;
  while (count > 1 && digits[count - 1] == '0') --count;
  if (point > 16 || point < -3) {
    *out++ = digits[0];
    if (count > 1) *out++ = '.';
    memcpy(out, digits + 1, (size_t)count - 1);
    snprintf(out + count - 1, 13, "e%+03d", point - 1);
    return;
  }
  int zeros = point <= 0 ? -point : 0;
  if (point <= 0) {
    memcpy(out, "0.", 2);
    memset(out + 2, '0', (size_t)zeros);
    memcpy(out + 2 + zeros, digits, (size_t)count);
    out += 2 + zeros + count;
  } else {
    for (int i = 0; i < count || i <= point; ++i) {
      if (i == point) *out++ = '.';
      *out++ = i < count ? digits[i] : '0';
    }
  }
  *out = 0;
}

static void format_number(double number, bool single, char text[32]) {
  if (isnan(number)) {
    memcpy(text, "nan", 4);
    return;
  }
  if (signbit(number)) *text++ = '-';
  number = fabs(number);
  if (isinf(number)) {
    memcpy(text, "inf", 4);
  } else if (number < 1e6 && number == (double)(int)number) {
    snprintf(text, 16, "%d.0", (int)number);
  } else {
    decimal_t decimal = decimal_shortest(number, single);
    decimal_write(&decimal, text);
  }
}

void mmd_format_double(double number, char text[32]) {
  format_number(number, false, text);
}

void mmd_format_float(float number, char text[32]) {
  format_number((double)number, true, text);
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool parse_special(const char *text, size_t size, double *out_number) {
  if ((size == 3 && strncasecmp(text, "inf", 3) == 0) ||
      (size == 8 && strncasecmp(text, "infinity", 8) == 0)) {
    *out_number = (double)INFINITY;
    return true;
  }
  if (size == 3 && strncasecmp(text, "nan", 3) == 0) {
    *out_number = (double)NAN;
    return true;
  }
  return false;
}

static bool parse_slow(const char *text, size_t size, double *out_number) {
  char small[64];
  char *copy = size < sizeof small ? small : mmd_alloc_uninit(size + 1);
  if (!copy) return false;
  memcpy(copy, text, size);
  copy[size] = 0;
  *out_number = strtod_l(copy, NULL, c_locale());
  if (copy != small) mmd_free(copy);
  return true;
}

// Digits and the point of |text|; numbers of up to 19 digits stay exact in |mantissa|.
typedef struct {
  uint64_t mantissa;
  int digits, exponent;
  size_t size;
  bool ok;
} scan_t;

static scan_t scan_number(const char *text, size_t size) {
  scan_t scan = {0};
  size_t at = 0, seen = 0;
  bool point = false;
  for (; at < size && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    ++seen;
    if (scan.digits > 0 || text[at] != '0') ++scan.digits;
    if (scan.digits <= 19) {
      scan.mantissa = scan.mantissa * 10 + (uint64_t)(text[at] - '0');
      scan.exponent -= point;
    }
  }
  scan.ok = seen > 0;
  if (scan.ok && at < size && (text[at] == 'e' || text[at] == 'E')) {
    size_t e = at + 1;
    bool minus = e < size && text[e] == '-';
    if (e < size && (text[e] == '-' || text[e] == '+')) ++e;
    int power = 0;
    scan.ok = e < size && is_digit(text[e]);
    for (; e < size && is_digit(text[e]); ++e) {
      if (power < 100000) power = power * 10 + (text[e] - '0');
    }
    scan.exponent += minus ? -power : power;
    at = e;
  }
  scan.size = at;
  return scan;
}

bool mmd_parse_double(const char *text, size_t size, double *out_number) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  bool minus = size > 0 && text[0] == '-';
  if (size > 0 && (text[0] == '-' || text[0] == '+')) ++text, --size;
  double number;
  scan_t scan = scan_number(text, size);
  if (!scan.ok || scan.size != size) {
    if (!parse_special(text, size, &number)) return false;
  } else if (scan.digits <= 19 && scan.mantissa <= (UINT64_C(1) << 53) && scan.exponent >= -22 &&
             scan.exponent <= 22) {
    // Both factors are exact, so the one operation rounds correctly.
    number = (double)scan.mantissa;
    number = scan.exponent < 0 ? number / powers[-scan.exponent] : number * powers[scan.exponent];
  } else if (!parse_slow(text, size, &number)) {
    return false;
  }
  *out_number = minus ? -number : number;
  return true;
}

bool mmd_parse_i64(const char *text, size_t size, int64_t *out_number) {
  bool minus = size > 0 && text[0] == '-';
  size_t at = size > 0 && (text[0] == '-' || text[0] == '+');
  if (at == size) return false;
  int64_t number = 0;
  for (; at < size; ++at) {
    if (!is_digit(text[at])) return false;
    int digit = text[at] - '0';
    // Counts down, because the smallest number has no positive partner.
    if (__builtin_mul_overflow(number, 10, &number)) return false;
    if (__builtin_sub_overflow(number, digit, &number)) return false;
  }
  if (!minus && number == INT64_MIN) return false;
  *out_number = minus ? number : -number;
  return true;
}
