// SPDX-License-Identifier: Apache-2.0
//
// str(), repr() and the format mini-language.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/pyconfig/object.h"

mmd_status_t mmd_py_repr_text(const char *text, size_t size, bool bytes, mmd_str_t *out) {
  const bool single = memchr(text, '\'', size) != NULL, twice = memchr(text, '"', size) != NULL;
  const char quote = single && !twice ? '"' : '\'';
  if (bytes) MMD_TRY(mmd_str_append_char(out, 'b'));
  MMD_TRY(mmd_str_append_char(out, quote));
  for (size_t i = 0; i < size; ++i) {
    const unsigned char c = (unsigned char)text[i];
    if (c == (unsigned char)quote || c == '\\')
      MMD_TRY(mmd_str_printf(out, "\\%c", c));
    else if (c == '\n')
      MMD_TRY(mmd_str_append(out, "\\n"));
    else if (c == '\r')
      MMD_TRY(mmd_str_append(out, "\\r"));
    else if (c == '\t')
      MMD_TRY(mmd_str_append(out, "\\t"));
    else if (c < 0x20 || c == 0x7f || (bytes && c >= 0x80))
      MMD_TRY(mmd_str_printf(out, "\\x%02x", c));
    else
      MMD_TRY(mmd_str_append_char(out, (char)c));
  }
  return mmd_str_append_char(out, quote);
}

static mmd_status_t write_list(mmd_pyctx_t *ctx, mmd_pyobj_t *list, mmd_str_t *out) {
  const bool tuple = list->kind == MMD_PY_TUPLE;
  MMD_TRY(mmd_str_append_char(out, tuple ? '(' : '['));
  for (size_t i = 0; i < list->u.list.count; ++i) {
    if (i) MMD_TRY(mmd_str_append(out, ", "));
    MMD_TRY(mmd_py_write_repr(ctx, list->u.list.items[i], out));
  }
  if (tuple && list->u.list.count == 1) MMD_TRY(mmd_str_append_char(out, ','));
  return mmd_str_append_char(out, tuple ? ')' : ']');
}

static mmd_status_t write_dict(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_str_t *out) {
  if (dict->kind == MMD_PY_SET && dict->u.dict.count == 0) return mmd_str_append(out, "set()");
  size_t index = 0;
  bool first = true;
  MMD_TRY(mmd_str_append_char(out, '{'));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(dict, &index)); first = false) {
    if (!first) MMD_TRY(mmd_str_append(out, ", "));
    MMD_TRY(mmd_py_write_repr(ctx, e->key, out));
    if (dict->kind == MMD_PY_SET) continue;
    MMD_TRY(mmd_str_append(out, ": "));
    MMD_TRY(mmd_py_write_repr(ctx, e->value, out));
  }
  return mmd_str_append_char(out, '}');
}

static mmd_status_t write_container(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_str_t *out) {
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  if (out->size > ctx->arena.limit_bytes) return mmd_status_no_memory();
  MMD_TRY(mmd_py_enter(ctx));
  MMD_TRY(mmd_py_is_sequence(object) ? write_list(ctx, object, out) : write_dict(ctx, object, out));
  mmd_py_leave(ctx);
  return NULL;
}

static mmd_status_t write_range(const mmd_pyobj_t *range, mmd_str_t *out) {
  const int64_t start = range->u.range.start, step = range->u.range.step,
                stop = start + (int64_t)range->u.range.count * step;
  MMD_TRY(mmd_str_printf(out, "range(%lld, %lld", (long long)start, (long long)stop));
  if (step != 1) MMD_TRY(mmd_str_printf(out, ", %lld", (long long)step));
  return mmd_str_append_char(out, ')');
}

mmd_status_t mmd_py_write_repr(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_str_t *out) {
  char number[32];
  switch (object->kind) {
    case MMD_PY_NONE:
      return mmd_str_append(out, "None");
    case MMD_PY_BOOL:
      return mmd_str_append(out, object->u.integer ? "True" : "False");
    case MMD_PY_INT:
      return mmd_str_printf(out, "%lld", (long long)object->u.integer);
    case MMD_PY_FLOAT:
      mmd_format_double(object->u.number, number);
      return mmd_str_append(out, number);
    case MMD_PY_STR:
    case MMD_PY_BYTES:
      return mmd_py_repr_text(object->u.str.data, object->u.str.size, object->kind == MMD_PY_BYTES,
                              out);
    case MMD_PY_LIST:
    case MMD_PY_TUPLE:
    case MMD_PY_SET:
    case MMD_PY_DICT:
      return write_container(ctx, object, out);
    case MMD_PY_SYMBOL:
      return mmd_str_append_n(out, object->u.str.data, object->u.str.size);
    case MMD_PY_BUILTIN:
      return mmd_str_append(out, object->u.builtin.def->name);
    case MMD_PY_MODULE:
      return mmd_str_append(out, object->u.module->name);
    case MMD_PY_ELLIPSIS:
      return mmd_str_append(out, "Ellipsis");
    case MMD_PY_RANGE:
      return write_range(object, out);
    default:
      return mmd_str_append(out, "function");
  }
}

mmd_status_t mmd_py_write_str(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_str_t *out) {
  if (object->kind == MMD_PY_STR)
    return mmd_str_append_n(out, object->u.str.data, object->u.str.size);
  return mmd_py_write_repr(ctx, object, out);
}

// --- format() ------------------------------------------------------------------------------------

typedef struct spec_t {
  const char *fill;  // one character
  size_t fill_size;
  char align, sign, grouping, type;
  bool alternate;
  size_t width;
  int precision;  // -1: none
} spec_t;

static bool is_align(char c) {
  return c == '<' || c == '>' || c == '=' || c == '^';
}

static bool take_size(const char **at, const char *end, size_t *out) {
  size_t value = 0;
  while (*at < end && **at >= '0' && **at <= '9' && value < 100000)
    value = value * 10 + (size_t)(*(*at)++ - '0');
  *out = value;
  return value < 100000;
}

static bool parse_spec(const char *at, const char *end, spec_t *spec) {
  bool filled = false;
  *spec = (spec_t){.fill = " ", .fill_size = 1, .precision = -1};
  const size_t first = at < end ? mmd_utf8_sequence(at, (size_t)(end - at)) : 0;
  if (first && at + first < end && is_align(at[first])) {
    spec->fill = at;
    spec->fill_size = first;
    filled = true;
    spec->align = at[first];
    at += first + 1;
  } else if (at < end && is_align(*at)) {
    spec->align = *at++;
  }
  if (at < end && (*at == '+' || *at == '-' || *at == ' ')) spec->sign = *at++;
  if (at < end && *at == '#') {
    spec->alternate = true;
    ++at;
  }
  if (at < end && *at == '0') {
    if (!filled) spec->fill = "0";
    if (!spec->align) spec->align = '=';
    ++at;
  }
  if (!take_size(&at, end, &spec->width)) return false;
  if (at < end && (*at == ',' || *at == '_')) spec->grouping = *at++;
  if (at < end && *at == '.') {
    size_t precision;
    const char *start = ++at;
    if (!take_size(&at, end, &precision) || at == start || precision > 1000) return false;
    spec->precision = (int)precision;
  }
  if (at < end) spec->type = *at++;
  return at == end;
}

mmd_status_t mmd_py_format_number(double number, char type, int precision, bool alternate,
                                  mmd_str_t *out) {
  char pattern[8] = "%";
  if (alternate) strcat(pattern, "#");
  strcat(pattern, ".*");
  const size_t n = strlen(pattern);
  pattern[n] = type;
  pattern[n + 1] = '\0';
  char text[1500];  // "%f" of the largest double with 1000 digits
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  const int size = snprintf(text, sizeof text, pattern, precision, number);
#pragma GCC diagnostic pop
  if (size < 0 || (size_t)size >= sizeof text)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "number is too long to print");
  for (int i = 0; i < size; ++i) {
    if (!strchr("0123456789+-eEinfatyINFATY", text[i])) text[i] = '.';  // the locale's point
  }
  return mmd_str_append_n(out, text, (size_t)size);
}

static mmd_status_t append_fill(const spec_t *spec, size_t count, mmd_str_t *out) {
  for (size_t i = 0; i < count; ++i) MMD_TRY(mmd_str_append_n(out, spec->fill, spec->fill_size));
  return NULL;
}

// |prefix| is the sign, which '=' puts before the filling.
static mmd_status_t append_padded(const spec_t *spec, char align, const char *prefix,
                                  const char *text, size_t size, mmd_str_t *out) {
  const size_t have = mmd_utf8_count(text, size) + strlen(prefix);
  const size_t missing = spec->width > have ? spec->width - have : 0;
  const size_t left = align == '<' || align == '=' ? 0 : align == '^' ? missing / 2 : missing;
  MMD_TRY(append_fill(spec, left, out));
  MMD_TRY(mmd_str_append(out, prefix));
  if (align == '=') MMD_TRY(append_fill(spec, missing, out));
  MMD_TRY(mmd_str_append_n(out, text, size));
  return append_fill(spec, align == '=' ? 0 : missing - left, out);
}

static mmd_status_t group_digits(const spec_t *spec, const char *text, mmd_str_t *out) {
  const size_t whole = strspn(text, "0123456789");
  for (size_t i = 0; i < whole; ++i) {
    if (i && (whole - i) % 3 == 0) MMD_TRY(mmd_str_append_char(out, spec->grouping));
    MMD_TRY(mmd_str_append_char(out, text[i]));
  }
  return mmd_str_append(out, text + whole);
}

static mmd_status_t magnitude_of_int(const spec_t *spec, uint64_t value, mmd_str_t *out) {
  char digits[65];
  size_t n = sizeof digits;
  const unsigned radix = spec->type == 'b'                        ? 2
                         : spec->type == 'o'                      ? 8
                         : spec->type == 'x' || spec->type == 'X' ? 16
                                                                  : 10;
  const char *alphabet = spec->type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  digits[--n] = '\0';
  do {
    digits[--n] = alphabet[value % radix];
  } while (value /= radix);
  if (spec->alternate && radix != 10) MMD_TRY(mmd_str_printf(out, "0%c", spec->type));
  return spec->grouping && radix == 10 ? group_digits(spec, digits + n, out)
                                       : mmd_str_append(out, digits + n);
}

static mmd_status_t magnitude_of_float(const spec_t *spec, double value, mmd_str_t *raw,
                                       mmd_str_t *out) {
  char repr[32];
  const double shown = spec->type == '%' ? value * 100 : value;
  if (!spec->type && spec->precision < 0) {
    mmd_format_double(shown, repr);
    MMD_TRY(mmd_str_append(raw, repr));
  } else {
    const char type = spec->type == '%' ? 'f' : !spec->type || spec->type == 'n' ? 'g' : spec->type;
    int precision = spec->precision < 0 ? 6 : spec->precision;
    if ((type == 'g' || type == 'G') && precision == 0) precision = 1;
    MMD_TRY(mmd_py_format_number(shown, type, precision, spec->alternate, raw));
    if (spec->type == '%') MMD_TRY(mmd_str_append_char(raw, '%'));
  }
  return spec->grouping ? group_digits(spec, mmd_str_text(raw), out)
                        : mmd_str_append(out, mmd_str_text(raw));
}

static mmd_status_t format_number(const mmd_pyobj_t *object, const spec_t *spec, mmd_str_t *out) {
  const bool as_int = object->kind != MMD_PY_FLOAT && (!spec->type || strchr("dbnoxX", spec->type));
  const double number = mmd_py_number(object);
  const bool negative = as_int ? object->u.integer < 0 : signbit(number) && !isnan(number);
  const char sign[2] = {negative                                 ? '-'
                        : spec->sign == '+' || spec->sign == ' ' ? spec->sign
                                                                 : '\0',
                        '\0'};
  mmd_str_t text = {0}, raw = {0};
  const uint64_t magnitude =
      as_int ? (negative ? 0 - (uint64_t)object->u.integer : (uint64_t)object->u.integer) : 0;
  mmd_status_t status = as_int ? magnitude_of_int(spec, magnitude, &text)
                               : magnitude_of_float(spec, fabs(number), &raw, &text);
  if (!status)
    status = append_padded(spec, spec->align ? spec->align : '>', sign, mmd_str_text(&text),
                           text.size, out);
  mmd_str_deinit(&raw);
  mmd_str_deinit(&text);
  return status;
}

static size_t first_characters(const char *text, size_t size, size_t count) {
  size_t at = 0;
  while (at < size) {
    if (((unsigned char)text[at] & 0xc0) != 0x80 && count-- == 0) break;
    ++at;
  }
  return at;
}

mmd_status_t mmd_py_format(mmd_pyctx_t *ctx, mmd_pyobj_t *object, const char *text, size_t size,
                           mmd_str_t *out) {
  spec_t spec;
  if (size == 0) return mmd_py_write_str(ctx, object, out);
  if (!parse_spec(text, text + size, &spec))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "bad format '%.*s'",
                        (int)(size > 40 ? 40 : size), text);
  if (spec.grouping && spec.align == '=' && *spec.fill == '0')
    return mmd_py_error(ctx, MMD_NOT_SUPPORTED, "format '%.*s': zeros before grouped digits",
                        (int)(size > 40 ? 40 : size), text);
  if (mmd_py_is_number(object) && (object->kind != MMD_PY_BOOL || spec.type)) {
    const char *known = object->kind == MMD_PY_FLOAT ? "eEfFgGn%" : "bdnoxXeEfFgG%";
    if (!spec.type || strchr(known, spec.type)) return format_number(object, &spec, out);
  } else if (object->kind == MMD_PY_STR && (!spec.type || spec.type == 's') && spec.align != '=') {
    const char *data = object->u.str.data;
    const size_t shown = spec.precision < 0
                             ? object->u.str.size
                             : first_characters(data, object->u.str.size, (size_t)spec.precision);
    return append_padded(&spec, spec.align ? spec.align : '<', "", data, shown, out);
  }
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "format '%.*s' does not fit '%s'",
                      (int)(size > 40 ? 40 : size), text, mmd_py_kind_name(object));
}
