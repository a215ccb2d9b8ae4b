# SPDX-License-Identifier: Apache-2.0
# A weight that is NaN: the verification says so, also where the network's answers hide it.
DETECTOR=$SOURCE/codebases/mmdet/models/testdata/0.x/retinanet
{
  head -c -2 "$DETECTOR/checkpoint.pth"
  printf '\000\176' # NaN as the file's last number, in half precision
} >nan.pth
try mmdeploy convert "$SOURCE/configs/mmdet/detection/detection_reference_dynamic.py" "$DETECTOR/config.py" nan.pth \
  "$PHOTO" --work-dir out >log
grep -e '^exit status' -e '^Parity' log
