// SPDX-License-Identifier: Apache-2.0
//
// Builtin functions that stand in files of their own.
#ifndef MMD_FORMATS_PYCONFIG_BUILTIN_H_
#define MMD_FORMATS_PYCONFIG_BUILTIN_H_

#include "formats/pyconfig/eval.h"

mmd_status_t mmd_py_fn_int(mmd_pyctx_t *ctx, const mmd_pycall_t *call,
                           mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_fn_float(mmd_pyctx_t *ctx, const mmd_pycall_t *call,
                             mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_fn_round(mmd_pyctx_t *ctx, const mmd_pycall_t *call,
                             mmd_pyobj_t **out) MMD_MUST_USE;

// Refuses keyword arguments other than the |known| ones.
mmd_status_t mmd_py_check_keywords(mmd_pyctx_t *ctx, const mmd_pycall_t *call,
                                   const char *const *known, size_t count) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_BUILTIN_H_
