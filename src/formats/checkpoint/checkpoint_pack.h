// SPDX-License-Identifier: Apache-2.0
//
// What the writers of checkpoints share: one tensor at a time is brought into the form of the file.
#ifndef MMD_FORMATS_CHECKPOINT_CHECKPOINT_PACK_H_
#define MMD_FORMATS_CHECKPOINT_CHECKPOINT_PACK_H_

#include "base/status.h"
#include "tensor/tensor.h"

enum { MMD_CHECKPOINT_PIECE = 4 << 20 };  // bytes of a large tensor that are in memory at a time

// |tensor| packed and of type |dtype| (undefined: its own): a view where it is so already.
mmd_status_t mmd_checkpoint_pack(const mmd_tensor_t *tensor, mmd_dtype_t dtype,
                                 mmd_tensor_t *out_packed) MMD_MUST_USE;

// The pages of a mapped file under a packed |tensor| are not needed for now.
void mmd_checkpoint_drop_pages(const mmd_tensor_t *tensor);

#endif  // MMD_FORMATS_CHECKPOINT_CHECKPOINT_PACK_H_
