# SPDX-License-Identifier: Apache-2.0
# Deploy configs of backends that this build has no target for, or whose compiler is not there, are refused before the checkpoint is
# read.
DETECTOR=$SOURCE/codebases/mmdet/models/testdata/0.x/retinanet
PATH=$BUILD/bin:/usr/bin:/bin
MMDEPLOY_PYTHON=/nonexistent/python
export PATH MMDEPLOY_PYTHON
for name in detection/detection_ascend_static-640x640 detection/detection_coreml_static-608x608 \
  detection/detection_pplnn_dynamic-800x1344 detection/detection_rknn-int8_static-320x320 detection/detection_sdk_dynamic \
  detection/detection_tensorrt-fp16_dynamic-64x64-608x608 detection/detection_tensorrt-int8_static-320x320 \
  detection/detection_tensorrt_static-300x300 detection/detection_tvm-ansor_static-800x1344 \
  detection/detection_vacc-int8_static_416x416; do
  try mmdeploy convert "$SOURCE/configs/mmdet/$name.py" "$DETECTOR/config.py" no-checkpoint.pth "$PHOTO" --work-dir out 2>&1 |
    sed 's/of this build; .* are$/of this build; .../'
done
try mmdeploy convert "$SOURCE/configs/mmdet/panoptic-seg/panoptic-seg_maskformer_onnxruntime_dynamic.py" "$DETECTOR/config.py" \
  "$DETECTOR/checkpoint.pth" "$PHOTO" --work-dir out 2>&1
ls
