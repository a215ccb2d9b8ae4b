# SPDX-License-Identifier: Apache-2.0
make_package package
cp "$PHOTO" a.jpg
mkdir folder && cp "$MODELS/photos/coffee.png" folder/a.png && cp "$PHOTO" folder/a.jpg
mmdeploy run classifier package a.jpg folder --json --topk 1 --draw new/pictures
ls new/pictures
mmdeploy run classifier package a.jpg --json --topk 1 --draw one.webp
mmdeploy run classifier package a.jpg --json --topk 1 --draw folder
ls . folder
# A folder that cannot be.
try mmdeploy run classifier package a.jpg --draw a.jpg/pictures
try mmdeploy run classifier package a.jpg --draw /proc/mmdeploy/pictures
# Nor is an input overwritten.
try mmdeploy run classifier package a.jpg --json --topk 1 --draw .
try mmdeploy run classifier package a.jpg --json --topk 1 --draw a.jpg
cmp a.jpg "$PHOTO"
