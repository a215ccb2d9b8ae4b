// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_TORCHSCRIPT_RUNTIME_DESCRIBE_H_
#define MMD_BACKENDS_TORCHSCRIPT_RUNTIME_DESCRIBE_H_

#include "backends/torchscript/runtime/session.h"

// Fills inputs and outputs of the session: from what our files carry, else they are called #0, #1 …
// and inputs are f32 of any shape.
mmd_status_t ts_describe(ts_session_t *session) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TORCHSCRIPT_RUNTIME_DESCRIBE_H_
