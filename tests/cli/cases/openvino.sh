# SPDX-License-Identifier: Apache-2.0
# A package for OpenVINO: its files, verification, an answer; an ONNX file as IR; libraries that are none.
need_openvino
mmdeploy convert "$SOURCE/configs/mmcls/classification_openvino_dynamic-224x224.py" "$RESNET/config.py" \
  "$RESNET/checkpoint.pth" "$PHOTO" --work-dir package --dump-info | grep -E '^ *output|^Parity'
ls package
grep -E '"(net|weights|backend|precision)"' package/deploy.json
classify "$PHOTO"
mkdir onnx
mmdeploy convert "$SOURCE/configs/mmcls/classification_onnxruntime_dynamic.py" "$RESNET/config.py" "$RESNET/checkpoint.pth" \
  "$PHOTO" --work-dir onnx --verify none >/dev/null
mmdeploy onnx2openvino onnx/end2end.onnx ir/net --dim input:0=1 --precision FP16
try mmdeploy onnx2openvino onnx/missing.onnx ir/net
try mmdeploy onnx2openvino onnx/end2end.onnx ir/net --precision INT3
classify_with() { MMDEPLOY_OPENVINO_LIBRARY=$1 try mmdeploy run classifier package "$PHOTO"; }
classify_with ./missing.so
classify_with "$BUILD/lib/mmdeploy/libmmdeploy_null.so"
