# SPDX-License-Identifier: Apache-2.0
# The tests may run as root, who may write anywhere: below a file nobody may.
: >file
convert() { try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --verify none --work-dir "$@"; }
convert file
convert file/below
convert /proc/mmdeploy
# A full disk: no file may become larger than 50 KiB.
trap '' XFSZ
(ulimit -f 100 && convert full --dump-info)
ls -A full
(ulimit -f 100 && try mmdeploy checkpoint rename --rules "$DATA/all.rules" "$RESNET/checkpoint.pth" out.pth)
try mmdeploy checkpoint rename --rules "$DATA/all.rules" "$RESNET/checkpoint.pth" file/out.pth
ls -A
