// SPDX-License-Identifier: Apache-2.0
//
// OpenVINO's intermediate representation, version 11: a list of layers and the edges between their
// ports, as XML, with the constants in a second file. Loop and If hold nets of their own (bodies).
#ifndef MMD_BACKENDS_OPENVINO_TARGET_IR_H_
#define MMD_BACKENDS_OPENVINO_TARGET_IR_H_

#include "base/arena.h"
#include "base/str.h"
#include "graph/graph.h"

enum { OV_MAX_BODIES = 2 };

// A value: an output of a layer. |layer| NULL = none.
typedef struct ov_value_t {
  struct ov_layer_t *layer;
  size_t output;
} ov_value_t;

typedef struct ov_output_t {
  mmd_dtype_t dtype;       // MMD_DTYPE_UNDEFINED = not known to us
  const mmd_type_t *type;  // for the reader's eye; may be NULL
  const char *name;        // tensor name, may be NULL
} ov_output_t;

typedef struct ov_layer_t {
  int id;
  const char *name, *type, *opset;  // "conv1", "Convolution", "opset1"
  mmd_str_t data;                   // attributes: ` strides="1,1"`
  size_t input_count, output_count;
  ov_value_t *inputs;
  ov_output_t *outputs;
  bool is_decompression;  // a Convert from f16 that only saves space
  struct ov_net_t *bodies[OV_MAX_BODIES];
  mmd_str_t port_maps;  // XML of Loop and If
  struct ov_layer_t *next;
} ov_layer_t;

typedef struct ov_net_t {
  ov_layer_t *first, *last;
  int layer_count;
} ov_net_t;

// The bytes of the second file, in order.
typedef struct ov_blob_t {
  struct ov_blob_t *next;
  mmd_tensor_t tensor;  // retained
  uint64_t offset;
} ov_blob_t;

typedef struct ov_ir_t {
  mmd_arena_t arena;
  ov_net_t net;
  ov_blob_t *first_blob, *last_blob;
  uint64_t blob_size;
  const char *name;
  mmd_str_t equal_sizes;  // "0.2,1.2;…": axes (input.axis) that always have one size
} ov_ir_t;

void ov_ir_init(ov_ir_t *ir);
void ov_ir_deinit(ov_ir_t *ir);

// A layer at the end of |net|. Inputs are copied; |name| NULL = made from the type and the number.
mmd_status_t ov_ir_add_layer(ov_ir_t *ir, ov_net_t *net, const char *name, const char *type,
                             const char *opset, size_t input_count, const ov_value_t *inputs,
                             size_t output_count, ov_layer_t **out_layer) MMD_MUST_USE;
// ` key="text"` of a layer; |text| is escaped.
mmd_status_t ov_layer_set(ov_layer_t *layer, const char *key, const char *text) MMD_MUST_USE;

// Stores the bytes of a constant; where they begin.
mmd_status_t ov_ir_add_blob(ov_ir_t *ir, const mmd_tensor_t *tensor,
                            uint64_t *out_offset) MMD_MUST_USE;

// "f32", "boolean"; NULL for types that the format lacks.
const char *ov_element_type(mmd_dtype_t dtype);

// Writes both files; each appears whole or not at all.
mmd_status_t ov_ir_write(const ov_ir_t *ir, const char *xml_path,
                         const char *bin_path) MMD_MUST_USE;

#endif  // MMD_BACKENDS_OPENVINO_TARGET_IR_H_
