# SPDX-License-Identifier: Apache-2.0
# A package for TorchScript: its files; an ONNX file as a module, also in half precision; libraries that are none. No engine is needed.
grep -q '^MMDEPLOY_TARGET_BACKENDS:.*torchscript' "$BUILD/CMakeCache.txt" || exit 77
mmdeploy convert "$SOURCE/configs/mmcls/classification_torchscript.py" "$RESNET/config.py" \
  "$RESNET/checkpoint.pth" "$PHOTO" --work-dir package --dump-info --verify none >/dev/null
ls package
grep -E '"(net|weights|backend|precision)"' package/deploy.json
unzip -l package/end2end.pt | awk '$4 ~ /\// && $4 !~ /constants\// { print $4 }'
unzip -p package/end2end.pt '*/code/__torch__.py' | sed -n '1,5p'
mkdir onnx
mmdeploy convert "$SOURCE/configs/mmcls/classification_onnxruntime_dynamic.py" "$RESNET/config.py" "$RESNET/checkpoint.pth" \
  "$PHOTO" --work-dir onnx --verify none >/dev/null
mmdeploy onnx2torchscript onnx/end2end.onnx net/full
mmdeploy onnx2torchscript onnx/end2end.onnx net/half --precision FP16
echo "$(wc -c <net/half.pt) $(wc -c <net/full.pt)" | awk '{ print ($1 < 0.6 * $2 ? "half" : "no half: " $0) }'
try mmdeploy onnx2torchscript onnx/missing.onnx net/x
try mmdeploy onnx2torchscript onnx/end2end.onnx net/x --precision INT8
classify_with() { MMDEPLOY_TORCHSCRIPT_LIBRARY=$1 try mmdeploy run classifier package "$PHOTO"; }
classify_with ./missing.so
classify_with "$BUILD/lib/mmdeploy/libmmdeploy_null.so"
