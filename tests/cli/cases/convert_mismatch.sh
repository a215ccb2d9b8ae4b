# SPDX-License-Identifier: Apache-2.0
# Arrays of another model (all zeros): the package is kept and marked, and the status is 3.
try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --dump-info \
  --reference "$DATA/zeros.npz"
ls out
grep verification out/detail.json
# Arrays that are not those of the network.
try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --dump-info \
  --reference "$MODELS/mmcls/resnet50/arrays.npz"
