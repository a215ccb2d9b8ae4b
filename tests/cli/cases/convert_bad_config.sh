# SPDX-License-Identifier: Apache-2.0
printf 'import os\nos.system("touch pwned")\n' >system.py
try mmdeploy convert system.py "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out
try mmdeploy convert "$DEPLOY" system.py "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out
sed 's/reference/tensorrrt/' "$DEPLOY" >backend.py
try mmdeploy convert backend.py "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out
sed 's/mmcls/mmfoo/' "$DEPLOY" >codebase.py
try mmdeploy convert codebase.py "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out
sed -e "s/'ResNet'/'ResNeet'/" -e "s/'GlobalAveragePooling'/'GlobalAverage'/" "$RESNET/config.py" >unknown.py
try mmdeploy convert "$DEPLOY" unknown.py "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out
try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --device cuda
try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --log-level LOUD
ls
