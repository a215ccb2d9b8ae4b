# SPDX-License-Identifier: Apache-2.0
models=$SOURCE/src/frontends/onnx/testdata
mmdeploy inspect $models/external.onnx
mmdeploy inspect $models/external.onnx --stats | head -n 2
mmdeploy inspect $models/external_missing.onnx
mmdeploy inspect $models/external_missing.onnx --shapes
mmdeploy inspect $models/external_missing.onnx --json
try mmdeploy inspect $models/external_missing.onnx --stats
try mmdeploy inspect $models/external_outside.onnx
