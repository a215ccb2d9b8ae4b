// SPDX-License-Identifier: Apache-2.0
//
// From a session's description to a loaded net.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_LOAD_H_
#define MMD_BACKENDS_NCNN_RUNTIME_LOAD_H_

#include "backends/ncnn/runtime/session.h"

// Fills |session|'s net; its param is read.
mmd_status_t ncnn_load(ncnn_session_t *session, const mmdeploy_session_desc_t *desc) MMD_MUST_USE;

#endif  // MMD_BACKENDS_NCNN_RUNTIME_LOAD_H_
