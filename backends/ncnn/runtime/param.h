// SPDX-License-Identifier: Apache-2.0
//
// The text of a net, looked at before the engine sees it: the engine trusts its counts and names.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_PARAM_H_
#define MMD_BACKENDS_NCNN_RUNTIME_PARAM_H_

#include "backends/ncnn/runtime/tensors.h"
#include "base/arena.h"
#include "base/map.h"

enum { MMD_NCNN_MAX_TENSORS = 64 };

typedef struct ncnn_param_t {
  mmd_arena_t arena;  // holds everything below
  char *text;         // with a NUL
  size_t input_count, output_count;
  ncnn_tensor_t *inputs, *outputs;
  mmd_map_t types;  // of layers -> int: the line of the first
} ncnn_param_t;

// Inputs and outputs are those of the meta line. In files of others inputs are the Input layers,
// with a batch of 1 in front, and outputs the blobs that nobody takes, of any rank.
mmd_status_t ncnn_param_read(const void *data, size_t size, const char *name,
                             ncnn_param_t *out_param) MMD_MUST_USE;
void ncnn_param_deinit(ncnn_param_t *param);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_PARAM_H_
