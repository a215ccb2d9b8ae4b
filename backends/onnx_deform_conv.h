// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_ONNX_DEFORM_CONV_H_
#define MMD_BACKENDS_ONNX_DEFORM_CONV_H_

#include "base/status.h"
#include "mmdeploy/plugin/target.h"

// The opset that brought DeformConv.
#define MMD_DEFORM_CONV_OPSET 19

// Every DeformConv becomes our MMCVDeformConv2d or MMCVModulatedDeformConv2d.
mmd_status_t mmd_onnx_convert_deform_conv(mmdeploy_graph_t *graph) MMD_MUST_USE;

#endif  // MMD_BACKENDS_ONNX_DEFORM_CONV_H_
