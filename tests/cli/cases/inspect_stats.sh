# SPDX-License-Identifier: Apache-2.0
CHECKPOINTS=$SOURCE/src/formats/checkpoint/testdata
mmdeploy inspect "$CHECKPOINTS/training.pth" --stats
mmdeploy inspect "$CHECKPOINTS/semi.pth" --stats --json
