// SPDX-License-Identifier: Apache-2.0
//
// Backends linked into libmmdeploy. All backends are modules so far, so that a program loads only
// what it uses.
#include <stddef.h>

#include "pipeline/registry.h"

const mmdeploy_backend_query_fn mmd_backend_registry[] = {NULL};
