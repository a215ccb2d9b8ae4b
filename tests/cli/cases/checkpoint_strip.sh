# SPDX-License-Identifier: Apache-2.0
CHECKPOINTS=$SOURCE/src/formats/checkpoint/testdata
mmdeploy checkpoint strip "$CHECKPOINTS/training.pth" out.pth
mmdeploy checkpoint strip "$CHECKPOINTS/training.pth" kept.pth --keep '*conv1*' --dtype f16
mmdeploy checkpoint strip "$CHECKPOINTS/training.pth" out.pth --json
mmdeploy inspect out.pth
