# SPDX-License-Identifier: Apache-2.0
make_package package
net=package/end2end.onnx
mmdeploy edit $net same.onnx --weights "$RESNET/checkpoint.pth"
mmdeploy edit $net mapped.onnx --weights "$RESNET/checkpoint.pth" --weight-map 'head.fc.bias=head.fc.weight' --json || echo failed
mmdeploy edit $net onnx.onnx --weights $net
try mmdeploy diff $net onnx.onnx
try mmdeploy edit $net none.onnx --weights "$DATA/zeros.npz"
try mmdeploy edit $net none.onnx --weights "$DATA/zeros.npz" --weight-map 'out=in'
try mmdeploy edit $net none.onnx --weight-map 'out=in'
ls
