// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/internal.h"

bool mmd_text_is_name_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return (c && strchr("_./-$@+", c)) || ((unsigned char)c & 0x80);
}

bool mmd_text_is_name(const char *text) {
  if (!*text || strncmp(text, "//", 2) == 0) return false;  // that begins a comment
  for (const char *c = text; *c; ++c)
    if (!mmd_text_is_name_char(*c)) return false;
  return true;
}

static mmd_status_t quote_char(unsigned char c, mmd_str_t *out_text) {
  if (c == '"' || c == '\\') return mmd_str_printf(out_text, "\\%c", c);
  if (c == '\n') return mmd_str_append(out_text, "\\n");
  if (c < 0x20 || c == 0x7f) return mmd_str_printf(out_text, "\\x%02x", c);
  return mmd_str_append_char(out_text, (char)c);
}

mmd_status_t mmd_text_quote(const char *text, size_t size, mmd_str_t *out_text) {
  MMD_TRY(mmd_str_append_char(out_text, '"'));
  for (size_t i = 0; i < size; ++i) {
    size_t n = mmd_utf8_sequence(text + i, size - i);
    if (n > 1) {
      MMD_TRY(mmd_str_append_n(out_text, text + i, n));
      i += n - 1;
    } else if (n == 0) {  // not UTF-8, or NUL
      MMD_TRY(mmd_str_printf(out_text, "\\x%02x", (unsigned char)text[i]));
    } else {
      MMD_TRY(quote_char((unsigned char)text[i], out_text));
    }
  }
  return mmd_str_append_char(out_text, '"');
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The byte behind a backslash at |text|; its length in the text, or 0.
static size_t unescape(const char *text, size_t size, char *out_byte) {
  if (size >= 1 && (text[0] == '"' || text[0] == '\\')) {
    *out_byte = text[0];
    return 1;
  }
  if (size >= 1 && text[0] == 'n') {
    *out_byte = '\n';
    return 1;
  }
  if (size < 3 || text[0] != 'x' || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0) return 0;
  *out_byte = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
  return 3;
}

mmd_status_t mmd_text_unquote(const char *text, size_t size, size_t *out_used,
                              mmd_str_t *out_bytes) {
  if (size == 0 || text[0] != '"') return MMD_ERROR(MMD_INVALID_ARGUMENT, "expected '\"'");
  size_t i = 1;
  while (i < size && text[i] != '"') {
    size_t n = 1;
    char byte = text[i];
    if (byte == '\\') {
      n = unescape(text + i + 1, size - i - 1, &byte);
      if (n++ == 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "unknown escape in a quoted text");
    }
    MMD_TRY(mmd_str_append_char(out_bytes, byte));
    i += n;
  }
  if (i == size) return MMD_ERROR(MMD_INVALID_ARGUMENT, "a quoted text does not end");
  *out_used = i + 1;
  return NULL;
}
