// SPDX-License-Identifier: Apache-2.0
//
// Methods of strings; the other types' are in method.c.
#ifndef MMD_FORMATS_PYCONFIG_METHOD_H_
#define MMD_FORMATS_PYCONFIG_METHOD_H_

#include "formats/pyconfig/object.h"

const mmd_pybuiltin_t *mmd_py_find_text_method(const char *name);  // NULL when unknown

#endif  // MMD_FORMATS_PYCONFIG_METHOD_H_
