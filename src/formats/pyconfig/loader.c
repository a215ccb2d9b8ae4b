// SPDX-License-Identifier: Apache-2.0
//
// Reads a config file and, before or after it, its bases.
#include "formats/pyconfig/loader.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/pyconfig/yaml.h"
#include "value/json.h"

// --- paths and texts -----------------------------------------------------------------------------

char *mmd_py_normal_path(mmd_pyctx_t *ctx, const char *path) {
  char *out = mmd_arena_alloc(&ctx->arena, strlen(path) + 3);
  if (!out) return NULL;
  const size_t root = *path == '/';
  size_t size = root, fixed = root;  // |fixed| bytes cannot be taken back by ".."
  if (root) out[0] = '/';
  for (const char *at = path; *at;) {
    at += strspn(at, "/");
    const size_t n = strcspn(at, "/");
    if (n == 0) break;
    const bool up = n == 2 && at[0] == '.' && at[1] == '.', here = n == 1 && at[0] == '.';
    if (up && size > fixed) {
      while (size > fixed && out[size - 1] != '/') --size;
      if (size > fixed) --size;
    } else if (!here && !(up && root)) {
      if (size > root) out[size++] = '/';
      memcpy(out + size, at, n);
      size += n;
      if (up) fixed = size;
    }
    at += n;
  }
  if (size == 0) out[size++] = '.';
  out[size] = '\0';
  return out;
}

static char *beside(mmd_pyctx_t *ctx, const char *path, const char *relative) {
  if (*relative == '/') return mmd_py_normal_path(ctx, relative);
  const char *slash = strrchr(path, '/');
  const int directory = slash ? (int)(slash - path) + 1 : 0;
  char *joined = mmd_arena_printf(&ctx->arena, "%.*s%s", directory, path, relative);
  return joined ? mmd_py_normal_path(ctx, joined) : NULL;
}

static mmd_status_t load_text(mmd_pyctx_t *ctx, mmd_pyfile_t *file) {
  char *text = NULL;
  size_t size = 0;
  const mmd_pyconfig_options_t *o = ctx->options;
  MMD_TRY(o->load ? o->load(o->load_self, file->path, &text, &size)
                  : mmd_file_read_regular(file->path, MMD_PY_MAX_FILE_SIZE, &text, &size));
  mmd_status_t status = mmd_py_substitute(ctx, file, text, size);
  mmd_free(text);
  return status;
}

static mmd_status_t check_chain(mmd_pyctx_t *ctx, const mmd_pyfile_t *file) {
  if (++ctx->files > MMD_PY_MAX_FILES)
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "more than %d base files", MMD_PY_MAX_FILES);
  if (file->depth > MMD_PY_MAX_CHAIN)
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "bases nested more than %d deep", MMD_PY_MAX_CHAIN);
  const mmd_pyfile_t *again = file->child;
  while (again && strcmp(again->path, file->path) != 0) again = again->child;
  if (!again) return NULL;
  const char *chain = file->name;
  for (const mmd_pyfile_t *f = file->child;; f = f->child) {
    chain = mmd_arena_printf(&ctx->arena, "%s -> %s", f->name, chain);
    MMD_TRY_ALLOC(chain);
    if (f == again) break;
  }
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the bases form a cycle: %s", chain);
}

// --- bases ---------------------------------------------------------------------------------------

typedef struct base_t {
  const mmd_pyfile_t *child;
  bool lazy;  // read for read_base()
  mmd_pyresult_t result;
  const char *name;
} base_t;

static mmd_status_t read_base(mmd_pyctx_t *ctx, base_t *base, const char *path, const char *name) {
  const mmd_pynode_t *at = ctx->at;
  mmd_pyfile_t file = {.path = path,
                       .name = name,
                       .child = base->child,
                       .depth = base->child->depth + 1,
                       .lazy = base->lazy};
  if (!path || !name) return mmd_status_no_memory();
  MMD_TRY(check_chain(ctx, &file));
  mmd_status_t status = load_text(ctx, &file);
  if (status)
    return at ? mmd_status_annotate(status, "%s:%u:%u", at->file, at->line, at->column)
              : mmd_status_annotate(status, "%s", base->child->name);
  MMD_TRY(mmd_pyfile_load(ctx, &file, file.text, file.size, &base->result));
  ctx->at = at;
  base->name = name;
  return NULL;
}

// Tries |directory|/|package|/.mim/configs/|inside| and its like.
static mmd_status_t try_package(mmd_pyctx_t *ctx, base_t *base, const char *directory,
                                const char *package, const char *inside, bool *found) {
  const size_t first = strncmp(inside, "configs/", 8) == 0 ? 2 : 0;
  for (size_t i = first; i < first + 2 && !*found; ++i) {
    mmd_pyfile_t probe = {0};
    const char *path =
        i == 0 ? mmd_arena_printf(&ctx->arena, "%s/%s/.mim/configs/%s", directory, package, inside)
        : i == 1 ? mmd_arena_printf(&ctx->arena, "%s/%s/configs/%s", directory, package, inside)
        : i == 2 ? mmd_arena_printf(&ctx->arena, "%s/%s/.mim/%s", directory, package, inside)
                 : mmd_arena_printf(&ctx->arena, "%s/%s/%s", directory, package, inside);
    MMD_TRY_ALLOC(path);
    probe.path = mmd_py_normal_path(ctx, path);
    probe.name = probe.path;
    MMD_TRY_ALLOC(probe.path);
    if (!ctx->options->load && !mmd_path_exists(probe.path)) continue;
    if (ctx->options->load && mmd_status_ignore(load_text(ctx, &probe))) continue;
    *found = true;
    MMD_TRY(read_base(ctx, base, probe.path, probe.path));
  }
  return NULL;
}

// Packages are looked for in the given folders, then in the folders above the file.
static mmd_status_t read_package_base(mmd_pyctx_t *ctx, base_t *base, const char *package,
                                      const char *inside) {
  bool found = false;
  for (size_t i = 0; i < ctx->options->package_dir_count && !found; ++i) {
    MMD_TRY(try_package(ctx, base, ctx->options->package_dirs[i], package, inside, &found));
  }
  char *directory = mmd_arena_strdup(&ctx->arena, base->child->path);
  MMD_TRY_ALLOC(directory);
  for (char *slash; !found && (slash = strrchr(directory, '/')) && slash != directory;) {
    *slash = '\0';
    MMD_TRY(try_package(ctx, base, directory, package, inside, &found));
  }
  if (found) return NULL;
  return mmd_py_error(
      ctx, MMD_NOT_FOUND,
      "config '%s' of package '%s' is not found: name the folder that holds the package", inside,
      package);
}

// Dicts of a foreign package say so, the outermost that have a type.
static mmd_status_t set_scope(mmd_pyctx_t *ctx, mmd_pyobj_t *object, const char *scope) {
  size_t index = 0;
  if (mmd_py_is_sequence(object)) {
    for (size_t i = 0; i < object->u.list.count; ++i)
      MMD_TRY(set_scope(ctx, object->u.list.items[i], scope));
  }
  if (object->kind != MMD_PY_DICT) return NULL;
  if (mmd_pydict_get_text(object, "type")) {
    const mmd_pyobj_t *old = mmd_pydict_get_text(object, "_scope_");
    return old && old->kind != MMD_PY_NONE
               ? NULL
               : mmd_pydict_set_text(ctx, object, "_scope_", mmd_py_str(ctx, scope));
  }
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(object, &index));)
    MMD_TRY(set_scope(ctx, e->value, scope));
  return NULL;
}

static mmd_status_t read_named_base(mmd_pyctx_t *ctx, base_t *base, const mmd_pyobj_t *text) {
  if (text->kind != MMD_PY_STR)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                        "_base_ must be a path or a list of paths, not '%s'",
                        mmd_py_kind_name(text));
  const char *reference = text->u.str.data, *colons = strstr(reference, "::");
  if (!colons)
    return read_base(ctx, base, beside(ctx, base->child->path, reference),
                     beside(ctx, base->child->name, reference));
  const char *package = mmd_arena_strndup(&ctx->arena, reference, (size_t)(colons - reference));
  MMD_TRY_ALLOC(package);
  MMD_TRY(read_package_base(ctx, base, package, colons + 2));
  size_t index = 0;
  MMD_TRY(mmd_py_split(ctx, base->result.config, &base->result.config));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(base->result.config, &index));)
    MMD_TRY(set_scope(ctx, e->value, package));
  return NULL;
}

static mmd_status_t add_base(mmd_pyctx_t *ctx, const base_t *base, mmd_pyobj_t *bases) {
  size_t index = 0;
  mmd_pyobj_t *config, *old;
  if (base->result.lazy)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                        "one chain of bases cannot mix _base_ and read_base(), which %s uses",
                        base->name);
  MMD_TRY(mmd_py_split(ctx, base->result.config, &config));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(config, &index));) {
    MMD_TRY(mmd_pydict_find(ctx, bases, e->key, &old));
    if (old)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                          "key '%s' of %s is in another base too: a key may stand in one base only",
                          e->key->kind == MMD_PY_STR ? e->key->u.str.data : "?", base->name);
    MMD_TRY(mmd_pydict_set(ctx, bases, e->key, e->value));
  }
  return NULL;
}

static mmd_status_t read_bases(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyobj_t *names,
                               mmd_pyobj_t **out) {
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
  (*out)->is_config = true;
  if (!names) return NULL;
  const size_t count = names->kind == MMD_PY_LIST ? names->u.list.count : 1;
  for (size_t i = 0; i < count; ++i) {
    base_t base = {.child = file};
    MMD_TRY(
        read_named_base(ctx, &base, names->kind == MMD_PY_LIST ? names->u.list.items[i] : names));
    MMD_TRY(add_base(ctx, &base, *out));
  }
  return NULL;
}

// --- read_base() ---------------------------------------------------------------------------------

static bool is_read_base(const mmd_pynode_t *node) {
  return node->type == MMD_PYNODE_WITH && node->a->type == MMD_PYNODE_CALL &&
         node->a->a->type == MMD_PYNODE_NAME && mmd_py_is_text(node->a->a->object, "read_base");
}

static mmd_status_t read_module(mmd_pyctx_t *ctx, base_t *base, const mmd_pynode_t *node) {
  const char *module = node->object ? node->object->u.str.data : "";
  char *inside = mmd_arena_printf(&ctx->arena, "%s.py", module);
  MMD_TRY_ALLOC(inside);
  for (char *p = inside; p < inside + strlen(module); ++p) *p = *p == '.' ? '/' : *p;
  if (!node->object || (!node->op && !strchr(module, '.')))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                        "with read_base(): name a config file: from .folder.file import *");
  if (!node->op) {
    char *slash = strchr(inside, '/');
    *slash = '\0';
    return read_package_base(ctx, base, inside, slash + 1);
  }
  for (uint32_t i = 1; i < node->op && i < 64; ++i)
    MMD_TRY_ALLOC(inside = mmd_arena_printf(&ctx->arena, "../%s", inside));
  return read_base(ctx, base, beside(ctx, base->child->path, inside),
                   beside(ctx, base->child->name, inside));
}

static mmd_status_t take_names(mmd_pyctx_t *ctx, const mmd_pynode_t *node, mmd_pyobj_t *config,
                               mmd_pyframe_t *frame) {
  for (size_t i = 0; i < node->count; ++i) {
    mmd_pyobj_t *name = node->items[i]->object, *value;
    size_t index = 0;
    if (mmd_py_is_text(name, "*")) {
      for (mmd_pyentry_t *e; (e = mmd_pydict_next(config, &index));)
        MMD_TRY(mmd_pydict_set(ctx, frame->names, e->key, e->value));
      continue;
    }
    MMD_TRY(mmd_pydict_find(ctx, config, name, &value));
    if (!value) {
      const char *near = mmd_py_nearest_key(ctx, config, name->u.str.data);
      return near ? mmd_py_error(ctx, MMD_NOT_FOUND, "the base has no '%s'; did you mean '%s'?",
                                 name->u.str.data, near)
                  : mmd_py_error(ctx, MMD_NOT_FOUND, "the base has no '%s'", name->u.str.data);
    }
    MMD_TRY(mmd_pydict_set(ctx, frame->names, node->items[i]->a ? node->items[i]->a->object : name,
                           value));
  }
  return NULL;
}

// The config of a module, read once for a file: names that are imported twice are the same objects.
static mmd_status_t find_module(mmd_pyctx_t *ctx, const mmd_pyfile_t *file,
                                const mmd_pynode_t *node, mmd_pyobj_t *modules,
                                mmd_pyframe_t *frame, mmd_pyobj_t **out) {
  base_t base = {.child = file, .lazy = true};
  size_t index = 0;
  const char *key = mmd_arena_printf(&ctx->arena, "%u:%s", node->op,
                                     node->object ? node->object->u.str.data : "");
  MMD_TRY_ALLOC(key);
  *out = mmd_pydict_get_text(modules, key);
  if (*out) return NULL;
  MMD_TRY(read_module(ctx, &base, node));
  MMD_TRY(mmd_py_split(ctx, base.result.config, out));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(base.result.imported, &index));) {
    MMD_TRY(mmd_pydict_set(ctx, frame->imported, e->key, ctx->none));
  }
  return mmd_pydict_set_text(ctx, modules, key, *out);
}

static mmd_status_t take_bases(mmd_pyctx_t *ctx, const mmd_pyfile_t *file,
                               const mmd_pynode_t *block, mmd_pyobj_t *modules,
                               mmd_pyframe_t *frame) {
  for (size_t i = 0; i < block->count; ++i) {
    const mmd_pynode_t *node = block->items[i];
    mmd_pyobj_t *config;
    ctx->at = node;
    if (node->type == MMD_PYNODE_PASS) continue;
    if (node->type != MMD_PYNODE_FROM) {
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                          "with read_base(): only 'from ... import ...' may stand here");
    }
    MMD_TRY(find_module(ctx, file, node, modules, frame, &config));
    MMD_TRY(take_names(ctx, node, config, frame));
  }
  return NULL;
}

// --- files ---------------------------------------------------------------------------------------

static bool is_base_assignment(const mmd_pynode_t *node) {
  return node->type == MMD_PYNODE_ASSIGN && node->items[0]->type == MMD_PYNODE_NAME &&
         mmd_py_is_text(node->items[0]->object, "_base_");
}

typedef enum keep_t {
  KEEP_ALL,      // of a file that another takes by read_base()
  KEEP_OWN,      // what the file does not import
  KEEP_CLASSIC,  // what mmcv keeps: all but modules and Python's own functions
} keep_t;

static bool is_kept(const mmd_pyobj_t *value, bool imported, keep_t keep) {
  switch (value->kind) {
    case MMD_PY_MODULE:
    case MMD_PY_FUNCTION:
      return keep == KEEP_ALL || (keep == KEEP_OWN && !imported);
    case MMD_PY_SYMBOL:  // a class or a function: who knows
      return keep == KEEP_ALL || !imported;
    case MMD_PY_BUILTIN:
      if (keep == KEEP_CLASSIC && mmd_py_is_written_in_python(value->u.builtin.def)) return false;
      break;
    default:
      break;
  }
  return !imported || keep != KEEP_OWN;
}

static mmd_status_t keep_names(mmd_pyctx_t *ctx, const mmd_pyframe_t *frame, keep_t keep,
                               mmd_pyobj_t **out) {
  size_t index = 0;
  mmd_pyobj_t *imported;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(frame->names, &index));) {
    const bool is_name = e->key->kind == MMD_PY_STR;  // YAML has other keys
    if (is_name && strncmp(e->key->u.str.data, "__", 2) == 0) continue;
    MMD_TRY(mmd_pydict_find(ctx, frame->imported, e->key, &imported));
    if (is_kept(e->value, imported != NULL, keep))
      MMD_TRY(mmd_pydict_set(ctx, *out, e->key, e->value));
  }
  return NULL;
}

mmd_status_t mmd_pyresult_clean(mmd_pyctx_t *ctx, const mmd_pyresult_t *result,
                                mmd_pyobj_t **out_config) {
  mmd_pyframe_t frame = {.names = result->config, .imported = result->imported};
  return keep_names(ctx, &frame, result->lazy ? KEEP_OWN : KEEP_CLASSIC, out_config);
}

static mmd_status_t run_body(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyframe_t *frame,
                             bool skip_base) {
  mmd_pyflow_t flow = MMD_PY_NEXT;
  mmd_pyobj_t *result;
  for (size_t i = 0; i < file->tree->count && flow == MMD_PY_NEXT; ++i) {
    const mmd_pynode_t *node = file->tree->items[i];
    if (is_read_base(node) || (skip_base && is_base_assignment(node))) continue;
    MMD_TRY(mmd_py_run(ctx, frame, node, &flow, &result));
    ctx->at = node;
    if (flow != MMD_PY_NEXT)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                          "syntax error: this cannot stand at the top level");
  }
  return NULL;
}

static mmd_status_t run_lazy(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyframe_t *frame,
                             mmd_pyresult_t *out) {
  mmd_pyobj_t *modules;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &modules));
  for (size_t i = 0; i < file->tree->count; ++i) {
    const mmd_pynode_t *node = file->tree->items[i];
    ctx->at = node;
    if (is_base_assignment(node)) {
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                          "one chain of bases cannot mix _base_ and read_base()");
    }
    if (is_read_base(node)) MMD_TRY(take_bases(ctx, file, node->b, modules, frame));
  }
  MMD_TRY(run_body(ctx, file, frame, false));
  out->lazy = true;
  out->imported = frame->imported;
  return keep_names(ctx, frame, KEEP_ALL, &out->config);
}

static mmd_status_t finish(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyobj_t *config,
                           mmd_pyobj_t *bases, mmd_pyresult_t *out) {
  static const char *const dropped[] = {"_base_", "_deprecation_"};
  mmd_pyobj_t *key, *old;
  for (size_t i = 0; i < 2; ++i) {
    MMD_TRY(mmd_py_give(mmd_py_str(ctx, dropped[i]), &key));
    MMD_TRY(mmd_pydict_remove(ctx, config, key, &old));
  }
  if (file->placeholders) MMD_TRY(mmd_py_fill_placeholders(ctx, file, config, bases, &config));
  return mmd_py_merge(ctx, file, config, bases, &out->config);
}

// 1.x: bases first. Falls back to the 0.x order where _base_ is computed from other names.
static mmd_status_t run_classic(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyframe_t *frame,
                                mmd_pyresult_t *out) {
  const mmd_pynode_t *assignment = NULL;
  mmd_pyobj_t *names = NULL, *bases = NULL, *config;
  bool bases_first = ctx->options->dialect != MMD_PYCONFIG_V0;
  for (size_t i = 0; i < file->tree->count && !assignment; ++i) {
    if (is_base_assignment(file->tree->items[i])) assignment = file->tree->items[i];
  }
  // One inside of "if" is found when it has run; mmengine does not look for it.
  if (!assignment && ctx->options->dialect != MMD_PYCONFIG_V1) bases_first = false;
  if (bases_first && assignment) {
    const unsigned data_depth = ctx->data_depth;
    mmd_status_t status = mmd_py_eval(ctx, frame, assignment->a, &names);
    if (status &&
        (ctx->options->dialect == MMD_PYCONFIG_V1 || mmd_status_code(status) != MMD_NOT_FOUND))
      return status;
    bases_first = !mmd_status_ignore(status);
    ctx->data_depth = data_depth;
  }
  if (bases_first && assignment) {
    ctx->at = assignment;
    MMD_TRY(read_bases(ctx, file, names, &bases));
    MMD_TRY(mmd_pydict_set_text(ctx, frame->names, "_base_", bases));
  }
  MMD_TRY(run_body(ctx, file, frame, bases_first));
  if (!bases_first) {
    ctx->at = assignment;
    MMD_TRY(read_bases(ctx, file, mmd_pydict_get_text(frame->names, "_base_"), &bases));
  }
  if (!bases) MMD_TRY(read_bases(ctx, file, NULL, &bases));
  MMD_TRY(keep_names(ctx, frame, KEEP_CLASSIC, &config));
  return finish(ctx, file, config, bases, out);
}

static mmd_status_t load_python(mmd_pyctx_t *ctx, mmd_pyfile_t *file, mmd_pyresult_t *out) {
  const mmd_pysource_t source = {file->name, file->text, file->size, 1, 1, false};
  MMD_TRY(mmd_py_parse(ctx, &source, &file->tree));
  mmd_pyframe_t *frame = mmd_arena_alloc(&ctx->arena, sizeof *frame);  // functions keep it
  MMD_TRY_ALLOC(frame);
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &frame->names));
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_SET), &frame->imported));
  MMD_TRY(mmd_pydict_set_text(ctx, frame->names, "__file__", mmd_py_str(ctx, file->path)));
  MMD_TRY(mmd_pydict_set_text(ctx, frame->names, "__name__", mmd_py_str(ctx, "config")));
  bool lazy = file->lazy;
  for (size_t i = 0; i < file->tree->count; ++i) lazy |= is_read_base(file->tree->items[i]);
  out->imported = frame->imported;
  return lazy ? run_lazy(ctx, file, frame, out) : run_classic(ctx, file, frame, out);
}

static mmd_status_t parse_json(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyobj_t **out) {
  mmd_value_t *value;
  // As Python's json reads it.
  MMD_TRY(mmd_json_parse_as(file->text, file->size, file->name, MMD_JSON_NOT_FINITE, &value));
  mmd_status_t status = mmd_py_from_value(ctx, value, out);
  mmd_value_release(value);
  return status;
}

// JSON or YAML.
static mmd_status_t load_data(mmd_pyctx_t *ctx, mmd_pyfile_t *file, bool is_yaml,
                              mmd_pyresult_t *out) {
  mmd_pyobj_t *config, *bases;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_SET), &out->imported));
  ctx->at = NULL;
  MMD_TRY(is_yaml ? mmd_py_yaml_parse(ctx, file->name, file->text, file->size, &config)
                  : parse_json(ctx, file, &config));
  if (config->kind != MMD_PY_DICT)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: a config must be a dict, not '%s'", file->name,
                     mmd_py_kind_name(config));
  MMD_TRY(read_bases(ctx, file, mmd_pydict_get_text(config, "_base_"), &bases));
  return finish(ctx, file, config, bases, out);
}

mmd_status_t mmd_pyfile_load(mmd_pyctx_t *ctx, mmd_pyfile_t *file, const char *text, size_t size,
                             mmd_pyresult_t *out) {
  const char *dot = strrchr(file->path, '.');
  const char *extension = dot ? dot : "";
  *out = (mmd_pyresult_t){0};
  if (!text)
    MMD_TRY(load_text(ctx, file));
  else if (!file->text)
    MMD_TRY(mmd_py_substitute(ctx, file, text, size));
  if (strcmp(extension, ".py") == 0) return load_python(ctx, file, out);
  if (strcmp(extension, ".json") == 0) return load_data(ctx, file, false, out);
  if (strcmp(extension, ".yml") == 0 || strcmp(extension, ".yaml") == 0)
    return load_data(ctx, file, true, out);
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: only .py, .json, .yml and .yaml configs can be read",
                   file->name);
}
