// SPDX-License-Identifier: Apache-2.0
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

void mmd_str_deinit(mmd_str_t *str) {
  mmd_free(str->data);
  *str = (mmd_str_t){0};
}

void mmd_str_clear(mmd_str_t *str) {
  str->size = 0;
  if (str->data) str->data[0] = 0;
}

const char *mmd_str_text(const mmd_str_t *str) {
  return str->data ? str->data : "";
}

char *mmd_str_take(mmd_str_t *str) {
  char *text = str->data ? str->data : mmd_strdup("");
  *str = (mmd_str_t){0};
  return text;
}

// Room for |more| bytes and the NUL.
static mmd_status_t reserve(mmd_str_t *str, size_t more) {
  size_t needed;
  if (!mmd_checked_add(str->size, more, &needed) || !mmd_checked_add(needed, 1, &needed)) {
    return mmd_status_no_memory();
  }
  if (needed <= str->capacity) return NULL;
  if (needed < 32) needed = 32;
  return MMD_GROW(str->data, str->capacity, needed);
}

mmd_status_t mmd_str_append_n(mmd_str_t *str, const char *text, size_t size) {
  MMD_TRY(reserve(str, size));
  if (size > 0) memcpy(str->data + str->size, text, size);
  str->size += size;
  str->data[str->size] = 0;
  return NULL;
}

mmd_status_t mmd_str_append(mmd_str_t *str, const char *text) {
  return mmd_str_append_n(str, text, strlen(text));
}

mmd_status_t mmd_str_append_char(mmd_str_t *str, char c) {
  return mmd_str_append_n(str, &c, 1);
}

mmd_status_t mmd_str_printf(mmd_str_t *str, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int size = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  if (size < 0) return MMD_ERROR(MMD_INTERNAL, "bad format '%s'", fmt);
  MMD_TRY(reserve(str, (size_t)size));
  va_start(args, fmt);
  vsnprintf(str->data + str->size, (size_t)size + 1, fmt, args);
  va_end(args);
  str->size += (size_t)size;
  return NULL;
}

bool mmd_str_equal(const char *a, const char *b) {
  if (!a || !b) return a == b;
  return strcmp(a, b) == 0;
}

bool mmd_str_starts_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool mmd_str_ends_with(const char *text, const char *suffix) {
  size_t a = strlen(text), b = strlen(suffix);
  return a >= b && memcmp(text + a - b, suffix, b) == 0;
}

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

// Insertions, deletions, substitutions and swaps of neighbours; three rows of the usual table.
unsigned mmd_edit_distance(const char *a, const char *b) {
  enum { CAP = 64 };
  size_t na = strnlen(a, CAP), nb = strnlen(b, CAP);
  unsigned rows[3][CAP + 1];
  for (size_t j = 0; j <= nb; ++j) rows[0][j] = (unsigned)j;
  for (size_t i = 1; i <= na; ++i) {
    unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= nb; ++j) {
      unsigned best = least(row[j - 1] + 1, above[j] + 1);
      best = least(best, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = least(best, twice[j - 2] + 1);
      }
      row[j] = best;
    }
  }
  return rows[na % 3][nb];
}

const char *mmd_nearest_name(const char *name, const char *const *names, size_t count) {
  size_t size = strlen(name);
  // A third of the name may differ, one character in short names.
  unsigned best = (unsigned)(size < 3 ? 1 : size > 64 ? 21 : size / 3) + 1;
  const char *nearest = NULL;
  for (size_t i = 0; i < count; ++i) {
    unsigned distance = mmd_edit_distance(name, names[i]);
    if (distance >= best) continue;
    best = distance;
    nearest = names[i];
  }
  return nearest;
}

size_t mmd_utf8_sequence(const char *text, size_t size) {
  const unsigned char *s = (const unsigned char *)text;
  if (size == 0) return 0;
  if (s[0] < 0x80) return 1;
  size_t n = s[0] >= 0xC2 && s[0] <= 0xDF ? 2
             : (s[0] & 0xF0) == 0xE0      ? 3
             : (s[0] & 0xF8) == 0xF0      ? 4
                                          : 0;
  if (n == 0 || n > size) return 0;
  for (size_t i = 1; i < n; ++i) {
    if ((s[i] & 0xC0) != 0x80) return 0;
  }
  // Over-long forms, surrogates, and what lies above U+10FFFF.
  if (s[0] == 0xE0 && s[1] < 0xA0) return 0;
  if (s[0] == 0xED && s[1] > 0x9F) return 0;
  if (s[0] == 0xF0 && s[1] < 0x90) return 0;
  if (s[0] > 0xF4 || (s[0] == 0xF4 && s[1] > 0x8F)) return 0;
  return n;
}

size_t mmd_utf8_count(const char *text, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size; ++i) count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

size_t mmd_utf8_put(uint32_t c, char out[4]) {
  static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  const size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = size - 1; i > 0; --i, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)(leads[size] | c);
  return size;
}

void mmd_str_sanitize(char *text) {
  size_t size = strlen(text);
  for (size_t i = 0; i < size;) {
    unsigned char c = (unsigned char)text[i];
    size_t n = mmd_utf8_sequence(text + i, size - i);
    bool control =
        c < 0x20 || c == 0x7F || (c == 0xC2 && n == 2 && (unsigned char)text[i + 1] < 0xA0);
    if (n == 0) n = 1, control = true;
    if (control) memset(text + i, '?', n);
    i += n;
  }
}
