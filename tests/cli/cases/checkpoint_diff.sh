# SPDX-License-Identifier: Apache-2.0
CHECKPOINTS=$SOURCE/src/formats/checkpoint/testdata
mmdeploy checkpoint strip "$CHECKPOINTS/training.pth" a.pth >log
mmdeploy checkpoint strip "$CHECKPOINTS/training.pth" b.safetensors >log
mmdeploy checkpoint strip "$CHECKPOINTS/training.pth" half.pth --dtype f16 >log
try mmdeploy checkpoint diff a.pth b.safetensors
try mmdeploy checkpoint diff "$CHECKPOINTS/training.pth" a.pth
try mmdeploy checkpoint diff a.pth half.pth
try mmdeploy checkpoint diff a.pth half.pth --ignore-dtype --tolerance 0.0005
try mmdeploy checkpoint diff a.pth half.pth --ignore-dtype --tolerance 0.001
try mmdeploy checkpoint diff a.pth half.pth --ignore-dtype --tolerance 0.001 --json
try mmdeploy checkpoint diff a.pth missing.pth
