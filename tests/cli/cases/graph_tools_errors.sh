# SPDX-License-Identifier: Apache-2.0
make_package package
net=package/end2end.onnx
try mmdeploy extract $net out
try mmdeploy extract nothing.onnx out --inputs a
try mmdeploy extract $net out --inputs backbone.MaxPol
try mmdeploy extract $net out --inputs backbone.MaxPool --outputs backbone.Relu
try mmdeploy extract $net out --start detector_forward:input
try mmdeploy extract $net out --start detector_forward
try mmdeploy edit $net out.onnx
try mmdeploy edit $net out.onnx --opset 22
try mmdeploy edit $net out.onnx --dim input:4=1
try mmdeploy edit $net out.onnx --rename-input inputs=x
try mmdeploy edit $net no/such/folder/out.onnx --opset 13
try mmdeploy diff $net
try mmdeploy diff $net $net --tolerance -1
try mmdeploy diff $net "$DATA/zeros.npz"
ls
