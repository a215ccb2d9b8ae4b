// SPDX-License-Identifier: Apache-2.0
//
// What LSTM, GRU and RNN by PyTorch's functions and step by step share.
#ifndef MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_RECURRENT_H_
#define MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_RECURRENT_H_

#include "backends/torchscript/target/lower.h"

typedef struct ts_recurrent_t {
  const char *function;  // PyTorch's
  int gates, functions;  // functions: activations a direction
  const int *order;      // ONNX's place of PyTorch's gate
  const char *usual;     // activations where the node names none, divided by spaces
  int directions;
  int64_t hidden;
  const char *x;  // [steps, batch, input]
} ts_recurrent_t;

// Text of initial state |i|, [directions, batch, hidden].
const char *ts_recurrent_state(ts_lower_t *l, const ts_recurrent_t *r, size_t i);

// Steps in TorchScript: whatever the operator can be told. |out_y| is [steps, directions, batch,
// hidden], |out_cell| NULL of cells without one.
void ts_recurrent_steps(ts_lower_t *l, const ts_recurrent_t *r, const char **out_y,
                        const char **out_last, const char **out_cell);

#endif  // MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_RECURRENT_H_
