// SPDX-License-Identifier: Apache-2.0
//
// Text substitutions that OpenMMLab does before it reads a config.
#include <stdlib.h>
#include <string.h>

#include "formats/pyconfig/loader.h"

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const char *skip_spaces(const char *at, const char *end) {
  while (at < end && is_space(*at)) ++at;
  return at;
}

static bool closes(const char *at, const char *end) {
  return end - at >= 2 && at[0] == '}' && at[1] == '}';
}

// Text of a path with / for backslashes.
static mmd_status_t append_path(const char *text, size_t size, mmd_str_t *out) {
  for (size_t i = 0; i < size; ++i)
    MMD_TRY(mmd_str_append_char(out, text[i] == '\\' ? '/' : text[i]));
  return NULL;
}

// |*at| stands behind "{{". Each of the following moves it behind "}}" when it knew the name.
static mmd_status_t try_predefined(const mmd_pyfile_t *file, const char **at, const char *end,
                                   mmd_str_t *out, bool *done) {
  static const char *const names[] = {"fileDirname", "fileBasenameNoExtension", "fileBasename",
                                      "fileExtname"};
  const char *start = skip_spaces(*at, end);
  const char *slash = strrchr(file->path, '/'), *base = slash ? slash + 1 : file->path;
  const char *dot = strrchr(base, '.');
  if (!dot || dot == base) dot = base + strlen(base);
  const size_t directory = slash == file->path && slash ? 1
                           : slash                      ? (size_t)(slash - file->path)
                                                        : 0;
  for (size_t i = 0; i < 4; ++i) {
    const size_t size = strlen(names[i]);
    if ((size_t)(end - start) < size || memcmp(start, names[i], size) != 0) continue;
    const char *stop = skip_spaces(start + size, end);
    if (!closes(stop, end)) continue;
    *at = stop + 2;
    *done = true;
    switch (i) {
      case 0:
        return append_path(file->path, directory, out);
      case 1:
        return append_path(base, (size_t)(dot - base), out);
      case 2:
        return append_path(base, strlen(base), out);
      default:
        return append_path(dot, strlen(dot), out);
    }
  }
  return NULL;
}

static mmd_status_t append_variable(const mmd_pyfile_t *file, const char *name, size_t size,
                                    const char *fallback, size_t fallback_size, mmd_str_t *out) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_append_n(&text, name, size);
  const char *value = status ? NULL : getenv(mmd_str_text(&text));
  if (status) {
  } else if (value && *value) {
    status = mmd_str_append(out, value);
  } else if (fallback_size && !value) {
    status = mmd_str_append_n(out, fallback, fallback_size);
  } else {
    status = MMD_ERROR(MMD_NOT_FOUND, "%s: environment variable '%s' is not set and has no default",
                       file->name, mmd_str_text(&text));
  }
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t try_variable(const mmd_pyfile_t *file, const char **at, const char *end,
                                 mmd_str_t *out, bool *done) {
  const char *p = *at;
  if (p < end && (*p == '\'' || *p == '"')) ++p;
  p = skip_spaces(p, end);
  if (p == end || *p != '$') return NULL;
  const char *name = ++p;
  while (p < end && is_word(*p)) ++p;
  const size_t name_size = (size_t)(p - name);
  p = skip_spaces(p, end);
  if (name_size == 0 || p == end || *p != ':') return NULL;
  p = skip_spaces(p + 1, end);
  const char *value = p;
  for (;; ++p) {  // the shortest run without blanks that the closing braces follow
    const char *stop = skip_spaces(p, end);
    if (stop < end && (*stop == '\'' || *stop == '"') && closes(stop + 1, end)) ++stop;
    if (closes(stop, end)) {
      *at = stop + 2;
      *done = true;
      return append_variable(file, name, name_size, value, (size_t)(p - value), out);
    }
    if (p == end || is_space(*p)) return NULL;
  }
}

static mmd_status_t try_base(mmd_pyfile_t *file, const char **at, const char *end, mmd_str_t *out,
                             bool *done) {
  static const char prefix[] = "_base_.";
  const char *start = skip_spaces(*at, end), *p;
  if ((size_t)(end - start) < sizeof prefix - 1 || memcmp(start, prefix, sizeof prefix - 1) != 0)
    return NULL;
  for (p = start + sizeof prefix - 1; p < end && (is_word(*p) || *p == '.'); ++p) {
  }
  const char *stop = skip_spaces(p, end);
  if (p == start + sizeof prefix - 1 || !closes(stop, end)) return NULL;
  *at = stop + 2;
  *done = file->placeholders = true;
  return mmd_str_printf(out, "\"{{%.*s}}\"", (int)(p - start), start);
}

static mmd_status_t substitute_into(mmd_pyctx_t *ctx, mmd_pyfile_t *file, const char *text,
                                    size_t size, mmd_str_t *out) {
  const char *at = text, *end = text + size;
  while (at < end) {
    const char *brace = memchr(at, '{', (size_t)(end - at));
    if (!brace) break;
    const bool twice = brace + 1 < end && brace[1] == '{';
    MMD_TRY(mmd_str_append_n(out, at, (size_t)(brace - at)));
    at = brace + (twice ? 2 : 1);
    bool done = false;
    if (twice) MMD_TRY(try_predefined(file, &at, end, out, &done));
    if (twice && !done && ctx->options->dialect != MMD_PYCONFIG_V0)
      MMD_TRY(try_variable(file, &at, end, out, &done));
    if (twice && !done) MMD_TRY(try_base(file, &at, end, out, &done));
    if (done) continue;
    MMD_TRY(mmd_str_append_char(out, '{'));
    at = brace + 1;
  }
  return mmd_str_append_n(out, at, (size_t)(end - at));
}

mmd_status_t mmd_py_substitute(mmd_pyctx_t *ctx, mmd_pyfile_t *file, const char *text,
                               size_t size) {
  mmd_str_t out = {0};
  mmd_status_t status = substitute_into(ctx, file, text, size, &out);
  if (!status) {
    file->text = mmd_arena_strndup(&ctx->arena, mmd_str_text(&out), out.size);
    file->size = out.size;
    if (!file->text) status = mmd_status_no_memory();
  }
  mmd_str_deinit(&out);
  return status;
}

// --- placeholders --------------------------------------------------------------------------------

// Where the placeholder |text| stands in the file.
static mmd_status_t unknown_value(mmd_pyctx_t *ctx, const mmd_pyfile_t *file,
                                  const mmd_pyobj_t *text, const mmd_pyobj_t *owner,
                                  const char *key) {
  const char *near = owner->kind == MMD_PY_DICT ? mmd_py_nearest_key(ctx, owner, key) : NULL;
  const char *at = strstr(file->text, text->u.str.data);
  uint32_t line = 1, column = 1;
  for (const char *p = file->text; at && p < at; ++p) {
    column = *p == '\n' ? 1 : column + 1;
    line += *p == '\n';
  }
  if (near) {
    return mmd_py_error_at(file->name, line, column - 1,
                           "%s: the bases have no '%s'; did you mean '%s'?", text->u.str.data, key,
                           near);
  }
  return mmd_py_error_at(file->name, line, column - 1, "%s: the bases have no '%s'",
                         text->u.str.data, key);
}

static mmd_status_t look_up(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, const mmd_pyobj_t *text,
                            mmd_pyobj_t *base, mmd_pyobj_t **out) {
  const char *at = text->u.str.data + 9, *end = text->u.str.data + text->u.str.size - 2;
  *out = base;
  while (at <= end) {
    const char *dot = memchr(at, '.', (size_t)(end - at));
    const size_t size = (size_t)((dot ? dot : end) - at);
    mmd_pyobj_t *key, *found = NULL;
    MMD_TRY(mmd_py_give(mmd_py_str_n(ctx, at, size), &key));
    if ((*out)->kind == MMD_PY_DICT) MMD_TRY(mmd_pydict_find(ctx, *out, key, &found));
    if (!found) {
      return unknown_value(ctx, file, text, *out, key->u.str.data);
    }
    *out = found;
    at += size + 1;
  }
  return NULL;
}

static mmd_status_t fill_items(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyobj_t *object,
                               mmd_pyobj_t *base, mmd_pyobj_t **out) {
  mmd_pyobj_t *item;
  size_t index = 0;
  if (object->kind == MMD_PY_DICT) {
    MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
    for (mmd_pyentry_t *e; (e = mmd_pydict_next(object, &index));) {
      MMD_TRY(mmd_py_fill_placeholders(ctx, file, e->value, base, &item));
      MMD_TRY(mmd_pydict_set(ctx, *out, e->key, item));
    }
    return NULL;
  }
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, object->kind, object->u.list.count), out));
  for (size_t i = 0; i < object->u.list.count; ++i) {
    MMD_TRY(mmd_py_fill_placeholders(ctx, file, object->u.list.items[i], base, &item));
    MMD_TRY(mmd_pylist_append(ctx, *out, item));
  }
  return NULL;
}

mmd_status_t mmd_py_fill_placeholders(mmd_pyctx_t *ctx, const mmd_pyfile_t *file,
                                      mmd_pyobj_t *object, mmd_pyobj_t *base, mmd_pyobj_t **out) {
  *out = object;
  if (object->kind == MMD_PY_STR) {
    const char *text = object->u.str.data;
    const size_t size = object->u.str.size;
    const bool placeholder =
        size > 11 && memcmp(text, "{{_base_.", 9) == 0 && strcmp(text + size - 2, "}}") == 0;
    return placeholder ? look_up(ctx, file, object, base, out) : NULL;
  }
  if (object->kind != MMD_PY_DICT && !mmd_py_is_sequence(object)) return NULL;
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  MMD_TRY(mmd_py_enter(ctx));
  MMD_TRY(fill_items(ctx, file, object, base, out));
  mmd_py_leave(ctx);
  return NULL;
}
