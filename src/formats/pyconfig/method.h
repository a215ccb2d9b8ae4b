// SPDX-License-Identifier: Apache-2.0
//
// Methods of strings; the other types' are in method.c.
#ifndef MMD_FORMATS_PYCONFIG_METHOD_H_
#define MMD_FORMATS_PYCONFIG_METHOD_H_

#include "formats/pyconfig/object.h"

const mmd_pybuiltin_t *mmd_py_find_text_method(const char *name);  // NULL when unknown
const mmd_pybuiltin_t *mmd_py_find_word_method(const char *name);  // those of method_word.c

// Characters of a string.
size_t mmd_py_length(const mmd_pyobj_t *text);
// Refuses a text that has characters outside ASCII, for what looks at bytes alone.
mmd_status_t mmd_py_need_ascii(mmd_pyctx_t *ctx, const mmd_pyobj_t *text,
                               const char *method) MMD_MUST_USE;
// Refuses a text with characters outside ASCII that may have another case.
mmd_status_t mmd_py_need_caseless(mmd_pyctx_t *ctx, const mmd_pyobj_t *text,
                                  const char *method) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_METHOD_H_
