// SPDX-License-Identifier: Apache-2.0
//
// One reader a container. Each gives the outermost value; tensors in it view the file.
#ifndef MMD_FORMATS_CHECKPOINT_CONTAINERS_H_
#define MMD_FORMATS_CHECKPOINT_CONTAINERS_H_

#include "formats/checkpoint/checkpoint.h"

typedef struct mmd_container_input_t {
  mmd_storage_t *storage;
  const char *name;
  const mmd_checkpoint_options_t *options;  // never NULL
} mmd_container_input_t;

// A zip archive: PyTorch's, or .npz. |out_container| gets the name of the kind.
mmd_status_t mmd_container_read_zip(const mmd_container_input_t *input, const char **out_container,
                                    mmd_value_t **out_root) MMD_MUST_USE;

// Pickles in a row with the storages behind them, as PyTorch wrote before 1.6.
bool mmd_container_probe_legacy(const void *data, size_t size);
mmd_status_t mmd_container_read_legacy(const mmd_container_input_t *input,
                                       mmd_value_t **out_root) MMD_MUST_USE;

// One pickle without storages.
bool mmd_container_probe_pickle(const void *data, size_t size);
mmd_status_t mmd_container_read_pickle(const mmd_container_input_t *input,
                                       mmd_value_t **out_root) MMD_MUST_USE;

bool mmd_container_probe_safetensors(const void *data, size_t size);
mmd_status_t mmd_container_read_safetensors(const mmd_container_input_t *input,
                                            mmd_value_t **out_root) MMD_MUST_USE;

#endif  // MMD_FORMATS_CHECKPOINT_CONTAINERS_H_
