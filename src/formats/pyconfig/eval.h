// SPDX-License-Identifier: Apache-2.0
//
// Evaluation of a syntax tree over the fixed set of operations.
#ifndef MMD_FORMATS_PYCONFIG_EVAL_H_
#define MMD_FORMATS_PYCONFIG_EVAL_H_

#include "formats/pyconfig/syntax.h"

#define MMD_PY_MAX_DEPTH 900  // expressions and statements inside one another, calls included

// Names of a module, a call or a comprehension.
struct mmd_pyframe {
  mmd_pyobj_t *names;     // dict
  mmd_pyobj_t *imported;  // module frames: set of imported names; else NULL
  mmd_pyobj_t *globals;   // call frames: set of names declared global, or NULL
  mmd_pyframe_t *outer;   // where names are looked up next; NULL for a module
  bool comprehension;
};

struct mmd_pycall {
  mmd_pyobj_t *self;  // of methods
  mmd_pyobj_t **args;
  size_t count;
  mmd_pyobj_t *keywords;  // dict, NULL when there are none
};

typedef enum mmd_pyflow_t {
  MMD_PY_NEXT,
  MMD_PY_BREAK,
  MMD_PY_CONTINUE,
  MMD_PY_RETURN
} mmd_pyflow_t;

mmd_status_t mmd_py_eval(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                         mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_run(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                        mmd_pyflow_t *out_flow, mmd_pyobj_t **out_result) MMD_MUST_USE;
mmd_status_t mmd_py_call(mmd_pyctx_t *ctx, mmd_pyobj_t *function, const mmd_pycall_t *call,
                         mmd_pyobj_t **out) MMD_MUST_USE;

// Pieces of the evaluator in their own files.
mmd_status_t mmd_py_assign(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *target,
                           mmd_pyobj_t *value) MMD_MUST_USE;  // value NULL deletes
mmd_status_t mmd_py_make_function(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                  mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_binary(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *a, mmd_pyobj_t *b,
                           mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_unary(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *a,
                          mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_compare(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *a, mmd_pyobj_t *b,
                            bool *out) MMD_MUST_USE;
mmd_status_t mmd_py_get_index(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *index,
                              mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_set_index(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *index,
                              mmd_pyobj_t *value) MMD_MUST_USE;  // value NULL deletes
// |bounds|: start, stop, step; entries may be None.
mmd_status_t mmd_py_get_slice(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *const bounds[3],
                              mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_set_slice(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *const bounds[3],
                              mmd_pyobj_t *value) MMD_MUST_USE;
mmd_status_t mmd_py_get_attribute(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *name,
                                  mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_set_attribute(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *name,
                                  mmd_pyobj_t *value) MMD_MUST_USE;  // value NULL deletes
mmd_status_t mmd_py_set_item(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                             mmd_pyobj_t *value) MMD_MUST_USE;  // as dict[key] = value
mmd_status_t mmd_py_percent(mmd_pyctx_t *ctx, mmd_pyobj_t *text, mmd_pyobj_t *arguments,
                            mmd_pyobj_t **out) MMD_MUST_USE;
// The position of |name| in an "unknown ..., did you mean" message; |names| is a dict.
const char *mmd_py_nearest_key(mmd_pyctx_t *ctx, const mmd_pyobj_t *names, const char *name);

// Builtins by name; NULL when unknown. Methods of an object; NULL when unknown.
const mmd_pybuiltin_t *mmd_py_find_builtin(const char *name);
const char *mmd_py_nearest_builtin(const char *name);
const mmd_pybuiltin_t *mmd_py_find_method(const mmd_pyobj_t *owner, const char *name);
// Of a builtin class: dict.fromkeys. NULL when unknown.
const mmd_pybuiltin_t *mmd_py_find_class_method(const mmd_pybuiltin_t *owner, const char *name);
const mmd_pymodule_t *mmd_py_find_module(const char *name);
// Whether it is a function to Python, not a class or a function in C: copy.copy, os.path.join.
bool mmd_py_is_written_in_python(const mmd_pybuiltin_t *builtin);
const char *mmd_py_module_names(void);
mmd_status_t mmd_py_module_attribute(mmd_pyctx_t *ctx, const mmd_pymodule_t *module,
                                     const char *name,
                                     mmd_pyobj_t **out) MMD_MUST_USE;  // NULL when unknown
mmd_status_t mmd_py_make_module(mmd_pyctx_t *ctx, const mmd_pymodule_t *module,
                                mmd_pyobj_t **out) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_EVAL_H_
