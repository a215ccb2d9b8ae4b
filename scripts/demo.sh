#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh: trained checkpoints and their configs become packages. One then says what is in 22 photos, the other finds the things in
# six. Fails unless the answers are those of demo/expected. Everything it writes is under build/demo/.
# MMDEPLOY_DEMO_PRESET=NAME uses build/NAME as it is, instead of building the release.
set -eu
. "$(dirname "$0")/lib.sh"

eval "$(scripts/assets.sh --print-env)"
out=build/demo
package=$out/mobilenet_v2
images=$MMDEPLOY_ASSETS/images
photos=$MMDEPLOY_ASSETS/photos

build_release() {
  say "building the release"
  cmake_build release >build/release.log 2>&1 || {
    tail -n 40 build/release.log
    die "the build failed; all of its output: build/release.log"
  }
}

#--- classification

rename_checkpoint() {
  say "renaming the checkpoint's keys: torchvision's to mmcls's"
  "$mmdeploy" checkpoint rename --rules demo/torchvision_mobilenet_v2.rules \
    "$MMDEPLOY_ASSETS/checkpoints/mobilenet_v2-b0353104.pth" "$out/mobilenet_v2.pth"
}

convert() {
  say "converting config and checkpoint into a package"
  "$mmdeploy" convert configs/mmcls/classification_onnxruntime_dynamic.py \
    demo/mobilenet-v2_8xb32_in1k.py "$out/mobilenet_v2.pth" "$images/chelsea.png" \
    --work-dir "$package" --dump-info
}

classify() { # NAME IMAGE...: JSON lines to NAME.jsonl, annotated pictures to pictures/
  name=$1
  shift
  "$mmdeploy" run classifier "$package" "$@" --json --topk 5 --draw "$out/pictures" \
    >"$out/$name.jsonl.partial"
  mv "$out/$name.jsonl.partial" "$out/$name.jsonl"
}

# answers FILE...: "file TAB label TAB score TAB name" of the best result of each line of JSON.
answers() {
  sed -nE 's/.*"input" *: *"([^"]*\/)?([^"]*)".*"results" *: *\[ *\{ *"label_id" *: *([0-9]+) *, *"label" *: *"([^"]*)" *, *"score" *: *([-+.eE0-9]+).*/\2\t\3\t\5\t\4/p' "$@"
}

compare() {
  answers "$out/photos.jsonl" "$out/labelled.jsonl" >"$out/answers.tsv"
  awk -F '\t' -v tolerance=0.005 -f scripts/demo_compare.awk \
    demo/expected/mobilenet_v2.tsv "$out/answers.tsv"
}

check_pictures() { # FOLDER COUNT
  count=$(find "$1" -type f -size +1k | wc -l)
  [ "$count" -eq "$2" ] || die "expected $2 annotated pictures in $1, found $count"
}

demo_classifier() {
  mkdir -p "$out/pictures"
  rename_checkpoint
  convert
  say "classifying two photos, then ImageNet's twenty"
  classify photos "$images/chelsea.png" "$images/coffee.png"
  classify labelled "$images"/imagenet_*.jpg
  compare
  check_pictures "$out/pictures" 22
}

#--- detection

# What the exporter left of YOLOX-nano is its ONNX file: its weights make mmdet's checkpoint.
convert_detector() {
  say "making mmdet's checkpoint of the weights in an ONNX file"
  "$mmdeploy" checkpoint rename --rules demo/yolox_nano_onnx.rules "$network" "$out/yolox_nano.pth"
  say "converting config and checkpoint into a package"
  "$mmdeploy" convert configs/mmdet/detection/detection_onnxruntime_static.py \
    demo/yolox_nano_8x8_300e_coco.py "$out/yolox_nano.pth" "$photos/bus.jpg" \
    --work-dir "$out/yolox_nano" --dump-info
}

# The other way: the graph of the file itself, with a head put on it.
convert_network() {
  say "converting the ONNX file itself, with a head"
  "$mmdeploy" convert --head yolox configs/mmdet/detection/detection_onnxruntime_static.py \
    "$network" "$photos/bus.jpg" --dataset CocoDataset --work-dir "$out/yolox_nano_onnx" --dump-info
}

# boxes FILE: the answers in the form of demo/expected/yolox_nano.tsv.
boxes() {
  awk '{
    name = $0
    sub(/.*"input": "/, "", name); sub(/".*/, "", name); sub(/.*\//, "", name)
    count = split($0, parts, /\{"label_id": /)
    for (i = 2; i <= count; i++) {
      label = parts[i]; sub(/.*"label": "/, "", label); sub(/".*/, "", label)
      score = parts[i]; sub(/.*"score": /, "", score); sub(/,.*/, "", score)
      box = parts[i]; sub(/.*"bbox": \[/, "", box); sub(/\].*/, "", box); gsub(/, /, "\t", box)
      print name "\t" parts[i] + 0 "\t" score "\t" box "\t" label
    }
  }' "$1"
}

detect() { # PACKAGE: finds, draws, compares
  "$mmdeploy" run detector "$out/$1" "$photos/bus.jpg" "$photos/zidane.jpg" \
    "$photos/motorcycle_left.png" "$photos/astronaut.png" "$images/coffee.png" "$images/chelsea.png" \
    --json --score-thr 0.3 --draw "$out/$1-pictures" >"$out/$1.jsonl.partial"
  mv "$out/$1.jsonl.partial" "$out/$1.jsonl"
  boxes "$out/$1.jsonl" >"$out/$1.tsv"
  awk -F '\t' -v pixels=0.5 -v tolerance=0.005 -f scripts/demo_compare_boxes.awk \
    demo/expected/yolox_nano.tsv "$out/$1.tsv"
  check_pictures "$out/$1-pictures" 6
}

demo_detector() {
  network=$MMDEPLOY_ASSETS/networks/yolox_nano.onnx
  convert_detector
  detect yolox_nano
  convert_network
  detect yolox_nano_onnx
}

#---

preset=${MMDEPLOY_DEMO_PRESET:-release}
mmdeploy=build/$preset/bin/mmdeploy
[ -n "${MMDEPLOY_DEMO_PRESET:-}" ] || build_release
[ -x "$mmdeploy" ] || die "no $mmdeploy"
rm -rf "$out"
mkdir -p "$out"
demo_classifier
demo_detector
say "annotated pictures: $out/pictures, $out/yolox_nano-pictures; JSON lines: $out/*.jsonl"
