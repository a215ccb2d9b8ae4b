# SPDX-License-Identifier: Apache-2.0
# The initialisers of an ONNX file as a checkpoint.
make_package package
MODEL=package/end2end.onnx
cat >rules <<'RULES'
(.*) -> net.\1
RULES
mmdeploy checkpoint rename --rules rules "$MODEL" renamed.pth
mmdeploy inspect renamed.pth | head -n 8
mmdeploy checkpoint convert "$MODEL" model.safetensors
mmdeploy checkpoint diff "$MODEL" model.safetensors
try mmdeploy checkpoint diff "$MODEL" renamed.pth | tail -n 2
mmdeploy checkpoint convert renamed.pth back.pth --prefix net
mmdeploy checkpoint diff "$MODEL" back.pth
mmdeploy inspect "$MODEL" --stats | tail -n 3
echo --- what has no place in a .pth
mmdeploy checkpoint convert "$SOURCE/src/frontends/onnx/testdata/basic.onnx" out.pth
