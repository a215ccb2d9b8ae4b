// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_NCNN_RUNTIME_SESSION_H_
#define MMD_BACKENDS_NCNN_RUNTIME_SESSION_H_

#include "backends/ncnn/runtime/ops/layers.h"
#include "backends/ncnn/runtime/param.h"

typedef struct ncnn_session_t {
  ncnn_library_t *library;  // borrowed
  ncnn_param_t param;       // inputs and outputs
  mmdeploy_plugin_tensor_info_t *input_infos, *output_infos;
  ncnn_layers_t layers;  // custom ones
  ncnn_net_t *net;
} ncnn_session_t;

mmd_status_t ncnn_session_create(ncnn_library_t *library, const mmdeploy_session_desc_t *desc,
                                 ncnn_session_t **out_session) MMD_MUST_USE;
void ncnn_session_destroy(ncnn_session_t *session);  // NULL is fine
mmd_status_t ncnn_session_run(ncnn_session_t *session, const mmdeploy_run_tensor_t *inputs,
                              size_t input_count, mmdeploy_run_tensor_t *outputs,
                              size_t output_count) MMD_MUST_USE;

#endif  // MMD_BACKENDS_NCNN_RUNTIME_SESSION_H_
