// SPDX-License-Identifier: Apache-2.0
//
// Python that records reference arrays of a model in PyTorch.
#ifndef MMD_CONVERT_PARITY_SNIPPET_H_
#define MMD_CONVERT_PARITY_SNIPPET_H_

#include "base/str.h"

typedef struct mmd_snippet_request_t {
  const char *config, *checkpoint;  // paths, as the snippet shall say them
  const char *file;                 // that the snippet writes
  int64_t height, width;            // 0: what the config says, else 224
} mmd_snippet_request_t;

// Reads the config and appends the snippet of its code base. MMD_NOT_SUPPORTED names those that
// have one.
mmd_status_t mmd_snippet_make(const mmd_snippet_request_t *request,
                              mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_CONVERT_PARITY_SNIPPET_H_
