// SPDX-License-Identifier: Apache-2.0
#include "frontends/onnx_head/head.h"

const mmd_onnx_head_t *const mmd_onnx_head_registry[] = {
    &mmd_onnx_head_yolox,
    &mmd_onnx_head_yolov8,
    NULL,
};

const char *const mmd_onnx_head_names[] = {"yolox", "yolov8", NULL};
