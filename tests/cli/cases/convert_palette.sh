# SPDX-License-Identifier: Apache-2.0
# Colours of the config come with the package, and pictures are drawn with them.
YOLOX=$SOURCE/codebases/mmdet/models/testdata/0.x/yolox
convert() {
  mmdeploy convert "$SOURCE/configs/mmdet/detection/detection_reference_static.py" "$YOLOX/config.py" "$YOLOX/checkpoint.pth" "$PHOTO" \
    --dump-info --verify none "$@" | tail -n 1
}
draw() { mmdeploy run detector "$@" "$PHOTO" --score-thr 0.5 >/dev/null; }
convert --work-dir own --cfg-options 'data.test.palette=[[1,2,3],(250,10,16),[0,200,0],[0,0,255],[9,9,9]]'
convert --work-dir plain
convert --work-dir bad --cfg-options 'data.test.palette=[[1,2,3],[1,2,300]]'
grep -h '"palette"' own/detail.json plain/detail.json bad/detail.json
draw own --draw own.png
draw own --draw asked.png --palette generated
draw plain --draw plain.png
draw plain --draw same.png --palette '#010203,#FA0a10,#00c800,#0000ff,#090909'
cmp own.png same.png && echo the same
cmp asked.png plain.png && echo the same
cmp -s own.png plain.png || echo another
