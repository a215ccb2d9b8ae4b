# SPDX-License-Identifier: Apache-2.0
make_package package
mmdeploy optimize package/end2end.onnx small.onnx
mmdeploy inspect small.onnx | head -n 8
echo ---
mmdeploy optimize package/end2end.onnx other.onnx --verify none --passes eliminate_dead_code,fold_constants
ls
