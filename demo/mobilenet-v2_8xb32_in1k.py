# SPDX-License-Identifier: Apache-2.0
# MobileNetV2 on ImageNet-1k: eight GPUs of 32 pictures each.
_base_ = [
    '_base_/models/mobilenet_v2_1x.py',
    '_base_/datasets/imagenet_bs32_pil_resize.py',
    '_base_/schedules/imagenet_bs256_epochstep.py',
    '_base_/default_runtime.py',
]
