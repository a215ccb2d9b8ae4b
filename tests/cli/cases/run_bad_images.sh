# SPDX-License-Identifier: Apache-2.0
make_package package
: >empty.jpg
head -c 9000 "$PHOTO" >truncated.jpg
echo 'some text' >text.jpg
mkdir folder
try mmdeploy run classifier package missing.jpg
try mmdeploy run classifier package empty.jpg
try mmdeploy run classifier package truncated.jpg
try mmdeploy run classifier package text.jpg
try mmdeploy run classifier package folder
# One that fails does not stop the others.
try mmdeploy run classifier package empty.jpg "$PHOTO" --json --topk 1
try mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" empty.jpg --work-dir out --log-level ERROR
