// SPDX-License-Identifier: Apache-2.0
//
// Config files and their bases.
#ifndef MMD_FORMATS_PYCONFIG_LOADER_H_
#define MMD_FORMATS_PYCONFIG_LOADER_H_

#include "formats/pyconfig/eval.h"

#define MMD_PY_MAX_FILES 2000  // read for one config
#define MMD_PY_MAX_CHAIN 64    // bases of bases
#define MMD_PY_MAX_FILE_SIZE ((size_t)32 << 20)

typedef struct mmd_pyfile_t mmd_pyfile_t;
struct mmd_pyfile_t {
  const char *path;  // absolute, without "." and ".."
  const char *name;  // as messages call it
  const char *text;  // after substitution; in the arena
  size_t size;
  const mmd_pyfile_t *child;  // the file that wants this one; NULL for the first
  unsigned depth;
  bool lazy;           // read for read_base()
  bool placeholders;   // holds {{ _base_.x }}
  mmd_pynode_t *tree;  // of a Python file
};

// What a file gives.
typedef struct mmd_pyresult_t {
  mmd_pyobj_t *config;    // dict by name
  mmd_pyobj_t *imported;  // set of names that came by import
  bool lazy;              // written with read_base()
} mmd_pyresult_t;

// Reads |path|; |text| NULL asks the loader or the disk.
mmd_status_t mmd_pyfile_load(mmd_pyctx_t *ctx, mmd_pyfile_t *file, const char *text, size_t size,
                             mmd_pyresult_t *out) MMD_MUST_USE;
// Drops modules, functions, imported and reserved names of a finished config.
mmd_status_t mmd_pyresult_clean(mmd_pyctx_t *ctx, const mmd_pyresult_t *result,
                                mmd_pyobj_t **out_config) MMD_MUST_USE;

// Replaces {{ fileDirname }} and its like, {{$VAR:default}} and {{ _base_.x }} in the text.
mmd_status_t mmd_py_substitute(mmd_pyctx_t *ctx, mmd_pyfile_t *file, const char *text,
                               size_t size) MMD_MUST_USE;
// Replaces the placeholders that the former left for {{ _base_.x }} by values of |base|.
mmd_status_t mmd_py_fill_placeholders(mmd_pyctx_t *ctx, const mmd_pyfile_t *file,
                                      mmd_pyobj_t *object, mmd_pyobj_t *base,
                                      mmd_pyobj_t **out) MMD_MUST_USE;
// |child| over |base|; neither is changed. |file| finds lines for messages.
mmd_status_t mmd_py_merge(mmd_pyctx_t *ctx, const mmd_pyfile_t *file, mmd_pyobj_t *child,
                          mmd_pyobj_t *base, mmd_pyobj_t **out) MMD_MUST_USE;
// The top-level assignment of |name|, or NULL.
const mmd_pynode_t *mmd_pyfile_assignment(const mmd_pyfile_t *file, const char *name);

// "a/./b/../c" -> "a/c", in the arena; NULL when memory is short.
char *mmd_py_normal_path(mmd_pyctx_t *ctx, const char *path);

#endif  // MMD_FORMATS_PYCONFIG_LOADER_H_
