# SPDX-License-Identifier: Apache-2.0
# Names of mmdet's first releases, made from those of today.
CHECKPOINTS=$SOURCE/src/formats/checkpoint/testdata
cat >rules <<'RULES'
teacher\.backbone\.w -> bbox_head.fcos_cls.weight
student\.backbone\.w -> keypoint_head.fc.weight
RULES
mmdeploy checkpoint rename --rules rules "$CHECKPOINTS/semi.pth" old.pth
mmdeploy checkpoint convert old.pth new.pth --upgrade 0.x
mmdeploy inspect new.pth | tail -n 2
mmdeploy checkpoint convert old.pth new.pth --upgrade 1.x
mmdeploy inspect new.pth | tail -n 2
