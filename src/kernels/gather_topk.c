// SPDX-License-Identifier: Apache-2.0
#include "kernels/gather_topk.h"

#include <string.h>

mmd_status_t mmd_gather_topk_run(const void *data, size_t batch, size_t count, size_t bytes,
                                 const int64_t *indices, size_t picks, void *out) {
  const char *from = data;
  char *to = out;
  int64_t size = (int64_t)count;
  for (size_t b = 0; b < batch; ++b) {
    for (size_t i = 0; i < picks; ++i) {
      int64_t index = indices[b * picks + i];
      if (index < -size || index >= size) {
        return MMD_ERROR(MMD_OUT_OF_RANGE, "index %lld of %lld", (long long)index, (long long)size);
      }
      if (index < 0) index += size;
      if (bytes > 0) memcpy(to, from + (b * count + (size_t)index) * bytes, bytes);
      to += bytes;
    }
  }
  return NULL;
}
