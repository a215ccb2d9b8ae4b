// SPDX-License-Identifier: Apache-2.0
//
// Methods of strings, str.format and the % operator.
#include <string.h>

#include "formats/pyconfig/eval.h"
#include "formats/pyconfig/method.h"

#define ANY 100000u
typedef const mmd_pycall_t call_t;

static mmd_status_t give_text(mmd_pyctx_t *ctx, mmd_status_t status, mmd_str_t *text,
                              mmd_pyobj_t **out) {
  if (!status) status = mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(text), text->size), out);
  mmd_str_deinit(text);
  return status;
}

static mmd_status_t need_text(mmd_pyctx_t *ctx, const mmd_pyobj_t *object) {
  return object->kind == MMD_PY_STR
             ? NULL
             : mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "a string is needed here, not '%s'",
                            mmd_py_kind_name(object));
}

// str(object), or repr(object) by the conversion 'r'.
static mmd_status_t as_text(mmd_pyctx_t *ctx, mmd_pyobj_t *object, char conversion,
                            mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  mmd_status_t status = conversion == 'r' ? mmd_py_write_repr(ctx, object, &text)
                                          : mmd_py_write_str(ctx, object, &text);
  return give_text(ctx, status, &text, out);
}

// --- str.format ----------------------------------------------------------------------------------

typedef struct fields_t {
  mmd_pyctx_t *ctx;
  call_t *call;
  size_t next;  // automatic numbering
} fields_t;

static mmd_status_t follow(mmd_pyctx_t *ctx, const char *at, const char *end, mmd_pyobj_t **inout) {
  while (at < end) {
    const char *stop = at + 1, *close = *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;
    mmd_pyobj_t *key;
    int64_t index;
    if (*at == '[' && !close) break;
    if (!close) {
      while (stop < end && *stop != '.' && *stop != '[') ++stop;
    }
    const size_t size = (size_t)((close ? close : stop) - at - 1);
    MMD_TRY(mmd_py_give(close && mmd_parse_i64(at + 1, size, &index)
                            ? mmd_py_int(ctx, index)
                            : mmd_py_str_n(ctx, at + 1, size),
                        &key));
    MMD_TRY(close ? mmd_py_get_index(ctx, *inout, key, inout)
                  : mmd_py_get_attribute(ctx, *inout, key, inout));
    at = close ? close + 1 : stop;
  }
  return at == end ? NULL : mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "format(): ']' is missing");
}

static mmd_status_t find_field(fields_t *fields, const char *at, const char *end,
                               mmd_pyobj_t **out) {
  const char *stop = at;
  int64_t number;
  *out = NULL;
  while (stop < end && *stop != '.' && *stop != '[') ++stop;
  const size_t size = (size_t)(stop - at);
  if (size == 0) number = (int64_t)fields->next++;
  if (size == 0 || mmd_parse_i64(at, size, &number)) {
    if (number >= 0 && (uint64_t)number < fields->call->count) *out = fields->call->args[number];
  } else if (fields->call->keywords) {
    mmd_pyobj_t *name;
    MMD_TRY(mmd_py_give(mmd_py_str_n(fields->ctx, at, size), &name));
    MMD_TRY(mmd_pydict_find(fields->ctx, fields->call->keywords, name, out));
  }
  if (!*out)
    return mmd_py_error(fields->ctx, MMD_INVALID_ARGUMENT, "format(): no value for '{%.*s}'",
                        (int)(size > 40 ? 40 : size), at);
  return follow(fields->ctx, stop, end, out);
}

static mmd_status_t append_field(fields_t *fields, const char *at, const char *end,
                                 mmd_str_t *out) {
  const char *colon = memchr(at, ':', (size_t)(end - at)), *name_end = colon ? colon : end;
  const bool converts =
      name_end - at >= 2 && name_end[-2] == '!' && (name_end[-1] == 'r' || name_end[-1] == 's');
  const char conversion = converts ? name_end[-1] : '\0';
  mmd_pyobj_t *value;
  MMD_TRY(find_field(fields, at, converts ? name_end - 2 : name_end, &value));
  if (conversion) MMD_TRY(as_text(fields->ctx, value, conversion, &value));
  return mmd_py_format(fields->ctx, value, colon ? colon + 1 : "",
                       colon ? (size_t)(end - colon - 1) : 0, out);
}

static mmd_status_t format_into(fields_t *fields, const mmd_pyobj_t *text, mmd_str_t *out) {
  const char *at = text->u.str.data, *end = at + text->u.str.size;
  while (at < end) {
    const bool twice = (*at == '{' || *at == '}') && at + 1 < end && at[1] == *at;
    if ((*at != '{' && *at != '}') || twice) {
      MMD_TRY(mmd_str_append_char(out, *at));
      at += twice ? 2 : 1;
      continue;
    }
    const char *close = memchr(at, '}', (size_t)(end - at));
    if (*at == '}' || !close || memchr(at + 1, '{', (size_t)(close - at - 1))) {
      return mmd_py_error(fields->ctx, MMD_INVALID_ARGUMENT, "format(): braces do not match");
    }
    MMD_TRY(append_field(fields, at + 1, close, out));
    at = close + 1;
  }
  return NULL;
}

static mmd_status_t text_format(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  fields_t fields = {ctx, call, 0};
  return give_text(ctx, format_into(&fields, call->self, &text), &text, out);
}

// --- % -------------------------------------------------------------------------------------------

static mmd_status_t percent_value(mmd_pyctx_t *ctx, mmd_pyobj_t *arguments, const char *name,
                                  size_t name_size, size_t *next, mmd_pyobj_t **out) {
  if (name) {
    mmd_pyobj_t *key;
    MMD_TRY(mmd_py_give(mmd_py_str_n(ctx, name, name_size), &key));
    return mmd_py_get_index(ctx, arguments, key, out);
  }
  const size_t count = arguments->kind == MMD_PY_TUPLE ? arguments->u.list.count : 1;
  if (*next >= count)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "too few values for the format");
  *out = arguments->kind == MMD_PY_TUPLE ? arguments->u.list.items[*next] : arguments;
  ++*next;
  return NULL;
}

// %s and %r: flags of numbers say nothing of a text, which stands to the right.
static mmd_status_t format_text(mmd_pyctx_t *ctx, mmd_pyobj_t *text, bool left, const char *flags,
                                size_t size, mmd_str_t *out) {
  char spec[64];
  size_t n = 0;
  while (size && strchr("+ #0", *flags)) ++flags, --size;
  spec[n++] = left ? '<' : '>';
  memcpy(spec + n, flags, size);
  n += size;
  return mmd_py_format(ctx, text, spec, n, out);
}

// One conversion: "%" is taken; turns "%-5.2f" to the mini-language's "<5.2f".
static mmd_status_t percent_one(mmd_pyctx_t *ctx, const char **at, const char *end,
                                mmd_pyobj_t *arguments, size_t *next, mmd_str_t *out) {
  char spec[64] = "";
  size_t n = 0, name_size = 0;
  bool left = false;
  const char *name = NULL;
  mmd_pyobj_t *value;
  if (*at < end && **at == '(') {
    const char *close = memchr(*at, ')', (size_t)(end - *at));
    if (!close) return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "bad %% format");
    name = *at + 1;
    name_size = (size_t)(close - name);
    *at = close + 1;
  }
  if (*at < end && **at == '-') {
    left = true;
    ++*at;
  }
  while (*at < end && strchr("+ #0123456789.", **at) && n < sizeof spec - 4) spec[n++] = *(*at)++;
  if (*at == end) return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "bad %% format");
  const char type = *(*at)++;
  MMD_TRY(percent_value(ctx, arguments, name, name_size, next, &value));
  if (type == 'r' || type == 's') {
    MMD_TRY(as_text(ctx, value, type, &value));
    return format_text(ctx, value, left, spec, n, out);
  }
  if ((type == 'd' || type == 'i') && value->kind == MMD_PY_FLOAT) {
    const mmd_pycall_t convert = {NULL, &value, 1, NULL};
    MMD_TRY(mmd_py_find_builtin("int")->call(ctx, &convert, &value));
  }
  if (left) {
    memmove(spec + 1, spec, n++);
    *spec = '<';
  }
  spec[n++] = type == 'i' ? 'd' : type;
  return mmd_py_format(ctx, value, spec, n, out);
}

static mmd_status_t percent_into(mmd_pyctx_t *ctx, const mmd_pyobj_t *text, mmd_pyobj_t *arguments,
                                 mmd_str_t *out) {
  const char *at = text->u.str.data, *end = at + text->u.str.size;
  size_t next = 0;
  while (at < end) {
    const char c = *at++;
    if (c != '%' || (at < end && *at == '%')) {
      MMD_TRY(mmd_str_append_char(out, c));
      at += c == '%';
    } else {
      MMD_TRY(percent_one(ctx, &at, end, arguments, &next, out));
    }
  }
  if (arguments->kind == MMD_PY_TUPLE && next < arguments->u.list.count)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "too many values for the format");
  return NULL;
}

mmd_status_t mmd_py_percent(mmd_pyctx_t *ctx, mmd_pyobj_t *text, mmd_pyobj_t *arguments,
                            mmd_pyobj_t **out) {
  mmd_str_t result = {0};
  return give_text(ctx, percent_into(ctx, text, arguments, &result), &result, out);
}

// --- other methods -------------------------------------------------------------------------------

static mmd_status_t text_join(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
  for (size_t i = 0; i < items->u.list.count && !status; ++i) {
    const mmd_pyobj_t *item = items->u.list.items[i];
    status = need_text(ctx, item);
    if (!status && text.size > ctx->arena.limit_bytes) status = mmd_status_no_memory();
    if (!status && i)
      status = mmd_str_append_n(&text, call->self->u.str.data, call->self->u.str.size);
    if (!status) status = mmd_str_append_n(&text, item->u.str.data, item->u.str.size);
  }
  return give_text(ctx, status, &text, out);
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static mmd_status_t split_blanks(mmd_pyctx_t *ctx, const mmd_pyobj_t *text, int64_t limit,
                                 mmd_pyobj_t *list) {
  const char *at = text->u.str.data, *end = at + text->u.str.size;
  for (;;) {
    while (at < end && is_space(*at)) ++at;
    if (at == end) return NULL;
    const char *start = at;
    if (limit-- == 0) at = end;  // the rest
    while (at < end && !is_space(*at)) ++at;
    MMD_TRY(mmd_pylist_append(ctx, list, mmd_py_str_n(ctx, start, (size_t)(at - start))));
  }
}

static const char *find_text(const char *at, const char *end, const mmd_pyobj_t *part) {
  const size_t size = part->u.str.size;
  for (; (size_t)(end - at) >= size; ++at) {
    if (memcmp(at, part->u.str.data, size) == 0) return at;
    if (at == end) break;
  }
  return NULL;
}

static mmd_status_t text_split(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  int64_t limit = call->count == 2 && mmd_py_is_int(call->args[1]) ? call->args[1]->u.integer : -1;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), out));
  if (call->count == 0 || call->args[0]->kind == MMD_PY_NONE)
    return split_blanks(ctx, call->self, limit, *out);
  MMD_TRY(need_text(ctx, call->args[0]));
  if (call->args[0]->u.str.size == 0)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "split() by an empty string");
  const char *at = call->self->u.str.data, *end = at + call->self->u.str.size;
  for (const char *found; limit-- != 0 && (found = find_text(at, end, call->args[0]));
       at = found + call->args[0]->u.str.size) {
    MMD_TRY(mmd_pylist_append(ctx, *out, mmd_py_str_n(ctx, at, (size_t)(found - at))));
  }
  return mmd_pylist_append(ctx, *out, mmd_py_str_n(ctx, at, (size_t)(end - at)));
}

static mmd_status_t text_replace(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(need_text(ctx, call->args[0]));
  MMD_TRY(need_text(ctx, call->args[1]));
  const mmd_pyobj_t *old = call->args[0], *new = call->args[1];
  if (old->u.str.size == 0)
    return mmd_py_error(ctx, MMD_NOT_SUPPORTED, "replace() of an empty string");
  const char *at = call->self->u.str.data, *end = at + call->self->u.str.size;
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (const char *found; !status && (found = find_text(at, end, old));
       at = found + old->u.str.size) {
    status = text.size > ctx->arena.limit_bytes ? mmd_status_no_memory()
                                                : mmd_str_append_n(&text, at, (size_t)(found - at));
    if (!status) status = mmd_str_append_n(&text, new->u.str.data, new->u.str.size);
  }
  if (!status) status = mmd_str_append_n(&text, at, (size_t)(end - at));
  return give_text(ctx, status, &text, out);
}

static mmd_status_t text_affix(mmd_pyctx_t *ctx, call_t *call, bool start, mmd_pyobj_t **out) {
  const mmd_pyobj_t *self = call->self, *one = call->args[0];
  const size_t count = one->kind == MMD_PY_TUPLE ? one->u.list.count : 1;
  bool result = false;
  for (size_t i = 0; i < count; ++i) {
    const mmd_pyobj_t *part = one->kind == MMD_PY_TUPLE ? one->u.list.items[i] : one;
    MMD_TRY(need_text(ctx, part));
    const size_t size = part->u.str.size;
    if (size > self->u.str.size) continue;
    result |= memcmp(start ? self->u.str.data : self->u.str.data + self->u.str.size - size,
                     part->u.str.data, size) == 0;
  }
  return mmd_py_give(mmd_py_bool(ctx, result), out);
}
static mmd_status_t text_startswith(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return text_affix(ctx, call, true, out);
}
static mmd_status_t text_endswith(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return text_affix(ctx, call, false, out);
}

static mmd_status_t strip(mmd_pyctx_t *ctx, call_t *call, bool left, bool right,
                          mmd_pyobj_t **out) {
  const char *set = " \t\n\r\f\v";
  if (call->count) MMD_TRY(need_text(ctx, call->args[0]));
  if (call->count) set = call->args[0]->u.str.data;
  if (call->count) MMD_TRY(mmd_py_need_ascii(ctx, call->args[0], "strip"));
  const char *at = call->self->u.str.data, *end = at + call->self->u.str.size;
  while (left && at < end && *at && strchr(set, *at)) ++at;
  while (right && end > at && end[-1] && strchr(set, end[-1])) --end;
  return mmd_py_give(mmd_py_str_n(ctx, at, (size_t)(end - at)), out);
}
static mmd_status_t text_strip(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return strip(ctx, call, true, true, out);
}
static mmd_status_t text_lstrip(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return strip(ctx, call, true, false, out);
}
static mmd_status_t text_rstrip(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return strip(ctx, call, false, true, out);
}

typedef enum case_t { LOWER, UPPER, CAPITAL, TITLE } case_t;

static mmd_status_t change_case(mmd_pyctx_t *ctx, const mmd_pyobj_t *text, case_t how,
                                mmd_pyobj_t **out) {
  MMD_TRY(mmd_py_need_caseless(ctx, text, how == LOWER ? "lower" : "upper"));
  MMD_TRY(mmd_py_give(mmd_py_str_n(ctx, text->u.str.data, text->u.str.size), out));
  char *data = (char *)(*out)->u.str.data;
  bool first = true;
  for (size_t i = 0; i < text->u.str.size; ++i) {
    const bool upper = how == UPPER || (first && how != LOWER);
    const bool letter = (data[i] >= 'a' && data[i] <= 'z') || (data[i] >= 'A' && data[i] <= 'Z');
    if (letter) data[i] = (char)(upper ? data[i] & ~0x20 : data[i] | 0x20);
    first = how == TITLE ? !letter : false;
  }
  return NULL;
}
static mmd_status_t text_lower(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return change_case(ctx, call->self, LOWER, out);
}
static mmd_status_t text_upper(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return change_case(ctx, call->self, UPPER, out);
}
static mmd_status_t text_capitalize(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return change_case(ctx, call->self, CAPITAL, out);
}
static mmd_status_t text_title(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return change_case(ctx, call->self, TITLE, out);
}

static mmd_status_t text_isdigit(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const mmd_pyobj_t *self = call->self;
  return mmd_py_give(mmd_py_bool(ctx, self->u.str.size && strspn(self->u.str.data, "0123456789") ==
                                                              self->u.str.size),
                     out);
}

static mmd_status_t text_find(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(need_text(ctx, call->args[0]));
  const char *start = call->self->u.str.data,
             *found = find_text(start, start + call->self->u.str.size, call->args[0]);
  const int64_t at = found ? (int64_t)mmd_utf8_count(start, (size_t)(found - start)) : -1;
  return mmd_py_give(mmd_py_int(ctx, at), out);
}

static mmd_status_t text_count(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(need_text(ctx, call->args[0]));
  int64_t count = 0;
  const char *at = call->self->u.str.data, *end = at + call->self->u.str.size;
  if (call->args[0]->u.str.size == 0)
    return mmd_py_error(ctx, MMD_NOT_SUPPORTED, "count() of an empty string");
  for (const char *found; (found = find_text(at, end, call->args[0]));
       at = found + call->args[0]->u.str.size)
    ++count;
  return mmd_py_give(mmd_py_int(ctx, count), out);
}

static mmd_status_t text_splitlines(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *at = call->self->u.str.data, *end = at + call->self->u.str.size;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), out));
  while (at < end) {
    const char *stop = at;
    while (stop < end && *stop != '\n' && *stop != '\r') ++stop;
    MMD_TRY(mmd_pylist_append(ctx, *out, mmd_py_str_n(ctx, at, (size_t)(stop - at))));
    if (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n') ++stop;
    at = stop < end ? stop + 1 : end;
  }
  return NULL;
}

static mmd_status_t text_zfill(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  if (!mmd_py_is_int(call->args[0]) || call->args[0]->u.integer > 10000)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "zfill() needs a small int");
  const char *self = call->self->u.str.data;
  const bool sign = *self == '-' || *self == '+';
  mmd_status_t status = sign ? mmd_str_append_char(&text, *self) : NULL;
  for (int64_t i = (int64_t)mmd_py_length(call->self); i < call->args[0]->u.integer && !status; ++i)
    status = mmd_str_append_char(&text, '0');
  if (!status) status = mmd_str_append(&text, self + sign);
  return give_text(ctx, status, &text, out);
}

static const mmd_pybuiltin_t methods[] = {
    {"format", text_format, 0, ANY, true},
    {"join", text_join, 1, 1, false},
    {"split", text_split, 0, 2, false},
    {"replace", text_replace, 2, 2, false},
    {"startswith", text_startswith, 1, 1, false},
    {"endswith", text_endswith, 1, 1, false},
    {"strip", text_strip, 0, 1, false},
    {"lstrip", text_lstrip, 0, 1, false},
    {"rstrip", text_rstrip, 0, 1, false},
    {"lower", text_lower, 0, 0, false},
    {"upper", text_upper, 0, 0, false},
    {"capitalize", text_capitalize, 0, 0, false},
    {"title", text_title, 0, 0, false},
    {"isdigit", text_isdigit, 0, 0, false},
    {"find", text_find, 1, 1, false},
    {"count", text_count, 1, 1, false},
    {"splitlines", text_splitlines, 0, 0, false},
    {"zfill", text_zfill, 1, 1, false},
};

const mmd_pybuiltin_t *mmd_py_find_text_method(const char *name) {
  for (size_t i = 0; i < sizeof methods / sizeof *methods; ++i) {
    if (strcmp(methods[i].name, name) == 0) return &methods[i];
  }
  return mmd_py_find_word_method(name);
}
