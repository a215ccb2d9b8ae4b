# SPDX-License-Identifier: Apache-2.0
# What is wrong with a detector's config or checkpoint is told with its path.
DETECTORS=$SOURCE/codebases/mmdet/models/testdata
CONFIGS=$SOURCE/configs/mmdet

# change GOLDEN DICT: model.py, the golden's config with DICT merged into its model.
change() {
  printf "_base_ = '%s/%s/config.py'\nmodel = %s\n" "$DETECTORS" "$1" "$2" >model.py
}

# deploy GOLDEN [OPTION...]: converts model.py with the golden's checkpoint; no table of times.
deploy() {
  golden=$1
  shift
  try mmdeploy convert "${DEPLOY_CONFIG:-$CONFIGS/detection/detection_reference_dynamic.py}" model.py \
    "$DETECTORS/$golden/checkpoint.pth" "$PHOTO" --work-dir out "$@" >log
  grep -e '^exit status' -e '^All' log
}

change 0.x/retinanet "dict(bbox_head=dict(in_channels=8))"
deploy 0.x/retinanet
change 1.x/retinanet "dict(neck=dict(num_outs=4))"
deploy 1.x/retinanet
change 0.x/retinanet "dict(neck=dict(in_channels=[4, 8, 16, 64]))"
deploy 0.x/retinanet
change 0.x/retinanet "dict(bbox_head=dict(num_classes=6))"
deploy 0.x/retinanet
change 0.x/retinanet "dict(test_cfg=dict(score_thr=1.5))"
deploy 0.x/retinanet
change 1.x/yolox "dict(test_cfg=dict(max_per_img=0))"
deploy 1.x/yolox
change 0.x/retinanet "dict(test_cfg=None)"
deploy 0.x/retinanet --verify none
change 1.x/yolox "dict(test_cfg=dict(_delete_=True))"
deploy 1.x/yolox --verify none
change solo/0.x/solo "dict(test_cfg=None)"
DEPLOY_CONFIG=$CONFIGS/instance-seg/instance-seg_reference_dynamic.py deploy solo/0.x/solo --verify none

# Where test_cfg has no threshold, the deploy config's counts.
printf "_base_ = '%s'\ncodebase_config = dict(post_processing=dict(score_threshold=2))\n" \
  "$CONFIGS/detection/detection_reference_dynamic.py" >threshold.py
change 0.x/retinanet "dict(test_cfg=dict(_delete_=True, nms_pre=100))"
DEPLOY_CONFIG=threshold.py deploy 0.x/retinanet

# Inputs smaller than a stride: some networks can do it, others cannot.
cat >small.py <<END
_base_ = '$CONFIGS/detection/detection_reference_static.py'
onnx_config = dict(input_shape=[24, 8])
END
DEPLOY_CONFIG=small.py
change 0.x/retinanet "dict()"
deploy 0.x/retinanet --verify none
change 0.x/yolox "dict()"
deploy 0.x/yolox --verify none
