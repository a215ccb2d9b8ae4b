# SPDX-License-Identifier: Apache-2.0
CHECKPOINTS=$SOURCE/src/formats/checkpoint/testdata
for name in hole overlap tail swapped; do
  try mmdeploy inspect "$CHECKPOINTS/ranges_$name.safetensors"
done
try mmdeploy checkpoint convert "$CHECKPOINTS/twice.safetensors" out.pth
ls
echo ---
mmdeploy inspect "$CHECKPOINTS/two_nets.pth"
mmdeploy inspect "$CHECKPOINTS/two_nets.pth" --json
mmdeploy checkpoint convert "$CHECKPOINTS/two_nets.pth" out.pth
