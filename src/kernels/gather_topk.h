// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_KERNELS_GATHER_TOPK_H_
#define MMD_KERNELS_GATHER_TOPK_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// |out| (batch x picks) of the pieces of |bytes| bytes that |indices| (batch x picks) name among
// |data| (batch x count). Negative indices count from the end; MMD_OUT_OF_RANGE when one is beyond.
mmd_status_t mmd_gather_topk_run(const void *data, size_t batch, size_t count, size_t bytes,
                                 const int64_t *indices, size_t picks, void *out) MMD_MUST_USE;

#endif  // MMD_KERNELS_GATHER_TOPK_H_
