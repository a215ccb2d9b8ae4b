# SPDX-License-Identifier: Apache-2.0
convert() { try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$1" "$PHOTO" --work-dir out --dump-info; }
convert missing.pth
echo 'not a checkpoint' >text.pth
convert text.pth
: >empty.pth
convert empty.pth
head -c 100000 "$RESNET/checkpoint.pth" >truncated.pth
convert truncated.pth
# Pickles that call os.system("touch pwned"), of protocols 0 and 2.
printf "cos\nsystem\n(S'touch pwned'\ntR." >system0.pth
convert system0.pth
printf '\200\002cposix\nsystem\nX\013\000\000\000touch pwned\205R.' >system2.pth
convert system2.pth
try mmdeploy inspect system2.pth
# Keys that are missing, and of another width.
printf 'head\\.fc\\.bias ->\nbackbone\\.layer1\\.0\\.bn1\\.(weight|bias) ->\n' >rules
mmdeploy checkpoint rename --rules rules --keep-unmatched "$RESNET/checkpoint.pth" lacking.pth
convert lacking.pth
try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out \
  --cfg-options model.head.num_classes=13
ls
