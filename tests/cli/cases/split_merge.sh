# SPDX-License-Identifier: Apache-2.0
make_package package
net=package/end2end.onnx
mmdeploy edit $net piece.onnx --split backbone.layer1.0.Add --split backbone.layer3.0.Add
mmdeploy merge piece_0.onnx piece_1.onnx front.onnx
mmdeploy merge front.onnx piece_2.onnx whole.onnx --map backbone.layer3.0.Add=backbone.layer3.0.Add --json
try mmdeploy diff $net whole.onnx --numbers --shape input=1x3x32x32 | tail -1
try mmdeploy merge piece_0.onnx piece_2.onnx none.onnx --map backbone.layer1.0.Add=backbone.layer3.0.Add
try mmdeploy merge piece_0.onnx piece_1.onnx none.onnx --map output=input
try mmdeploy edit $net none.onnx --split backbone.layer3.0.Add --split backbone.layer1.0.Add
try mmdeploy edit $net none.onnx --split no.such.tensor
try mmdeploy edit $net none.onnx --split input
ls
