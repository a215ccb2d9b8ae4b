# SPDX-License-Identifier: Apache-2.0
need_engine
mmdeploy convert "$SOURCE/configs/mmcls/classification_onnxruntime_dynamic.py" "$RESNET/config.py" \
  "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --dump-info --verify layers
ls out
mmdeploy run classifier out "$MODELS/photos" --json --topk 2
