// SPDX-License-Identifier: Apache-2.0
//
// Conversion targets of this build.
#include "convert/registry.h"

#include <stddef.h>

#ifdef MMD_HAS_ONNXRUNTIME
extern const mmdeploy_target_t mmd_onnxruntime_target;
#endif
#ifdef MMD_HAS_OPENVINO
extern const mmdeploy_target_t mmd_openvino_target;
#endif
#ifdef MMD_HAS_NCNN
extern const mmdeploy_target_t mmd_ncnn_target;
#endif
#ifdef MMD_HAS_TORCHSCRIPT
extern const mmdeploy_target_t mmd_torchscript_target;
#endif
#ifdef MMD_HAS_REFERENCE
extern const mmdeploy_target_t mmd_reference_target;
#endif
#ifdef MMD_HAS_NULL
extern const mmdeploy_target_t mmd_null_target;
#endif
// backends/external: not part of the list of backends, since they have no engine here.
extern const mmdeploy_target_t mmd_ascend_target;
extern const mmdeploy_target_t mmd_coreml_target;
extern const mmdeploy_target_t mmd_rknn_target;
extern const mmdeploy_target_t mmd_snpe_target;
extern const mmdeploy_target_t mmd_tensorrt_target;
extern const mmdeploy_target_t mmd_tvm_target;

const mmdeploy_target_t *const mmd_target_registry[] = {
#ifdef MMD_HAS_ONNXRUNTIME
    &mmd_onnxruntime_target,
#endif
#ifdef MMD_HAS_OPENVINO
    &mmd_openvino_target,
#endif
#ifdef MMD_HAS_NCNN
    &mmd_ncnn_target,
#endif
#ifdef MMD_HAS_TORCHSCRIPT
    &mmd_torchscript_target,
#endif
#ifdef MMD_HAS_REFERENCE
    &mmd_reference_target,
#endif
#ifdef MMD_HAS_NULL
    &mmd_null_target,
#endif
    &mmd_ascend_target,
    &mmd_coreml_target,
    &mmd_rknn_target,
    &mmd_snpe_target,
    &mmd_tensorrt_target,
    &mmd_tvm_target,
    NULL,
};
