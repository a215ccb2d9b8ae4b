// SPDX-License-Identifier: Apache-2.0
//
// What targets whose engine reads ONNX share.
#ifndef MMD_BACKENDS_ONNX_FILES_H_
#define MMD_BACKENDS_ONNX_FILES_H_

#include "base/status.h"
#include "mmdeploy/plugin/target.h"

#define MMD_OLDEST_OPSET 9
#define MMD_NEWEST_OPSET 20

// Brings the graph to the opset of the deploy config (11 when it names none). Deformable
// convolutions of opsets that lack them are ours.
mmd_status_t mmd_onnx_files_lower(mmdeploy_graph_t *graph,
                                  const mmdeploy_target_request_t *request) MMD_MUST_USE;

// Writes request->save_file into the work directory.
mmd_status_t mmd_onnx_files_write(const mmdeploy_graph_t *graph,
                                  const mmdeploy_target_request_t *request,
                                  mmdeploy_target_result_t *out_result) MMD_MUST_USE;

#endif  // MMD_BACKENDS_ONNX_FILES_H_
