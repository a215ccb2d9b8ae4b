// SPDX-License-Identifier: Apache-2.0
//
// YAML over the events of libyaml.
#include "formats/pyconfig/yaml.h"

#include <string.h>
#include <yaml.h>

#include "formats/pyconfig/syntax.h"

#define STANDARD "tag:yaml.org,2002:"

typedef struct reader_t {
  mmd_pyctx_t *ctx;
  const char *name;
  mmd_pyobj_t *anchors;  // dict: name to object; "..." while the object is being read
  yaml_parser_t parser;
  yaml_event_t event;  // the one at hand
} reader_t;

static mmd_status_t fail_at(const reader_t *r, yaml_mark_t at, const char *what) {
  return mmd_py_error_at(r->name, (uint32_t)at.line + 1, (uint32_t)at.column + 1, "%s", what);
}

static mmd_status_t fail(const reader_t *r, const char *what) {
  return fail_at(r, r->event.start_mark, what);
}

// Gives a failure of an object the place of |at|.
static mmd_status_t placed(const reader_t *r, yaml_mark_t at, mmd_status_t status) {
  return mmd_status_annotate(status, "%s:%zu:%zu", r->name, at.line + 1, at.column + 1);
}

static mmd_status_t parser_failure(const reader_t *r) {
  const yaml_parser_t *p = &r->parser;
  const char *problem = p->problem ? p->problem : "cannot be read";
  if (p->error == YAML_MEMORY_ERROR) return mmd_status_no_memory();
  if (p->error == YAML_READER_ERROR)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %s at byte %zu", r->name, problem,
                     p->problem_offset);
  return fail_at(r, p->problem_mark, problem);
}

static mmd_status_t next(reader_t *r) {
  yaml_event_delete(&r->event);
  memset(&r->event, 0, sizeof r->event);
  MMD_TRY(mmd_pyctx_step(r->ctx, 1));
  return yaml_parser_parse(&r->parser, &r->event) ? NULL : parser_failure(r);
}

static mmd_status_t read_node(reader_t *r, mmd_pyobj_t **out);

// --- anchors -------------------------------------------------------------------------------------

// The anchor's name as a string of the arena; NULL when there is none.
static mmd_status_t anchor_name(reader_t *r, const yaml_char_t *anchor, mmd_pyobj_t **out) {
  *out = NULL;
  return anchor ? mmd_py_give(mmd_py_str(r->ctx, (const char *)anchor), out) : NULL;
}

static mmd_status_t set_anchor(reader_t *r, mmd_pyobj_t *name, mmd_pyobj_t *object) {
  return name ? mmd_pydict_set(r->ctx, r->anchors, name, object) : NULL;
}

static mmd_status_t read_alias(reader_t *r, mmd_pyobj_t **out) {
  mmd_pyobj_t *name;
  MMD_TRY(anchor_name(r, r->event.data.alias.anchor, &name));
  MMD_TRY(mmd_pydict_find(r->ctx, r->anchors, name, out));
  if (!*out) return fail(r, "the alias has no anchor before it");
  if ((*out)->kind == MMD_PY_ELLIPSIS) return fail(r, "the alias stands inside its own anchor");
  return NULL;
}

// --- nodes ---------------------------------------------------------------------------------------

// The part of a tag behind the standard prefix; "" for no tag.
static const char *tag_name(const yaml_char_t *tag) {
  const char *text = tag ? (const char *)tag : "";
  if (strncmp(text, STANDARD, strlen(STANDARD)) == 0) return text + strlen(STANDARD);
  return strcmp(text, "!") == 0 ? "" : text;
}

static mmd_status_t refuse_tag(const reader_t *r, const char *tag) {
  const yaml_mark_t at = r->event.start_mark;
  return mmd_py_error_at(r->name, (uint32_t)at.line + 1, (uint32_t)at.column + 1,
                         "the tag '%.80s' cannot be read here: a config holds data only", tag);
}

static mmd_status_t read_tagged(reader_t *r, const char *tag, const char *text, size_t size,
                                mmd_pyobj_t **out) {
  static const struct {
    const char *tag;
    mmd_pykind_t kind;
  } kinds[] = {
      {"null", MMD_PY_NONE}, {"bool", MMD_PY_BOOL}, {"int", MMD_PY_INT}, {"float", MMD_PY_FLOAT}};
  if (strncmp(tag, "python/", 7) == 0 && strchr("bifs", tag[7])) tag += 7;
  if (strcmp(tag, "str") == 0 || strcmp(tag, "timestamp") == 0)
    return mmd_py_give(mmd_py_str_n(r->ctx, text, size), out);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    if (strcmp(tag, kinds[i].tag) != 0) continue;
    MMD_TRY(mmd_py_yaml_resolve(r->ctx, text, size, out));
    if ((*out)->kind == MMD_PY_INT && kinds[i].kind == MMD_PY_FLOAT)
      return mmd_py_give(mmd_py_float(r->ctx, (double)(*out)->u.integer), out);
    return (*out)->kind == kinds[i].kind ? NULL : fail(r, "the value does not fit its tag");
  }
  return refuse_tag(r, tag);
}

static mmd_status_t read_scalar(reader_t *r, mmd_pyobj_t **out) {
  mmd_pyobj_t *anchor;
  const char *text = (const char *)r->event.data.scalar.value;
  const size_t size = r->event.data.scalar.length;
  const char *tag = tag_name(r->event.data.scalar.tag);
  MMD_TRY(anchor_name(r, r->event.data.scalar.anchor, &anchor));
  if (*tag)
    MMD_TRY(read_tagged(r, tag, text, size, out));
  else if (r->event.data.scalar.plain_implicit)
    MMD_TRY(mmd_py_yaml_resolve(r->ctx, text, size, out));
  else
    MMD_TRY(mmd_py_give(mmd_py_str_n(r->ctx, text, size), out));
  return set_anchor(r, anchor, *out);
}

static mmd_status_t read_sequence(reader_t *r, mmd_pyobj_t **out) {
  mmd_pyobj_t *anchor, *item;
  const char *tag = tag_name(r->event.data.sequence_start.tag);
  const bool tuple = strcmp(tag, "python/tuple") == 0;
  if (*tag && !tuple && strcmp(tag, "seq") != 0 && strcmp(tag, "python/list") != 0)
    return refuse_tag(r, tag);
  MMD_TRY(anchor_name(r, r->event.data.sequence_start.anchor, &anchor));
  if (anchor) MMD_TRY(set_anchor(r, anchor, mmd_py_make(r->ctx, MMD_PY_ELLIPSIS)));
  MMD_TRY(mmd_py_give(mmd_pylist_make(r->ctx, tuple ? MMD_PY_TUPLE : MMD_PY_LIST, 4), out));
  for (;;) {
    MMD_TRY(next(r));
    if (r->event.type == YAML_SEQUENCE_END_EVENT) break;
    MMD_TRY(read_node(r, &item));
    MMD_TRY(mmd_pylist_append(r->ctx, *out, item));
  }
  return set_anchor(r, anchor, *out);
}

static mmd_status_t add_entries(mmd_pyctx_t *ctx, mmd_pyobj_t *from, mmd_pyobj_t *to) {
  size_t index = 0;
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(from, &index));) {
    MMD_TRY(mmd_pyctx_step(ctx, 1));
    MMD_TRY(mmd_pydict_set(ctx, to, e->key, e->value));
  }
  return NULL;
}

// "<<: dict" or "<<: [dicts]": of several, the first that has a key gives it.
static mmd_status_t merge_value(reader_t *r, mmd_pyobj_t *value, mmd_pyobj_t *merged) {
  static const char needs[] = "'<<' needs a mapping or a list of mappings";
  if (value->kind == MMD_PY_DICT) return add_entries(r->ctx, value, merged);
  if (value->kind != MMD_PY_LIST) return fail(r, needs);
  for (size_t i = value->u.list.count; i-- > 0;) {
    if (value->u.list.items[i]->kind != MMD_PY_DICT) return fail(r, needs);
    MMD_TRY(add_entries(r->ctx, value->u.list.items[i], merged));
  }
  return NULL;
}

static bool is_merge_key(const yaml_event_t *event) {
  return event->type == YAML_SCALAR_EVENT && event->data.scalar.plain_implicit &&
         strcmp((const char *)event->data.scalar.value, "<<") == 0;
}

static mmd_status_t read_entry(reader_t *r, mmd_pyobj_t *own, mmd_pyobj_t *merged) {
  mmd_pyobj_t *key, *value;
  const yaml_mark_t place = r->event.start_mark;
  const bool merge = is_merge_key(&r->event);
  MMD_TRY(read_node(r, &key));
  MMD_TRY(next(r));
  MMD_TRY(read_node(r, &value));
  if (merge) return merge_value(r, value, merged);
  return placed(r, place, mmd_pydict_set(r->ctx, own, key, value));
}

static mmd_status_t to_set(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t **out) {
  size_t index = 0;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_SET), out));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(dict, &index));)
    MMD_TRY(mmd_pydict_set(ctx, *out, e->key, ctx->none));
  return NULL;
}

static mmd_status_t read_mapping(reader_t *r, mmd_pyobj_t **out) {
  mmd_pyobj_t *anchor, *own, *merged;
  const char *tag = tag_name(r->event.data.mapping_start.tag);
  const bool set = strcmp(tag, "set") == 0;
  if (*tag && !set && strcmp(tag, "map") != 0 && strcmp(tag, "python/dict") != 0)
    return refuse_tag(r, tag);
  MMD_TRY(anchor_name(r, r->event.data.mapping_start.anchor, &anchor));
  if (anchor) MMD_TRY(set_anchor(r, anchor, mmd_py_make(r->ctx, MMD_PY_ELLIPSIS)));
  MMD_TRY(mmd_py_give(mmd_pydict_make(r->ctx, MMD_PY_DICT), &own));
  MMD_TRY(mmd_py_give(mmd_pydict_make(r->ctx, MMD_PY_DICT), &merged));
  for (;;) {
    MMD_TRY(next(r));
    if (r->event.type == YAML_MAPPING_END_EVENT) break;
    MMD_TRY(read_entry(r, own, merged));
  }
  *out = own;
  if (merged->u.dict.count) {  // its keys come first
    MMD_TRY(add_entries(r->ctx, own, merged));
    *out = merged;
  }
  if (set) MMD_TRY(to_set(r->ctx, *out, out));
  return set_anchor(r, anchor, *out);
}

static mmd_status_t read_node(reader_t *r, mmd_pyobj_t **out) {
  mmd_status_t status;
  switch (r->event.type) {
    case YAML_ALIAS_EVENT:
      return read_alias(r, out);
    case YAML_SCALAR_EVENT:
      return read_scalar(r, out);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
      status = mmd_py_enter(r->ctx);
      if (status) return placed(r, r->event.start_mark, status);
      MMD_TRY(r->event.type == YAML_MAPPING_START_EVENT ? read_mapping(r, out)
                                                        : read_sequence(r, out));
      mmd_py_leave(r->ctx);
      return NULL;
    default:
      return fail(r, "a value was expected");
  }
}

static mmd_status_t read_stream(reader_t *r, mmd_pyobj_t **out) {
  *out = r->ctx->none;
  MMD_TRY(next(r));  // the start of the stream
  MMD_TRY(next(r));
  if (r->event.type == YAML_STREAM_END_EVENT) return NULL;
  MMD_TRY(next(r));
  MMD_TRY(read_node(r, out));
  MMD_TRY(next(r));  // the end of the document
  MMD_TRY(next(r));
  if (r->event.type == YAML_STREAM_END_EVENT) return NULL;
  return fail(r, "a config is one document; another begins here");
}

mmd_status_t mmd_py_yaml_parse(mmd_pyctx_t *ctx, const char *name, const char *text, size_t size,
                               mmd_pyobj_t **out) {
  reader_t r = {.ctx = ctx, .name = name};
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &r.anchors));
  if (!yaml_parser_initialize(&r.parser)) return mmd_status_no_memory();
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
  mmd_status_t status = read_stream(&r, out);
  yaml_event_delete(&r.event);
  yaml_parser_delete(&r.parser);
  return status;
}
