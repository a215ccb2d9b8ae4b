#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh: a trained checkpoint and its config become a package, which then says what is in 22 photos.
# Fails unless the answers are those of demo/expected. Everything it writes is under build/demo/.
# MMDEPLOY_DEMO_PRESET=NAME uses build/NAME as it is, instead of building the release.
set -eu
. "$(dirname "$0")/lib.sh"

eval "$(scripts/assets.sh --print-env)"
out=build/demo
package=$out/mobilenet_v2
images=$MMDEPLOY_ASSETS/images

build_release() {
  say "building the release"
  cmake_build release >build/release.log 2>&1 || {
    tail -n 40 build/release.log
    die "the build failed; all of its output: build/release.log"
  }
}

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

check_pictures() {
  count=$(find "$out/pictures" -type f -size +1k | wc -l)
  [ "$count" -ge 22 ] || die "expected 22 annotated pictures in $out/pictures, found $count"
}

preset=${MMDEPLOY_DEMO_PRESET:-release}
mmdeploy=build/$preset/bin/mmdeploy
[ -n "${MMDEPLOY_DEMO_PRESET:-}" ] || build_release
[ -x "$mmdeploy" ] || die "no $mmdeploy"
rm -rf "$out"
mkdir -p "$out/pictures"
rename_checkpoint
convert
say "classifying two photos, then ImageNet's twenty"
classify photos "$images/chelsea.png" "$images/coffee.png"
classify labelled "$images"/imagenet_*.jpg
compare
check_pictures
say "annotated pictures: $out/pictures; JSON lines: $out/photos.jsonl, $out/labelled.jsonl"
