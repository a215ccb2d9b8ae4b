// SPDX-License-Identifier: Apache-2.0
//
// bench_make_checkpoint KEYS.txt OUT.pth: a checkpoint of small random numbers with the keys and
// shapes of a list
// ("key d0,d1,…" or "key scalar" a line), so that conversions of any size can be timed without
// downloading weights.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "formats/checkpoint/checkpoint_writer.h"

enum { MAX_TENSORS = 2048 };

static uint32_t g_state = 1;

static float next_number(void) {
  g_state = g_state * 1664525u + 1013904223u;
  return (float)(g_state >> 8) / (float)(1 << 24) * 0.05f;
}

static mmd_status_t make_tensor(const char *key, char *dims, mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {0};
  if (strcmp(dims, "scalar") != 0) {
    for (char *d = strtok(dims, ","); d && shape.rank < MMD_MAX_RANK; d = strtok(NULL, ",")) {
      shape.dims[shape.rank++] = strtoll(d, NULL, 10);
    }
  }
  const bool is_count = strstr(key, "num_batches_tracked") != NULL;
  MMD_TRY(mmd_tensor_create(is_count ? MMD_I64 : MMD_F32, &shape, true, out_tensor));
  float *data = mmd_tensor_mutable_data(out_tensor);
  const bool is_positive = strstr(key, "running_var") != NULL;
  for (size_t i = 0; !is_count && i < mmd_tensor_count(out_tensor); ++i) {
    data[i] = is_positive ? 1.f : next_number() - 0.025f;
  }
  return NULL;
}

static mmd_status_t make_checkpoint(FILE *keys, const char *path) {
  static mmd_checkpoint_entry_t entries[MAX_TENSORS];
  static mmd_tensor_t tensors[MAX_TENSORS];
  static char names[MAX_TENSORS][128];
  char dims[128];
  size_t count = 0;
  while (count < MAX_TENSORS && fscanf(keys, "%127s %127s", names[count], dims) == 2) {
    MMD_TRY(make_tensor(names[count], dims, &tensors[count]));
    entries[count].key = names[count];
    entries[count].tensor = tensors[count];
    ++count;
  }
  return mmd_checkpoint_write(path, NULL, entries, count);
}

int main(int argc, char **argv) {
  FILE *keys = argc == 3 ? fopen(argv[1], "r") : NULL;
  if (!keys) return 2;
  mmd_status_t status = make_checkpoint(keys, argv[2]);
  fclose(keys);
  if (status) fprintf(stderr, "%s\n", mmd_status_message(status));
  return mmd_status_ignore(status) ? 1 : 0;
}
