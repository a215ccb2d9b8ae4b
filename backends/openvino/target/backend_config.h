// SPDX-License-Identifier: Apache-2.0
//
// What the deploy config says to this backend:
//   mo_options = dict(args={'--data_type': 'FP16', '--mean_values': […], '--scale_values': […]},
//                     flags=['--compress_to_fp16'])
//   model_inputs = [dict(opt_shapes=…,
//                        input_shapes=dict(input=dict(min_shape=[1, 3, 64, 64],
//                                                     max_shape=[4, 3, 1344, 1344])))]
// opt_shapes is what the original fixed the network to; ours stays dynamic where the graph is.
#ifndef MMD_BACKENDS_OPENVINO_TARGET_BACKEND_CONFIG_H_
#define MMD_BACKENDS_OPENVINO_TARGET_BACKEND_CONFIG_H_

#include "graph/graph.h"
#include "mmdeploy/plugin/target.h"
#include "value/value.h"

typedef struct ov_config_t {
  mmd_value_t *json;
  bool use_f16;  // weights in half precision
} ov_config_t;

mmd_status_t ov_config_read(const mmdeploy_target_request_t *request,
                            ov_config_t *out_config) MMD_MUST_USE;
void ov_config_deinit(ov_config_t *config);

// The smallest and largest size of an input's dynamic axis; -1 where nothing is said.
typedef struct ov_bounds_t {
  int64_t min, max;
} ov_bounds_t;
mmd_status_t ov_config_bounds(const ov_config_t *config, const mmd_edge_t *input, int axis,
                              ov_bounds_t *out_bounds) MMD_MUST_USE;

// (x - mean) / scale behind the graph's picture, where the config asks for it.
mmd_status_t ov_config_normalize(const ov_config_t *config, mmd_graph_t *graph) MMD_MUST_USE;

#endif  // MMD_BACKENDS_OPENVINO_TARGET_BACKEND_CONFIG_H_
