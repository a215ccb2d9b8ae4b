# SPDX-License-Identifier: Apache-2.0
# No engine is opened, no picture drawn, no report written.
export MMDEPLOY_PLUGIN_PATH=/nowhere
mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" missing.jpg --work-dir out --dump-info \
  --verify none
ls out
grep verification out/detail.json
echo ---
mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" missing.jpg --work-dir other --verify none
ls other
echo ---
mmdeploy export "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" missing.jpg --json
ls work-dir
