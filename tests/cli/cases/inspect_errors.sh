# SPDX-License-Identifier: Apache-2.0
try mmdeploy inspect missing
mkdir folder
try mmdeploy inspect folder
echo 'some text' >model.onnx
try mmdeploy inspect model.onnx
echo 'some text' >model.pth
try mmdeploy inspect model.pth
