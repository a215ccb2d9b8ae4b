# SPDX-License-Identifier: Apache-2.0
# ONNX files with raw outputs, to packages. The networks say the same of every picture.
NETWORKS=$SOURCE/src/frontends/onnx_head/testdata
STATIC=$SOURCE/configs/mmdet/detection/detection_reference_static.py
DYNAMIC=$SOURCE/configs/mmdet/detection/detection_reference_dynamic.py
printf 'one\ntwo\nthree\n' >names.txt
mmdeploy convert --head --help | head -n 16
mmdeploy convert --head yolox "$STATIC" "$NETWORKS/yolox.onnx" "$PHOTO" --classes names.txt --work-dir yolox --dump-info
mmdeploy run detector yolox "$PHOTO" --json --topk 2
echo --- the option may stand anywhere, and the pre-processing is the one that was asked for
mmdeploy convert "$DYNAMIC" "$NETWORKS/yolov8.onnx" --head yolov8 --work-dir yolov8 --dump-info --mean 1,2,3 --std 4 \
  --channel-order bgr --pad-value 7 --score-thr 0.5 --iou-thr 0.4 | tail -n 1
mmdeploy run detector yolov8 "$PHOTO" --json --topk 2
mmdeploy inspect yolov8 | head -n 20
sed -n '/"Pad"/,/"DefaultFormatBundle"/p' yolov8/pipeline.json | tr -d ' \n'
echo
sed -n '/"params"/,/"output"/p' yolov8/pipeline.json | tr -d ' \n'
echo
