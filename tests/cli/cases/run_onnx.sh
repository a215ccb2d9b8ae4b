# SPDX-License-Identifier: Apache-2.0
make_package package
net=package/end2end.onnx
mmdeploy run onnx $net --shape input=1x3x32x32 --output out | sed -n 1p
ls out
mmdeploy run onnx $net --shape input=2x3x32x32 --mode plain --json | sed 's/"nan".*/…/'
try mmdeploy run onnx $net
try mmdeploy run onnx $net --input image=random
try mmdeploy run onnx $net --input input=out/output.npy
try mmdeploy run onnx $net --input input=nothing.npy
try mmdeploy run onnx $net --shape input=1x3xx
try mmdeploy run onnx $net --shape input=1x3x32x32 --mode slow
try mmdeploy run onnx "$DATA/zeros.npz"
try mmdeploy run onnx
