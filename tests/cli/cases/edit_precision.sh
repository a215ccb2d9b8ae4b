# SPDX-License-Identifier: Apache-2.0
make_package package
net=package/end2end.onnx
mmdeploy edit $net half.onnx --precision fp16 --keep-op Softmax --keep-node 'head.*'
mmdeploy edit $net half_io.onnx --precision fp16 --keep-io --no-check --json
try mmdeploy diff $net half.onnx --numbers --shape input=1x3x32x32 --tolerance 0.02 | grep -v '^  '
try mmdeploy edit $net bf16.onnx --precision bf16 --opset 17 --tolerance 1e-9 --keep-io
try mmdeploy edit $net none.onnx --precision fp16 --keep-op Sofmax
try mmdeploy edit $net none.onnx --precision int8
try mmdeploy edit $net none.onnx --keep-io
ls
