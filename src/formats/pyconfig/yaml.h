// SPDX-License-Identifier: Apache-2.0
//
// YAML text to objects, as PyYAML's loader makes them.
#ifndef MMD_FORMATS_PYCONFIG_YAML_H_
#define MMD_FORMATS_PYCONFIG_YAML_H_

#include "formats/pyconfig/object.h"

// One document. |name| stands in messages, which begin with "name:line:column: ". Tags that would
// make Python objects are refused.
mmd_status_t mmd_py_yaml_parse(mmd_pyctx_t *ctx, const char *name, const char *text, size_t size,
                               mmd_pyobj_t **out) MMD_MUST_USE;

// What a plain scalar stands for by the rules of YAML 1.1: null, bool, int, float or str.
mmd_status_t mmd_py_yaml_resolve(mmd_pyctx_t *ctx, const char *text, size_t size,
                                 mmd_pyobj_t **out) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_YAML_H_
