# SPDX-License-Identifier: Apache-2.0
mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --dump-info \
  --test-img "$PHOTO" "$MODELS/photos/coffee.png"
ls out
grep verification out/detail.json
mmdeploy inspect out | grep -A 3 "^parity"
