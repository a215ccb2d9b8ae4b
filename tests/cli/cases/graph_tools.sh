# SPDX-License-Identifier: Apache-2.0
make_package package
net=package/end2end.onnx
mmdeploy extract $net part --inputs backbone.MaxPool --outputs backbone.layer1.0.Add
mmdeploy extract $net part.onnx --outputs backbone.Relu --json
mmdeploy edit $net edited.onnx --rename-input input=image --rename-output output=probs --batch 2 --dim input:2=32 --dim input:3=32
try mmdeploy diff $net edited.onnx
mmdeploy edit $net newer.onnx --opset 18
try mmdeploy diff $net newer.onnx --numbers --shape input=1x3x32x32
try mmdeploy diff $net newer.onnx
