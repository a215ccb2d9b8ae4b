// SPDX-License-Identifier: Apache-2.0
//
// Conversion targets of this build.
#include "convert/registry.h"

#include <stddef.h>

#ifdef MMD_HAS_ONNXRUNTIME
extern const mmdeploy_target_t mmd_onnxruntime_target;
#endif
#ifdef MMD_HAS_REFERENCE
extern const mmdeploy_target_t mmd_reference_target;
#endif
#ifdef MMD_HAS_NULL
extern const mmdeploy_target_t mmd_null_target;
#endif

const mmdeploy_target_t *const mmd_target_registry[] = {
#ifdef MMD_HAS_ONNXRUNTIME
    &mmd_onnxruntime_target,
#endif
#ifdef MMD_HAS_REFERENCE
    &mmd_reference_target,
#endif
#ifdef MMD_HAS_NULL
    &mmd_null_target,
#endif
    NULL,
};
