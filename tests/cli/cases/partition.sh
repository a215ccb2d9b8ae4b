# SPDX-License-Identifier: Apache-2.0
marked=$SOURCE/src/convert/testdata/partition
mmdeploy extract "$marked/whole.onnx" parts --deploy-cfg "$marked/partition.py"
ls parts
mmdeploy extract "$marked/whole.onnx" head --start roi_extractor:output --end bbox_head:output --end-name cls_score=scores \
  --start-name 'roi_extractor:output:bbox_feats=feats' --dynamic-axis feats:0=n --json
try mmdeploy diff "$marked/head.onnx" parts/head.onnx --numbers --shape bbox_feats=2x4x2x2
try mmdeploy extract "$marked/whole.onnx" parts --deploy-cfg "$DEPLOY"
try mmdeploy extract "$marked/whole.onnx" parts --deploy-cfg "$marked/partition.py" --start nms:input
try mmdeploy extract "$marked/whole.onnx" part --start nms[2]:input
try mmdeploy extract "$marked/whole.onnx" part --start nms:input --dynamic-axis scores=n
# A network without marks cannot be cut by them.
cat >partitioned.py <<EOF
_base_ = ['$DEPLOY']
partition_config = dict(
    type='single_stage', apply_marks=True,
    partition_cfg=[dict(save_file='a.onnx', start='classifier:input', end='head:output')])
EOF
try mmdeploy convert partitioned.py "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --verify none
ls
