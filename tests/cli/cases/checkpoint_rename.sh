# SPDX-License-Identifier: Apache-2.0
cat >rules <<'RULES'
# as the demo's
.*num_batches_tracked ->
backbone\.(.*) -> body.\1
head\.fc\.(weight|bias) -> classifier.\1
nothing\.(.*) -> \1
RULES
mmdeploy checkpoint rename --rules rules "$RESNET/checkpoint.pth" out.pth
mmdeploy checkpoint rename --rules rules "$RESNET/checkpoint.pth" out.pth --json
mmdeploy inspect out.pth | head -n 20
