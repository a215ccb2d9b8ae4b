# SPDX-License-Identifier: Apache-2.0
# A package for ncnn: its files and the net's first lines; an ONNX file as a net; what it cannot express; libraries that are none.
grep -q '^MMDEPLOY_TARGET_BACKENDS:.*ncnn' "$BUILD/CMakeCache.txt" || exit 77
mmdeploy convert "$SOURCE/configs/mmcls/classification_ncnn_static.py" "$RESNET/config.py" \
  "$RESNET/checkpoint.pth" "$PHOTO" --work-dir package --dump-info --verify none >/dev/null
ls package
grep -E '"(net|weights|backend|precision)"' package/deploy.json
sed -n '1,4p;$p' package/end2end.param
mkdir onnx
mmdeploy convert "$SOURCE/configs/mmcls/classification_onnxruntime_dynamic.py" "$RESNET/config.py" "$RESNET/checkpoint.pth" \
  "$PHOTO" --work-dir onnx --verify none >/dev/null
mmdeploy onnx2ncnn onnx/end2end.onnx net/half --precision FP16
sed -n '$p' net/half.param
try mmdeploy onnx2ncnn onnx/missing.onnx net/x
classify_with() { MMDEPLOY_NCNN_LIBRARY=$1 try mmdeploy run classifier package "$PHOTO"; }
classify_with ./missing.so
classify_with "$BUILD/lib/mmdeploy/libmmdeploy_null.so"
