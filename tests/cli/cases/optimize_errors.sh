# SPDX-License-Identifier: Apache-2.0
make_package package
try mmdeploy optimize package/end2end.onnx
try mmdeploy optimize nothing.onnx out.onnx
try mmdeploy optimize package/deploy.json out.onnx
try mmdeploy optimize package/end2end.onnx out.onnx --passes fold_constants,fuse_batchnorm
try mmdeploy optimize package/end2end.onnx out.onnx --dump-after fuse_pads
try mmdeploy optimize package/end2end.onnx missing/out.onnx --verify none
ls
