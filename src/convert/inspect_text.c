// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/inspect.h"
#include "value/json.h"

#define FIRST_CLASSES 3

mmd_status_t mmd_inspect_row(mmd_str_t *text, const char *label, const char *fmt, ...) {
  char line[1024];
  va_list args;
  va_start(args, fmt);
  vsnprintf(line, sizeof line, fmt, args);
  va_end(args);
  mmd_str_sanitize(line);
  return mmd_str_printf(text, "%-15s %s\n", label, line);
}

mmd_status_t mmd_inspect_size(mmd_str_t *text, uint64_t bytes) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return mmd_str_printf(text, "%u bytes", (unsigned)bytes);
  double number = (double)bytes / 1024;
  size_t unit = 0;
  for (; number >= 1024 && unit + 1 < sizeof units / sizeof *units; ++unit) number /= 1024;
  return mmd_str_printf(text, "%.1f %s", number, units[unit]);
}

mmd_status_t mmd_inspect_json(mmd_str_t *text, const mmd_value_t *value, size_t limit) {
  mmd_str_t json = {0};
  mmd_status_t status = mmd_json_write(value, 0, &json);
  size_t size = json.size;
  const bool is_cut = limit && size > limit;
  if (is_cut) {
    // Not inside a character.
    size = limit;
    while (size > 0 && ((unsigned char)json.data[size] & 0xc0) == 0x80) --size;
  }
  if (!status) status = mmd_str_append_n(text, mmd_str_text(&json), size);
  if (!status && is_cut) status = mmd_str_append(text, " ...");
  mmd_str_deinit(&json);
  return status;
}

mmd_status_t mmd_inspect_classes(mmd_str_t *text, const mmd_value_t *classes) {
  const size_t count = mmd_array_size(classes);
  if (!count) return NULL;
  mmd_str_t names = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count && i < FIRST_CLASSES && !status; ++i) {
    status = mmd_str_printf(&names, "%s%s", i ? ", " : "",
                            mmd_value_get_string(mmd_array_at(classes, i), "?"));
  }
  if (!status) {
    status = mmd_inspect_row(text, "classes", "%zu: %s%s", count, mmd_str_text(&names),
                             count > FIRST_CLASSES ? ", ..." : "");
  }
  mmd_str_deinit(&names);
  return status;
}
