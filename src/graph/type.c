// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/graph.h"
#include "graph/internal.h"

enum { MAX_TYPE_DEPTH = 16 };

mmd_type_t mmd_type_tensor(mmd_graph_t *graph, mmd_dtype_t dtype, int rank, const int64_t *dims) {
  mmd_type_t type = {.kind = MMD_TYPE_TENSOR, .dtype = dtype, .has_rank = true, .rank = rank};
  for (int i = 0; i < rank; ++i) {
    type.dims[i] = dims[i] < 0 ? mmd_dim_fresh(graph, "dim") : mmd_dim_const(graph, dims[i]);
    // Memory is short: an unknown type tells less, but nothing wrong.
    if (!type.dims[i]) return (mmd_type_t){0};
  }
  return type;
}

static mmd_status_t copy_type(mmd_graph_t *graph, const mmd_type_t *type, int depth,
                              mmd_type_t *out_type) {
  if (depth > MAX_TYPE_DEPTH) return MMD_ERROR(MMD_OUT_OF_RANGE, "a type is nested too deep");
  if (type->rank < 0 || type->rank > MMD_MAX_RANK)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "rank %d of a type is not in 0..%d", type->rank,
                     MMD_MAX_RANK);
  mmd_type_t copy = *type;
  for (int i = 0; type->has_rank && i < type->rank; ++i) {
    copy.dims[i] = mmd_dim_import(graph, type->dims[i]);
    MMD_TRY_ALLOC(copy.dims[i]);
  }
  if (type->element) {
    mmd_type_t *element = mmd_arena_alloc(&graph->arena, sizeof *element);
    MMD_TRY_ALLOC(element);
    MMD_TRY(copy_type(graph, type->element, depth + 1, element));
    copy.element = element;
  }
  *out_type = copy;
  return NULL;
}

mmd_status_t mmd_type_copy(mmd_graph_t *graph, const mmd_type_t *type, mmd_type_t *out_type) {
  return copy_type(graph, type, 0, out_type);
}

bool mmd_type_equal(const mmd_type_t *a, const mmd_type_t *b) {
  if (a->kind != b->kind) return false;
  if (a->kind == MMD_TYPE_UNKNOWN) return true;
  if (a->kind != MMD_TYPE_TENSOR) {
    if (!a->element || !b->element) return a->element == b->element;
    return mmd_type_equal(a->element, b->element);
  }
  if (a->dtype != b->dtype || a->has_rank != b->has_rank) return false;
  if (!a->has_rank) return true;
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank; ++i)
    if (a->dims[i] != b->dims[i]) return false;
  return true;
}

bool mmd_type_is_static(const mmd_type_t *type) {
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank) return false;
  for (int i = 0; i < type->rank; ++i)
    if (!mmd_dim_is_const(type->dims[i])) return false;
  return true;
}

static mmd_status_t format_tensor(const mmd_type_t *type, mmd_str_t *out_text) {
  const char *dtype = type->dtype == MMD_DTYPE_UNDEFINED ? "any" : mmd_dtype_name(type->dtype);
  MMD_TRY(mmd_str_printf(out_text, "%s[", dtype));
  if (!type->has_rank) return mmd_str_append(out_text, "?]");
  for (int i = 0; i < type->rank; ++i) {
    if (i > 0) MMD_TRY(mmd_str_append_char(out_text, ','));
    MMD_TRY(mmd_dim_format(type->dims[i], out_text));
  }
  return mmd_str_append_char(out_text, ']');
}

mmd_status_t mmd_type_format(const mmd_type_t *type, mmd_str_t *out_text) {
  if (type->kind == MMD_TYPE_TENSOR) return format_tensor(type, out_text);
  if (type->kind == MMD_TYPE_UNKNOWN) return mmd_str_append(out_text, "?");
  bool is_sequence = type->kind == MMD_TYPE_SEQUENCE;
  MMD_TRY(mmd_str_append(out_text, is_sequence ? "seq(" : "optional("));
  mmd_type_t unknown = {0};
  MMD_TRY(mmd_type_format(type->element ? type->element : &unknown, out_text));
  return mmd_str_append_char(out_text, ')');
}

// Parsing.
typedef struct cursor_t {
  mmd_graph_t *graph;
  const char *text;
  size_t size, at;
} cursor_t;

static bool accept(cursor_t *c, const char *token) {
  size_t n = strlen(token);
  if (c->size - c->at < n || memcmp(c->text + c->at, token, n) != 0) return false;
  c->at += n;
  return true;
}

static void skip_space(cursor_t *c) {
  while (c->at < c->size && c->text[c->at] == ' ') ++c->at;
}

static mmd_status_t bad_type(const cursor_t *c, const char *wanted) {
  size_t rest = c->size - c->at;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "expected %s in a type at '%.*s'", wanted,
                   (int)(rest < 20 ? rest : 20), c->text + c->at);
}

static mmd_status_t parse_dtype(cursor_t *c, mmd_dtype_t *out_dtype) {
  char name[24];
  size_t n = 0;
  while (c->at + n < c->size && n < sizeof name - 1 && c->text[c->at + n] != '[') {
    name[n] = c->text[c->at + n];
    ++n;
  }
  name[n] = '\0';
  if (strcmp(name, "any") == 0) {
    *out_dtype = MMD_DTYPE_UNDEFINED;
  } else if (!mmd_dtype_parse(name, out_dtype)) {
    return bad_type(c, "an element type");
  }
  c->at += n;
  return NULL;
}

static mmd_status_t parse_dims(cursor_t *c, mmd_type_t *type) {
  type->has_rank = true;
  skip_space(c);
  if (accept(c, "]")) return NULL;
  do {
    if (type->rank == MMD_MAX_RANK)
      return MMD_ERROR(MMD_OUT_OF_RANGE, "a type has more than %d dimensions", MMD_MAX_RANK);
    size_t used = 0;
    const mmd_dim_t *dim = NULL;
    MMD_TRY(mmd_dim_parse_prefix(c->graph, c->text + c->at, c->size - c->at, &used, &dim));
    c->at += used;
    type->dims[type->rank++] = dim;
    skip_space(c);
  } while (accept(c, ","));
  return accept(c, "]") ? NULL : bad_type(c, "']'");
}

static mmd_status_t parse_type(cursor_t *c, int depth, mmd_type_t *type) {
  *type = (mmd_type_t){0};
  if (depth > MAX_TYPE_DEPTH) return MMD_ERROR(MMD_OUT_OF_RANGE, "a type is nested too deep");
  skip_space(c);
  if (accept(c, "?")) return NULL;
  bool is_sequence = accept(c, "seq(");
  if (is_sequence || accept(c, "optional(")) {
    type->kind = is_sequence ? MMD_TYPE_SEQUENCE : MMD_TYPE_OPTIONAL;
    mmd_type_t *element = mmd_arena_alloc(&c->graph->arena, sizeof *element);
    MMD_TRY_ALLOC(element);
    MMD_TRY(parse_type(c, depth + 1, element));
    type->element = element;
    return accept(c, ")") ? NULL : bad_type(c, "')'");
  }
  type->kind = MMD_TYPE_TENSOR;
  MMD_TRY(parse_dtype(c, &type->dtype));
  if (!accept(c, "[")) return bad_type(c, "'['");
  if (accept(c, "?]")) return NULL;
  return parse_dims(c, type);
}

mmd_status_t mmd_type_parse_prefix(mmd_graph_t *graph, const char *text, size_t size,
                                   size_t *out_used, mmd_type_t *out_type) {
  cursor_t c = {.graph = graph, .text = text, .size = size};
  MMD_TRY(parse_type(&c, 0, out_type));
  *out_used = c.at;
  return NULL;
}

mmd_status_t mmd_type_parse(mmd_graph_t *graph, const char *text, size_t size,
                            mmd_type_t *out_type) {
  size_t used = 0;
  MMD_TRY(mmd_type_parse_prefix(graph, text, size, &used, out_type));
  if (used != size)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "type '%.*s' has text behind its end",
                     (int)(size < 80 ? size : 80), text);
  return NULL;
}
