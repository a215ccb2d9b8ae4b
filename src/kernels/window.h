// SPDX-License-Identifier: Apache-2.0
//
// Which results of a row a kernel position contributes to: shared by convolution and pooling.
#ifndef MMD_KERNELS_WINDOW_H_
#define MMD_KERNELS_WINDOW_H_

#include <stddef.h>
#include <stdint.h>

// Results [begin, end) whose source position, first + i * stride, lies inside [0, size).
typedef struct mmd_window_t {
  size_t begin, end;
} mmd_window_t;

static inline mmd_window_t mmd_window_make(int64_t first, size_t stride, size_t size,
                                           size_t count) {
  int64_t s = (int64_t)stride;
  int64_t rest = (int64_t)size - first;
  int64_t begin = first >= 0 ? 0 : s == 1 ? -first : (-first + s - 1) / s;
  int64_t end = rest <= 0 ? 0 : s == 1 ? rest : (rest + s - 1) / s;
  if (end > (int64_t)count) end = (int64_t)count;
  if (begin > end) begin = end;
  return (mmd_window_t){(size_t)begin, (size_t)end};
}

#endif  // MMD_KERNELS_WINDOW_H_
