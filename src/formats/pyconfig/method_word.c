// SPDX-License-Identifier: Apache-2.0
//
// More methods of strings: alignment, partitions, affixes and what kind of characters they hold.
#include <string.h>

#include "formats/pyconfig/eval.h"
#include "formats/pyconfig/method.h"

enum { MAX_WIDTH = 10000 };

typedef const mmd_pycall_t call_t;

size_t mmd_py_length(const mmd_pyobj_t *text) {
  return mmd_utf8_count(text->u.str.data, text->u.str.size);
}

mmd_status_t mmd_py_need_ascii(mmd_pyctx_t *ctx, const mmd_pyobj_t *text, const char *method) {
  for (size_t i = 0; i < text->u.str.size; ++i) {
    if ((unsigned char)text->u.str.data[i] >= 0x80)
      return mmd_py_error(ctx, MMD_NOT_SUPPORTED, "%s() of characters outside ASCII: '%.60s'",
                          method, text->u.str.data);
  }
  return NULL;
}

// The wide scripts of East Asia, U+2E80 to U+A4CF and U+AC00 to U+D7A3, have one case only. Their
// UTF-8 begins with E2 BA to EA 93, or EA B0 to ED 9E.
static bool is_east_asian(const unsigned char *at) {
  const unsigned lead = (unsigned)at[0] << 8 | at[1];
  return (lead >= 0xe2ba && lead <= 0xea92) || (lead >= 0xeab0 && lead <= 0xed9e);
}

mmd_status_t mmd_py_need_caseless(mmd_pyctx_t *ctx, const mmd_pyobj_t *text, const char *method) {
  const unsigned char *data = (const unsigned char *)text->u.str.data;
  for (size_t i = 0; i < text->u.str.size; ++i) {
    if (data[i] < 0xc0 || is_east_asian(data + i)) continue;  // ASCII, or inside a character
    return mmd_py_need_ascii(ctx, text, method);
  }
  return NULL;
}

static mmd_status_t need_text(mmd_pyctx_t *ctx, const mmd_pyobj_t *object) {
  if (object->kind == MMD_PY_STR) return NULL;
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "a string is needed here, not '%s'",
                      mmd_py_kind_name(object));
}

// --- alignment -----------------------------------------------------------------------------------

static mmd_status_t align(mmd_pyctx_t *ctx, call_t *call, char how, mmd_pyobj_t **out) {
  const mmd_pyobj_t *fill = call->count == 2 ? call->args[1] : NULL;
  if (!mmd_py_is_int(call->args[0]) || call->args[0]->u.integer > MAX_WIDTH)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "a width up to %d is needed here", MAX_WIDTH);
  if (fill) MMD_TRY(need_text(ctx, fill));
  if (fill && mmd_py_length(fill) != 1)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the filling must be one character");
  const int64_t have = (int64_t)mmd_py_length(call->self), width = call->args[0]->u.integer;
  const int64_t missing = width > have ? width - have : 0;
  // str.center puts an odd character to the left when the width is odd.
  const int64_t left = how == '<' ? 0 : how == '>' ? missing : missing / 2 + (missing & width & 1);
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (int64_t i = 0; !status && i <= missing; ++i) {
    if (i == left) status = mmd_str_append_n(&text, call->self->u.str.data, call->self->u.str.size);
    if (!status && i < missing) status = mmd_str_append(&text, fill ? fill->u.str.data : " ");
  }
  if (!status) status = mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(&text), text.size), out);
  mmd_str_deinit(&text);
  return status;
}
static mmd_status_t word_ljust(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return align(ctx, call, '<', out);
}
static mmd_status_t word_rjust(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return align(ctx, call, '>', out);
}
static mmd_status_t word_center(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return align(ctx, call, '^', out);
}

// --- pieces --------------------------------------------------------------------------------------

// Where |part| is in the first |size| bytes of |text|; NULL: nowhere.
static const char *find_first(const mmd_pyobj_t *text, size_t size, const mmd_pyobj_t *part) {
  const size_t n = part->u.str.size;
  for (size_t i = 0; i + n <= size; ++i) {
    if (memcmp(text->u.str.data + i, part->u.str.data, n) == 0) return text->u.str.data + i;
  }
  return NULL;
}
static const char *find_last(const mmd_pyobj_t *text, size_t size, const mmd_pyobj_t *part) {
  const size_t n = part->u.str.size;
  for (size_t i = size < n ? 0 : size - n + 1; i-- > 0;) {
    if (memcmp(text->u.str.data + i, part->u.str.data, n) == 0) return text->u.str.data + i;
  }
  return NULL;
}

static mmd_status_t need_part(mmd_pyctx_t *ctx, const mmd_pyobj_t *part) {
  MMD_TRY(need_text(ctx, part));
  if (part->u.str.size) return NULL;
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the separator is empty");
}

static mmd_status_t partition(mmd_pyctx_t *ctx, call_t *call, bool last, mmd_pyobj_t **out) {
  const mmd_pyobj_t *self = call->self, *part = call->args[0];
  MMD_TRY(need_part(ctx, part));
  const char *start = self->u.str.data, *end = start + self->u.str.size;
  const char *found = (last ? find_last : find_first)(self, self->u.str.size, part);
  const char *after = found ? found + part->u.str.size : last ? start : end;
  if (!found) found = after;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, 3), out));
  MMD_TRY(mmd_pylist_append(ctx, *out, mmd_py_str_n(ctx, start, (size_t)(found - start))));
  MMD_TRY(mmd_pylist_append(ctx, *out, mmd_py_str_n(ctx, found, (size_t)(after - found))));
  return mmd_pylist_append(ctx, *out, mmd_py_str_n(ctx, after, (size_t)(end - after)));
}
static mmd_status_t word_partition(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return partition(ctx, call, false, out);
}
static mmd_status_t word_rpartition(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return partition(ctx, call, true, out);
}

static mmd_status_t word_rsplit(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const mmd_pyobj_t *self = call->self, *part = call->args[0];
  mmd_pyobj_t *list;
  MMD_TRY(need_part(ctx, part));
  if (call->count == 2 && !mmd_py_is_int(call->args[1]))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "rsplit() needs an int as its limit");
  int64_t limit = call->count == 2 ? call->args[1]->u.integer : -1;
  const char *start = self->u.str.data;
  size_t size = self->u.str.size;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), &list));
  for (const char *found; limit-- != 0 && (found = find_last(self, size, part));
       size = (size_t)(found - start)) {
    const char *piece = found + part->u.str.size;
    MMD_TRY(mmd_pyctx_step(ctx, 1 + self->u.str.size / 64));
    MMD_TRY(mmd_pylist_append(ctx, list, mmd_py_str_n(ctx, piece, (size_t)(start + size - piece))));
  }
  MMD_TRY(mmd_pylist_append(ctx, list, mmd_py_str_n(ctx, start, size)));
  const mmd_pycall_t reverse = {NULL, &list, 1, NULL};
  return mmd_py_find_builtin("reversed")->call(ctx, &reverse, out);
}

static mmd_status_t position(mmd_pyctx_t *ctx, call_t *call, const char *found, mmd_pyobj_t **out) {
  const mmd_pyobj_t before = {
      .kind = MMD_PY_STR,
      .u.str = {call->self->u.str.data, found ? (size_t)(found - call->self->u.str.data) : 0, 0}};
  return mmd_py_give(mmd_py_int(ctx, found ? (int64_t)mmd_py_length(&before) : -1), out);
}
static mmd_status_t word_rfind(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(need_text(ctx, call->args[0]));
  return position(ctx, call, find_last(call->self, call->self->u.str.size, call->args[0]), out);
}
static mmd_status_t word_index(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(need_text(ctx, call->args[0]));
  const char *found = find_first(call->self, call->self->u.str.size, call->args[0]);
  if (!found) return mmd_py_error(ctx, MMD_NOT_FOUND, "the text is not in the string");
  return position(ctx, call, found, out);
}

static mmd_status_t without_affix(mmd_pyctx_t *ctx, call_t *call, bool front, mmd_pyobj_t **out) {
  const mmd_pyobj_t *self = call->self, *part = call->args[0];
  MMD_TRY(need_text(ctx, part));
  const size_t n = part->u.str.size, size = self->u.str.size;
  const char *data = self->u.str.data;
  const bool has = n <= size && memcmp(front ? data : data + size - n, part->u.str.data, n) == 0;
  return mmd_py_give(mmd_py_str_n(ctx, data + (has && front ? n : 0), size - (has ? n : 0)), out);
}
static mmd_status_t word_removeprefix(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return without_affix(ctx, call, true, out);
}
static mmd_status_t word_removesuffix(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return without_affix(ctx, call, false, out);
}

// --- kinds of characters -------------------------------------------------------------------------

enum { LOWER = 1, UPPER = 2, DIGIT = 4, SPACE = 8, OTHER = 16 };

static unsigned kind_of(char c) {
  if (c >= 'a' && c <= 'z') return LOWER;
  if (c >= 'A' && c <= 'Z') return UPPER;
  if (c >= '0' && c <= '9') return DIGIT;
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f) ? SPACE : OTHER;
}

// Whether the string has one of |some| and nothing but |all|.
static mmd_status_t consists(mmd_pyctx_t *ctx, call_t *call, unsigned some, unsigned all,
                             const char *method, mmd_pyobj_t **out) {
  unsigned seen = 0;
  MMD_TRY(mmd_py_need_ascii(ctx, call->self, method));
  for (size_t i = 0; i < call->self->u.str.size; ++i) seen |= kind_of(call->self->u.str.data[i]);
  return mmd_py_give(mmd_py_bool(ctx, (seen & some) && !(seen & ~all)), out);
}
#define CONSISTS(name, some, all)                                                      \
  static mmd_status_t word_##name(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) { \
    return consists(ctx, call, some, all, #name, out);                                 \
  }
CONSISTS(isalpha, LOWER | UPPER, LOWER | UPPER)
CONSISTS(isalnum, LOWER | UPPER | DIGIT, LOWER | UPPER | DIGIT)
CONSISTS(isnumeric, DIGIT, DIGIT)
CONSISTS(isspace, SPACE, SPACE)
CONSISTS(islower, LOWER, ~(unsigned)UPPER)
CONSISTS(isupper, UPPER, ~(unsigned)LOWER)

static mmd_status_t word_swapcase(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(mmd_py_need_caseless(ctx, call->self, "swapcase"));
  MMD_TRY(mmd_py_give(mmd_py_str_n(ctx, call->self->u.str.data, call->self->u.str.size), out));
  char *data = (char *)(*out)->u.str.data;
  for (size_t i = 0; i < call->self->u.str.size; ++i) {
    if (kind_of(data[i]) & (LOWER | UPPER)) data[i] = (char)(data[i] ^ 0x20);
  }
  return NULL;
}

static const mmd_pybuiltin_t methods[] = {
    {"center", word_center, 1, 2, false},
    {"ljust", word_ljust, 1, 2, false},
    {"rjust", word_rjust, 1, 2, false},
    {"partition", word_partition, 1, 1, false},
    {"rpartition", word_rpartition, 1, 1, false},
    {"rsplit", word_rsplit, 1, 2, false},
    {"rfind", word_rfind, 1, 1, false},
    {"index", word_index, 1, 1, false},
    {"removeprefix", word_removeprefix, 1, 1, false},
    {"removesuffix", word_removesuffix, 1, 1, false},
    {"isalpha", word_isalpha, 0, 0, false},
    {"isalnum", word_isalnum, 0, 0, false},
    {"isnumeric", word_isnumeric, 0, 0, false},
    {"isspace", word_isspace, 0, 0, false},
    {"islower", word_islower, 0, 0, false},
    {"isupper", word_isupper, 0, 0, false},
    {"swapcase", word_swapcase, 0, 0, false},
};

const mmd_pybuiltin_t *mmd_py_find_word_method(const char *name) {
  for (size_t i = 0; i < sizeof methods / sizeof *methods; ++i) {
    if (strcmp(methods[i].name, name) == 0) return &methods[i];
  }
  return NULL;
}
