// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints: named tensors and whatever else the file tells. Read are PyTorch's zip and legacy
// containers, bare pickles, safetensors and .npz. The file is mapped and its bytes are not copied:
// tensors are views that may be unaligned, strided and shared.
//
// Wrappers are taken off: the tensors are those under "state_dict" where there is one, else under
// "model" and its like, else those of the outermost dict; "module." is cut off when every key has
// it. Dicts of tensors inside the weights are flattened: {"head": {"w": t}} gives "head.w". Other
// prefixes (ema_, student.) stay unless the options ask for one.
#ifndef MMD_FORMATS_CHECKPOINT_CHECKPOINT_H_
#define MMD_FORMATS_CHECKPOINT_CHECKPOINT_H_

#include <stddef.h>

#include "base/status.h"
#include "formats/checkpoint/pickle.h"
#include "formats/zip/zip.h"
#include "tensor/tensor.h"
#include "value/value.h"

typedef struct mmd_checkpoint mmd_checkpoint_t;

typedef struct mmd_checkpoint_options_t {
  const char *wrapper;  // dotted name of the dict to take ("ema_state_dict"); NULL = by rule
  bool keep_prefix;     // leave "module." where it is
  // Take only the keys that begin so, and cut it off with the dot behind it ("teacher",
  // "generator_ema."). "ema_" also stands for the averages that mmcv's EMAHook keeps: the key
  // "head.fc.weight" then gets the tensor "ema_head_fc_weight". NULL = all keys.
  const char *prefix;
  mmd_pickle_options_t pickle;
  mmd_zip_options_t zip;
} mmd_checkpoint_options_t;

typedef struct mmd_checkpoint_info_t {
  const char *container;  // "torch zip", "torch legacy", "pickle", "safetensors", "npz", …
  const char *wrapper;    // "state_dict", "" when the tensors stood outermost
  const char *prefix;     // that was cut off: "module." or ""
  size_t file_size;
} mmd_checkpoint_info_t;

// |options| may be NULL. Messages begin with the path and name entry and key.
mmd_status_t mmd_checkpoint_open(const char *path, const mmd_checkpoint_options_t *options,
                                 mmd_checkpoint_t **out_checkpoint) MMD_MUST_USE;
// The same from memory; |name| stands in messages. The storage is retained.
mmd_status_t mmd_checkpoint_open_storage(mmd_storage_t *storage, const char *name,
                                         const mmd_checkpoint_options_t *options,
                                         mmd_checkpoint_t **out_checkpoint) MMD_MUST_USE;
// The same from an object that has been read already. |container| (a literal) is what
// mmd_checkpoint_info will call it.
mmd_status_t mmd_checkpoint_from_value(mmd_value_t *root, const char *name, const char *container,
                                       size_t file_size, const mmd_checkpoint_options_t *options,
                                       mmd_checkpoint_t **out_checkpoint) MMD_MUST_USE;
// NULL is fine. Tensors and values that were retained stay valid.
void mmd_checkpoint_destroy(mmd_checkpoint_t *checkpoint);

// Tensors in the file's order. What is handed out is borrowed.
size_t mmd_checkpoint_size(const mmd_checkpoint_t *checkpoint);
const char *mmd_checkpoint_key_at(const mmd_checkpoint_t *checkpoint, size_t index);
const mmd_tensor_t *mmd_checkpoint_tensor_at(const mmd_checkpoint_t *checkpoint, size_t index);
const mmd_tensor_t *mmd_checkpoint_get(const mmd_checkpoint_t *checkpoint, const char *key);

// Gives key |i| the name |names[i]|, or drops it where that is NULL. Two equal names are an error,
// which leaves the checkpoint as it was.
mmd_status_t mmd_checkpoint_set_keys(mmd_checkpoint_t *checkpoint,
                                     const char *const *names) MMD_MUST_USE;

// Everything but the tensors: the outermost dict without its wrapper (epoch, meta, optimizer, …);
// what else stood in the state dict is under "__extra__". Always an object.
mmd_value_t *mmd_checkpoint_rest(const mmd_checkpoint_t *checkpoint);
// The member "meta" ("__metadata__" of safetensors), or NULL.
mmd_value_t *mmd_checkpoint_meta(const mmd_checkpoint_t *checkpoint);
// Names and colours of the classes, as OpenMMLab 0.x and 1.x keep them: arrays (a tensor where
// somebody saved a NumPy array), or NULL.
mmd_value_t *mmd_checkpoint_classes(const mmd_checkpoint_t *checkpoint);
mmd_value_t *mmd_checkpoint_palette(const mmd_checkpoint_t *checkpoint);
// Versions of modules that PyTorch keeps beside a state dict:
// {"backbone.bn1": {"version": 2}, …}, or NULL.
mmd_value_t *mmd_checkpoint_versions(const mmd_checkpoint_t *checkpoint);

mmd_checkpoint_info_t mmd_checkpoint_info(const mmd_checkpoint_t *checkpoint);

#endif  // MMD_FORMATS_CHECKPOINT_CHECKPOINT_H_
