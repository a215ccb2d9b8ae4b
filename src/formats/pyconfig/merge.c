// SPDX-License-Identifier: Apache-2.0
//
// A child config over its bases.
#include <string.h>

#include "formats/pyconfig/loader.h"

const mmd_pynode_t *mmd_pyfile_assignment(const mmd_pyfile_t *file, const char *name) {
  for (size_t i = file->tree ? file->tree->count : 0; i-- > 0;) {
    const mmd_pynode_t *node = file->tree->items[i];
    if (node->type != MMD_PYNODE_ASSIGN) continue;
    const mmd_pynode_t *target = node->items[0];
    if (target->type == MMD_PYNODE_NAME && mmd_py_is_text(target->object, name)) return node;
  }
  return NULL;
}

static mmd_status_t without_delete(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t **out,
                                   bool *deletes) {
  mmd_pyobj_t *flag = mmd_pydict_get_text(dict, "_delete_"), *name, *old;
  *out = dict;
  *deletes = flag && mmd_py_truth(flag);
  if (!flag) return NULL;
  MMD_TRY(mmd_py_copy(ctx, dict, out));
  MMD_TRY(mmd_py_give(mmd_py_str(ctx, "_delete_"), &name));
  return mmd_pydict_remove(ctx, *out, name, &old);
}

static mmd_status_t refuse_kind(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, const char *path,
                                const mmd_pyobj_t *old) {
  const char *name = mmd_arena_strndup(&ctx->arena, path, strcspn(path, "."));
  MMD_TRY_ALLOC(name);
  ctx->at = mmd_pyfile_assignment(file, name);
  mmd_status_t status =
      mmd_py_error(ctx, MMD_INVALID_ARGUMENT,
                   "'%s' is a dict here but '%s' in the base; _delete_=True replaces the base's",
                   path, mmd_py_kind_name(old));
  return ctx->at ? status : mmd_status_annotate(status, "%s", file->name);
}

// The file of the running merge, for messages.
typedef struct merge_t {
  mmd_pyctx_t *ctx;
  const mmd_pyfile_t *file;
} merge_t;

static mmd_status_t merge_into(const merge_t *m, mmd_pyobj_t *child, mmd_pyobj_t *result,
                               const char *where);

static mmd_status_t merge_entry(const merge_t *m, const mmd_pyentry_t *entry, mmd_pyobj_t *result,
                                const char *where) {
  mmd_pyctx_t *ctx = m->ctx;
  mmd_pyobj_t *old, *value = entry->value, *merged;
  bool deletes;
  MMD_TRY(mmd_pydict_find(ctx, result, entry->key, &old));
  if (value->kind != MMD_PY_DICT || !old) return mmd_pydict_set(ctx, result, entry->key, value);
  MMD_TRY(without_delete(ctx, value, &value, &deletes));
  if (deletes) return mmd_pydict_set(ctx, result, entry->key, value);
  const char *key = entry->key->kind == MMD_PY_STR ? entry->key->u.str.data : "?";
  const char *path = mmd_arena_printf(&ctx->arena, "%s%s%s", where, *where ? "." : "", key);
  MMD_TRY_ALLOC(path);
  if (old->kind != MMD_PY_DICT) return refuse_kind(ctx, m->file, path, old);
  MMD_TRY(mmd_py_enter(ctx));
  MMD_TRY(mmd_py_copy(ctx, old, &merged));
  MMD_TRY(merge_into(m, value, merged, path));
  mmd_py_leave(ctx);
  return mmd_pydict_set(ctx, result, entry->key, merged);
}

static mmd_status_t merge_into(const merge_t *m, mmd_pyobj_t *child, mmd_pyobj_t *result,
                               const char *where) {
  size_t index = 0;
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(child, &index));) {
    MMD_TRY(mmd_pyctx_step(m->ctx, 1));
    MMD_TRY(merge_entry(m, e, result, where));
  }
  return NULL;
}

mmd_status_t mmd_py_merge(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyobj_t *child,
                          mmd_pyobj_t *base, mmd_pyobj_t **out) {
  const merge_t m = {ctx, file};
  MMD_TRY(mmd_py_copy(ctx, base, out));
  return merge_into(&m, child, *out, "");
}
