# SPDX-License-Identifier: Apache-2.0
# Detectors are cut where the original cuts them: data/parts has its names and numbers.
DETECTORS=$SOURCE/codebases/mmdet/models/testdata/0.x
YOLO="dict(save_file='yolov3.onnx', start=['detector_forward:input'], end=['yolo_head:input'])"

cut_detector() { # GOLDEN PARTITION [OPTION...]
  golden=$1
  cat >deploy.py <<END
_base_ = '$SOURCE/configs/mmdet/detection/detection_reference_dynamic.py'
partition_config = dict(apply_marks=True, $2)
END
  shift 2
  mmdeploy convert deploy.py "$DETECTORS/$golden/config.py" "$DETECTORS/$golden/checkpoint.pth" "$PHOTO" \
    --work-dir "$golden" "$@" | sed -n '/^Parity of/,/^Parity:/p'
}

cut_detector retinanet "type='single_stage'"
cut_detector faster_rcnn "type='two_stage'" --cfg-options model.test_cfg.rpn.min_bbox_size=-1
cut_detector yolov3 "type='yolov3_partition', partition_cfg=[$YOLO]"
try mmdeploy parity retinanet/partition0.onnx --reference "$DATA/parts/single_stage.npz"
try mmdeploy parity faster_rcnn/partition0.onnx --reference "$DATA/parts/two_stage_0.npz"
try mmdeploy parity faster_rcnn/partition1.onnx --reference "$DATA/parts/two_stage_1.npz"
try mmdeploy parity yolov3/yolov3.onnx --reference "$DATA/parts/yolov3.npz"
