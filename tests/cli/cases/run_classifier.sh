# SPDX-License-Identifier: Apache-2.0
make_package package
mmdeploy run classifier package "$PHOTO" | sed 's/\(0\.[0-9][0-9]\)[0-9]*/\1/'
mmdeploy run classifier package "$MODELS/photos" --json --topk 2
mmdeploy run classifier package "$MODELS/photos/*.png" --json --topk 1 --threads 1 --device cpu:0
# More than the package says: all classes.
mmdeploy run classifier package "$PHOTO" --json --topk 100 | grep -o label_id | wc -l
