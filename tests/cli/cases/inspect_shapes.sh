# SPDX-License-Identifier: Apache-2.0
make_package package
mmdeploy inspect package --shapes --depth 2
echo ---
mmdeploy inspect package/end2end.onnx --shapes --input-shape 1,3,64,64 --depth 3
echo ---
mmdeploy inspect package/end2end.onnx --shapes --input-shape input=2,3,64,64 --depth 1 --json
echo ---
mmdeploy inspect "$RESNET/config.py" --checkpoint "$RESNET/checkpoint.pth" --deploy-cfg "$DEPLOY" --shapes | tail -n 6
echo ---
mmdeploy inspect package --net resnet --dot net.dot --svg net.svg --depth 2 --input-shape 1,3,64,64
cat net.dot
echo ---
cat net.svg
echo ---
try mmdeploy inspect "$RESNET/checkpoint.pth" --shapes
try mmdeploy inspect "$RESNET/config.py" --shapes
try mmdeploy inspect package --shapes --net other
try mmdeploy inspect package --shapes --input-shape 1,3,64
try mmdeploy inspect package --shapes --input-shape image=1,3,64,64
try mmdeploy inspect package --shapes --input-shape 1,3,x-,64
try mmdeploy inspect package --svg nowhere/net.svg
