// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "value/json.h"

typedef struct {
  mmd_str_t *out;
  int indent;
  int depth;
} writer_t;

static mmd_status_t write_value(writer_t *w, const mmd_value_t *value);

// Bytes that stand for themselves inside quotes.
static size_t plain_run(const char *text, size_t size) {
  size_t i = 0;
  while (i < size) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20 || c == '"' || c == '\\') break;
    size_t n = c < 0x80 ? 1 : mmd_utf8_sequence(text + i, size - i);
    if (n == 0) break;
    i += n;
  }
  return i;
}

static mmd_status_t write_special(mmd_str_t *out, unsigned char c) {
  static const char bytes[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
  const char *known = c ? strchr(bytes, c) : NULL;
  if (known) return mmd_str_printf(out, "\\%c", names[known - bytes]);
  if (c < 0x20) return mmd_str_printf(out, "\\u%04x", c);
  return mmd_str_append(out, "\xEF\xBF\xBD");
}

static mmd_status_t write_text(mmd_str_t *out, const char *text, size_t size) {
  MMD_TRY(mmd_str_append_char(out, '"'));
  while (size > 0) {
    size_t run = plain_run(text, size);
    MMD_TRY(mmd_str_append_n(out, text, run));
    text += run;
    size -= run;
    if (size == 0) break;
    MMD_TRY(write_special(out, (unsigned char)*text));
    ++text;
    --size;
  }
  return mmd_str_append_char(out, '"');
}

static mmd_status_t write_base64(mmd_str_t *out, const uint8_t *data, size_t size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  MMD_TRY(mmd_str_append_char(out, '"'));
  for (size_t i = 0; i < size; i += 3) {
    size_t n = size - i < 3 ? size - i : 3;
    uint32_t bits = (uint32_t)data[i] << 16;
    if (n > 1) bits |= (uint32_t)data[i + 1] << 8;
    if (n > 2) bits |= data[i + 2];
    char group[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                     n > 1 ? digits[bits >> 6 & 63] : '=', n > 2 ? digits[bits & 63] : '='};
    MMD_TRY(mmd_str_append_n(out, group, 4));
  }
  return mmd_str_append_char(out, '"');
}

static mmd_status_t write_number(mmd_str_t *out, double number) {
  char text[32];
  mmd_format_double(number, text);
  if (isfinite(number)) return mmd_str_append(out, text);
  return mmd_str_printf(out, "\"%s\"", text);
}

// Before an item, or before the closing bracket.
static mmd_status_t write_break(writer_t *w, bool first, bool close) {
  if (w->indent <= 0) return first || close ? NULL : mmd_str_append(w->out, ", ");
  if (!first && !close) MMD_TRY(mmd_str_append_char(w->out, ','));
  MMD_TRY(mmd_str_append_char(w->out, '\n'));
  int spaces = w->indent * (w->depth - close);
  for (; spaces > 0; spaces -= 16) {
    MMD_TRY(mmd_str_append_n(w->out, "                ", spaces < 16 ? (size_t)spaces : 16));
  }
  return NULL;
}

static int kind_rank(const mmd_value_t *value) {
  if (mmd_value_is_number(value)) return 1;
  return mmd_value_kind(value) == MMD_VALUE_STRING ? 2 : 3;
}

static int compare_items(const void *a, const void *b) {
  const mmd_value_t *x = *(mmd_value_t *const *)a, *y = *(mmd_value_t *const *)b;
  int rank = kind_rank(x) - kind_rank(y);
  if (rank != 0) return rank;
  double p = mmd_value_get_float(x, 0), q = mmd_value_get_float(y, 0);
  if (p != q) return p < q ? -1 : 1;
  return strcmp(mmd_value_get_string(x, ""), mmd_value_get_string(y, ""));
}

static mmd_status_t write_items(writer_t *w, mmd_value_t *const *items, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(write_break(w, i == 0, false));
    MMD_TRY(write_value(w, items[i]));
  }
  return NULL;
}

static mmd_status_t write_array_items(writer_t *w, const mmd_value_t *array) {
  size_t count = mmd_array_size(array);
  if (mmd_array_flavour(array) != MMD_ARRAY_SET) {
    for (size_t i = 0; i < count; ++i) {
      MMD_TRY(write_break(w, i == 0, false));
      MMD_TRY(write_value(w, mmd_array_at(array, i)));
    }
    return NULL;
  }
  mmd_value_t **sorted = mmd_alloc_array(count, sizeof *sorted);
  MMD_TRY_ALLOC(sorted);
  for (size_t i = 0; i < count; ++i) sorted[i] = mmd_array_at(array, i);
  qsort(sorted, count, sizeof *sorted, compare_items);
  mmd_status_t status = write_items(w, sorted, count);
  mmd_free(sorted);
  return status;
}

static mmd_status_t write_members(writer_t *w, const mmd_value_t *object) {
  for (size_t i = 0; i < mmd_object_size(object); ++i) {
    const char *key = mmd_object_key_at(object, i);
    MMD_TRY(write_break(w, i == 0, false));
    MMD_TRY(write_text(w->out, key, strlen(key)));
    MMD_TRY(mmd_str_append(w->out, ": "));
    MMD_TRY(write_value(w, mmd_object_value_at(object, i)));
  }
  return NULL;
}

static mmd_status_t write_container(writer_t *w, const mmd_value_t *value) {
  bool list = mmd_value_kind(value) == MMD_VALUE_ARRAY;
  if ((list ? mmd_array_size(value) : mmd_object_size(value)) == 0) {
    return mmd_str_append(w->out, list ? "[]" : "{}");
  }
  if (w->depth >= MMD_JSON_MAX_DEPTH) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "a value is nested deeper than %d and cannot become JSON",
                     MMD_JSON_MAX_DEPTH);
  }
  MMD_TRY(mmd_str_append_char(w->out, list ? '[' : '{'));
  ++w->depth;
  MMD_TRY(list ? write_array_items(w, value) : write_members(w, value));
  MMD_TRY(write_break(w, false, true));
  --w->depth;
  return mmd_str_append_char(w->out, list ? ']' : '}');
}

static mmd_status_t write_summary(mmd_str_t *out, mmd_dtype_t dtype, const int64_t *dims,
                                  int rank) {
  MMD_TRY(mmd_str_printf(out, "{\"dtype\": \"%s\", \"shape\": [", mmd_dtype_name(dtype)));
  for (int i = 0; i < rank; ++i) {
    MMD_TRY(mmd_str_printf(out, "%s%lld", i ? ", " : "", (long long)dims[i]));
  }
  return mmd_str_append(out, "]}");
}

static mmd_status_t write_any(mmd_str_t *out, const mmd_value_t *value) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(value);
  const mmd_image_t *image = mmd_value_get_image(value);
  if (tensor) return write_summary(out, tensor->dtype, tensor->shape.dims, tensor->shape.rank);
  if (image) {
    const int64_t dims[3] = {image->height, image->width, mmd_pixel_channels(image->format)};
    return write_summary(out, image->dtype, dims, 3);
  }
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_printf(&text, "<%s>", mmd_value_any_tag(value));
  if (!status) status = write_text(out, mmd_str_text(&text), text.size);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t write_value(writer_t *w, const mmd_value_t *value) {
  size_t size;
  switch (mmd_value_kind(value)) {
    case MMD_VALUE_NULL:
      return mmd_str_append(w->out, "null");
    case MMD_VALUE_BOOL:
      return mmd_str_append(w->out, mmd_value_get_bool(value, false) ? "true" : "false");
    case MMD_VALUE_INT:
      return mmd_str_printf(w->out, "%lld", (long long)mmd_value_get_int(value, 0));
    case MMD_VALUE_FLOAT:
      return write_number(w->out, mmd_value_get_float(value, 0));
    case MMD_VALUE_STRING: {
      const char *text = mmd_value_get_string_n(value, &size);
      return write_text(w->out, text, size);
    }
    case MMD_VALUE_BYTES: {
      const void *data = mmd_value_get_bytes(value, &size);
      return write_base64(w->out, data, size);
    }
    case MMD_VALUE_ARRAY:
    case MMD_VALUE_OBJECT:
      return write_container(w, value);
    default:
      return write_any(w->out, value);
  }
}

mmd_status_t mmd_json_write(const mmd_value_t *value, int indent, mmd_str_t *out_text) {
  writer_t writer = {.out = out_text, .indent = indent > 16 ? 16 : indent};
  return write_value(&writer, value);
}

mmd_status_t mmd_json_format(const mmd_value_t *value, int indent, char **out_text) {
  *out_text = NULL;
  mmd_str_t text = {0};
  mmd_status_t status = mmd_json_write(value, indent, &text);
  if (!status) {
    *out_text = mmd_str_take(&text);
    if (!*out_text) status = mmd_status_no_memory();
  }
  mmd_str_deinit(&text);
  return status;
}

mmd_status_t mmd_json_write_file(const mmd_value_t *value, int indent, const char *path) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_json_write(value, indent, &text);
  if (!status) status = mmd_str_append_char(&text, '\n');
  if (!status) status = mmd_file_write(path, mmd_str_text(&text), text.size);
  mmd_str_deinit(&text);
  return status;
}
