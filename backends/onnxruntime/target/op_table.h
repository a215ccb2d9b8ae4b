// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_ONNXRUNTIME_TARGET_OP_TABLE_H_
#define MMD_BACKENDS_ONNXRUNTIME_TARGET_OP_TABLE_H_

#include "mmdeploy/plugin/target.h"

enum { ORT_TARGET_OP_COUNT = 197 };
extern const mmdeploy_target_op_t ort_target_ops[];

#endif  // MMD_BACKENDS_ONNXRUNTIME_TARGET_OP_TABLE_H_
