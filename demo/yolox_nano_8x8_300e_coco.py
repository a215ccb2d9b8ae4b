# SPDX-License-Identifier: Apache-2.0
# YOLOX-nano on COCO: eight GPUs of eight pictures each. Network, test pipeline and suppression are
# those of mmdet's config of the same name; what only the training needs is left out.
_base_ = ['_base_/models/yolox_nano.py', '_base_/datasets/coco_416.py', '_base_/default_runtime.py']
