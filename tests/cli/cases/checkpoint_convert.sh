# SPDX-License-Identifier: Apache-2.0
CHECKPOINTS=$SOURCE/src/formats/checkpoint/testdata
mmdeploy checkpoint convert "$CHECKPOINTS/training.pth" a.safetensors
mmdeploy checkpoint convert "$CHECKPOINTS/training.pth" a.npz --json
mmdeploy checkpoint convert a.safetensors half.pth --dtype f16
mmdeploy inspect half.pth
echo --- wrappers and prefixes
mmdeploy checkpoint convert "$CHECKPOINTS/gan.pth" generator.pth --wrapper generator
mmdeploy checkpoint convert "$CHECKPOINTS/semi.pth" teacher.pth --prefix teacher
mmdeploy checkpoint convert "$CHECKPOINTS/training.pth" ema.pth --prefix ema_
mmdeploy inspect ema.pth | tail -n 3
echo --- refused
try mmdeploy checkpoint convert "$CHECKPOINTS/semi.pth" out.onnx
try mmdeploy checkpoint convert "$CHECKPOINTS/semi.pth" out.pth --prefix teach_
try mmdeploy checkpoint convert "$CHECKPOINTS/semi.pth" out.pth --wrapper ema
try mmdeploy checkpoint convert "$CHECKPOINTS/semi.pth" out.npz --dtype bf16
try mmdeploy checkpoint convert "$CHECKPOINTS/quantised.pth" out.pth
ls
