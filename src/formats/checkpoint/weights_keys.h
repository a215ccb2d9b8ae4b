// SPDX-License-Identifier: Apache-2.0
//
// What trainers do to the keys of a dict of weights: nest it, or keep averages beside the weights.
#ifndef MMD_FORMATS_CHECKPOINT_WEIGHTS_KEYS_H_
#define MMD_FORMATS_CHECKPOINT_WEIGHTS_KEYS_H_

#include "base/status.h"
#include "value/value.h"

// mmcv's EMAHook keeps the average of "head.fc.weight" as the buffer "ema_head_fc_weight".
#define MMD_WEIGHTS_EMA "ema_"

// |weights| with its dicts of tensors flattened, or another reference to it when it has none. A
// dict with anything else in it stays as it is, and so do those of optimizers. |name| stands in
// messages for the source.
mmd_status_t mmd_weights_flatten(const mmd_value_t *weights, const char *name,
                                 mmd_value_t **out_flat) MMD_MUST_USE;

// The averages of EMAHook under the keys of their weights, or NULL when there are none.
mmd_status_t mmd_weights_averages(const mmd_value_t *weights,
                                  mmd_value_t **out_averages) MMD_MUST_USE;

// Fails unless a key begins with |prefix|; the message tells what they begin with.
mmd_status_t mmd_weights_check_prefix(const mmd_value_t *weights, const char *prefix,
                                      const char *name) MMD_MUST_USE;

// The key under which EMAHook keeps the average of |key|; freed with mmd_free, NULL when memory is
// short.
char *mmd_weights_average_key(const char *key);

#endif  // MMD_FORMATS_CHECKPOINT_WEIGHTS_KEYS_H_
