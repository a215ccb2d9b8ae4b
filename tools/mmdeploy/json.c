// SPDX-License-Identifier: Apache-2.0
#include "tools/mmdeploy/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Bytes of the UTF-8 sequence at |text|, 0 when it is none.
static size_t utf8_size(const unsigned char *text) {
  if (text[0] < 0x80) return 1;
  const size_t size = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
  if (text[0] < 0xc2 || text[0] > 0xf4) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((text[i] & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and numbers beyond U+10FFFF.
  if (text[0] == 0xe0 && text[1] < 0xa0) return 0;
  if (text[0] == 0xed && text[1] > 0x9f) return 0;
  if (text[0] == 0xf0 && text[1] < 0x90) return 0;
  if (text[0] == 0xf4 && text[1] > 0x8f) return 0;
  return size;
}

void cli_json_string(FILE *stream, const char *text) {
  const unsigned char *c = (const unsigned char *)text;
  fputc('"', stream);
  while (*c) {
    const size_t size = utf8_size(c);
    if (!size) {
      fputs("\xef\xbf\xbd", stream);
      ++c;
      continue;
    }
    if (*c == '"' || *c == '\\') {
      fprintf(stream, "\\%c", *c);
    } else if (*c < 0x20 || *c == 0x7f) {
      fprintf(stream, "\\u%04x", *c);
    } else {
      fwrite(c, 1, size, stream);
    }
    c += size;
  }
  fputc('"', stream);
}

void cli_json_float(FILE *stream, float number) {
  char text[32];
  if (isnan(number) || isinf(number)) {
    fputs(isnan(number) ? "\"nan\"" : number > 0 ? "\"inf\"" : "\"-inf\"", stream);
    return;
  }
  for (int digits = 1; digits <= 9; ++digits) {
    snprintf(text, sizeof text, "%.*g", digits, (double)number);
    if (strtof(text, NULL) != number) continue;
    // Powers of ten only for very small and large numbers.
    if (!strchr(text, 'e') || fabsf(number) < 1e-4f || fabsf(number) >= 1e9f) break;
  }
  fputs(text, stream);
  if (!strpbrk(text, ".e")) fputs(".0", stream);
}
