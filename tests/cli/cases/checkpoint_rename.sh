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
echo --- parameters that are added
cat >fill.rules <<'RULES'
fill (.*)\.bias -> \1.scale = 1.5
(.*fc.*) -> \1
.* ->
RULES
mmdeploy checkpoint rename --rules fill.rules "$RESNET/checkpoint.pth" filled.pth
mmdeploy inspect filled.pth --stats | tail -n 4
