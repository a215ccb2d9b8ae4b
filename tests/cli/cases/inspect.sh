# SPDX-License-Identifier: Apache-2.0
make_package package
mmdeploy inspect package
echo ---
mmdeploy inspect package/end2end.onnx
echo ---
mmdeploy inspect package/end2end.onnx --text | head -n 8
echo ---
mmdeploy inspect "$RESNET/config.py"
echo ---
mmdeploy inspect "$DEPLOY"
echo ---
mmdeploy inspect "$DEPLOY" --json
echo ---
mmdeploy inspect "$RESNET/checkpoint.pth" | head -n 20
