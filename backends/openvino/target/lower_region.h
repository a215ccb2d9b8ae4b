// SPDX-License-Identifier: Apache-2.0
//
// Lowering of regions: the network itself and the bodies of Loop and If. A body sees nothing of
// what is around it, so each value that it uses from there becomes one more Parameter.
#ifndef MMD_BACKENDS_OPENVINO_TARGET_LOWER_REGION_H_
#define MMD_BACKENDS_OPENVINO_TARGET_LOWER_REGION_H_

#include <stdint.h>

#include "backends/openvino/target/lower.h"

// A value from outside and the Parameter that stands for it.
typedef struct ov_capture_t {
  const mmd_edge_t *edge;
  ov_layer_t *parameter;
  struct ov_capture_t *next;
} ov_capture_t;

// A list of values; the engine has no sequences (lower_sequence.c).
enum { OV_MAX_ITEMS = 256 };
typedef struct ov_sequence_t {
  size_t count;
  const ov_value_t *items;
} ov_sequence_t;

struct ov_scope_t {
  bool is_body;
  mmd_map_t values;     // name of an edge -> ov_value_t *
  mmd_map_t sequences;  // -> ov_sequence_t *
  ov_capture_t *first, *last;
};

// The value of an edge in the net being filled: bound before, a constant stored now, or captured.
ov_value_t ov_region_value(ov_lower_t *l, const mmd_edge_t *edge);
void ov_region_bind(ov_lower_t *l, const mmd_edge_t *edge, ov_value_t value);

// The node's output |output| becomes a sequence; what an edge is, or NULL where it is not known.
void ov_region_bind_sequence(ov_lower_t *l, size_t output, size_t count, const ov_value_t *items);
const ov_sequence_t *ov_region_sequence(const ov_lower_t *l, const mmd_edge_t *edge);

// Inputs that are elements of something larger, and outputs that are put together: from which on,
// and along which axis of the whole (NULL: 0).
typedef struct ov_slices_t {
  size_t input_from, output_from;
  const int64_t *input_axes, *output_axes;
} ov_slices_t;
#define OV_NO_SLICES ((ov_slices_t){.input_from = SIZE_MAX, .output_from = SIZE_MAX})

// A body: its Parameters and Results in the order of the region's inputs and outputs, and what it
// captures. The engine's elements keep their axis, with the size 1. Deinit also after a failure.
typedef struct ov_body_t {
  ov_net_t *net;
  ov_layer_t **parameters, **results;
  ov_scope_t scope;
} ov_body_t;
void ov_body_lower(ov_lower_t *l, const mmd_region_t *region, const ov_slices_t *slices,
                   ov_body_t *out_body);
void ov_body_deinit(ov_body_t *body);

#endif  // MMD_BACKENDS_OPENVINO_TARGET_LOWER_REGION_H_
