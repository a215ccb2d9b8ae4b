# SPDX-License-Identifier: Apache-2.0
DETECTORS=$SOURCE/codebases/mmdet/models/testdata
make_package package
mmdeploy parity --snippet "$RESNET/config.py" "$RESNET/checkpoint.pth"
mmdeploy parity --snippet "$MODELS/mmpretrain/resnet18/config.py" it.pth --file "it's.npz" --size 32,48 --json
mmdeploy parity --snippet "$DETECTORS/0.x/retinanet/config.py" it.pth --size 64,64
mmdeploy parity --snippet "$DETECTORS/1.x/retinanet/config.py" it.pth --size 64,64
# What the first of the two recorded.
mmdeploy convert "$SOURCE/configs/mmdet/detection/detection_reference_dynamic.py" "$DETECTORS/0.x/retinanet/config.py" \
  "$DETECTORS/0.x/retinanet/checkpoint.pth" "$PHOTO" --work-dir detector --dump-info --verify none >/dev/null
mmdeploy parity detector --reference "$DATA/retinanet.npz"
# Zeros are what no network of ours answers.
try mmdeploy parity package --reference "$DATA/zeros.npz"
try mmdeploy parity package/end2end.onnx --reference "$DATA/zeros.npz" --tolerance 1e6 --json
try mmdeploy parity package/end2end.onnx
try mmdeploy parity package "$DATA/zeros.npz"
try mmdeploy parity package --reference nothing.npz
try mmdeploy parity package --reference "$DATA/zeros.npz" --net none
try mmdeploy parity nothing --reference "$DATA/zeros.npz"
try mmdeploy parity --snippet "$DEPLOY" it.pth
try mmdeploy parity --snippet "$RESNET/config.py"
