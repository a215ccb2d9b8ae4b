// SPDX-License-Identifier: Apache-2.0
//
// libspng on the process allocator, and its errors as statuses.
#ifndef MMD_MEDIA_PNG_ALLOC_H_
#define MMD_MEDIA_PNG_ALLOC_H_

#include <spng.h>

#include "base/status.h"

// NULL when memory is short. Freed with spng_ctx_free.
spng_ctx *mmd_png_context_create(int flags);

// NULL for 0. For errors of the context that this thread created last.
mmd_status_t mmd_png_status(int error) MMD_MUST_USE;

#endif  // MMD_MEDIA_PNG_ALLOC_H_
