# SPDX-License-Identifier: Apache-2.0
NETWORKS=$SOURCE/src/frontends/onnx_head/testdata
CONFIGS=$SOURCE/configs/mmdet/detection
convert() { try mmdeploy convert --head "$@" --work-dir out; }
try mmdeploy convert --head 2>&1 | tail -n 2
try mmdeploy convert --head yolo "$CONFIGS/detection_reference_static.py" x.onnx 2>&1 | tail -n 2
try mmdeploy convert a b c d --head=yolox
X=$NETWORKS/yolox.onnx
V=$NETWORKS/yolov8.onnx
convert yolov8 "$CONFIGS/detection_reference_static.py" "$X"
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --strides 8,16
convert yolox "$CONFIGS/detection_reference_static.py" "$V"
convert yolox "$CONFIGS/detection_reference_dynamic.py" "$X"
convert yolox "$CONFIGS/detection_reference_dynamic.py" "$V"
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --input-size 64,64
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --input-size 64
convert yolov8 "$CONFIGS/detection_reference_static.py" "$V" --input-size 96,64
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --std 1,0,1
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --mean 1,2
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --score-thr 0.1,0.2
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --dataset CocoDataset
printf 'one\ntwo\n' >names.txt
convert yolox "$CONFIGS/detection_reference_static.py" "$X" --classes names.txt
convert yolox "$DEPLOY" "$X"
convert yolox "$SOURCE/configs/mmdet/instance-seg/instance-seg_reference_static.py" "$X"
convert yolox "$CONFIGS/detection_reference_static.py" "$SOURCE/src/frontends/onnx/testdata/basic.onnx"
convert yolox "$CONFIGS/detection_reference_static.py" missing.onnx
ls out 2>/dev/null || echo nothing is written
