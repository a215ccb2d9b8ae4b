// SPDX-License-Identifier: Apache-2.0
//
// From a session's description to a compiled network.
#ifndef MMD_BACKENDS_OPENVINO_RUNTIME_COMPILE_H_
#define MMD_BACKENDS_OPENVINO_RUNTIME_COMPILE_H_

#include "backends/openvino/runtime/library.h"

mmd_status_t ov_compile(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                        ov_compiled_model_t **out_compiled) MMD_MUST_USE;

#endif  // MMD_BACKENDS_OPENVINO_RUNTIME_COMPILE_H_
