// SPDX-License-Identifier: Apache-2.0
//
// backend_config.min_version: the oldest ONNX Runtime that a package must run on.
#ifndef MMD_BACKENDS_ONNXRUNTIME_TARGET_MIN_VERSION_H_
#define MMD_BACKENDS_ONNXRUNTIME_TARGET_MIN_VERSION_H_

#include <stdbool.h>

#include "base/status.h"
#include "mmdeploy/plugin/target.h"

// The CPU provider's first kernel for DeformConv.
#define ORT_DEFORM_CONV_VERSION "1.25.0"

// Whether the deploy config promises |version| or a newer one.
mmd_status_t ort_target_min_version(const mmdeploy_target_request_t *request, const char *version,
                                    bool *out_is_met) MMD_MUST_USE;

#endif  // MMD_BACKENDS_ONNXRUNTIME_TARGET_MIN_VERSION_H_
