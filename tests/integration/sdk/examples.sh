#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# examples.sh PROGRAMS ROOT: the programs of examples/ on the packages of tests/tasks. What they print is compared with what the
# original's runtime answers there (goldens/*/sdk.json) or, where that departs, the code base (exported.json). They need ONNX Runtime:
# without it nothing is run, unless MMDEPLOY_REQUIRE_ASSETS is 1.
set -eu
programs=$1
cd "$2/tests/tasks"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The engine keeps some memory of its own to the end.
echo 'leak:libonnxruntime' >"$work/lsan.supp"
export LSAN_OPTIONS="suppressions=$work/lsan.supp:print_suppressions=0"

fail() {
  echo "examples.sh: $*" >&2
  cat "$work/out" "$work/err" >&2
  exit 1
}

# prints TEXT PROGRAM WORD...: the program must succeed and print a line with TEXT.
prints() {
  text=$1 program=$2
  shift 2
  "$programs/$program" "$@" >"$work/out" 2>"$work/err" || fail "$program $*: status $?"
  grep -qF -- "$text" "$work/out" || fail "$program $*: '$text' is not printed"
  [ ! -s "$work/err" ] || fail "$program $*: output on standard error"
}

# counts NUMBER: of lines of the last program.
counts() {
  [ "$(wc -l <"$work/out")" -eq "$1" ] || fail "$1 lines are expected"
}

# refuses PROGRAM: without arguments, and with a package that is none.
refuses() {
  found=0
  "$programs/$1" >"$work/out" 2>"$work/err" || found=$?
  [ "$found" = 2 ] && grep -q usage "$work/err" || fail "$1 without arguments: status $found"
  program=$1 found=0
  shift
  "$programs/$program" "$@" >"$work/out" 2>"$work/err" || found=$?
  [ "$found" = 1 ] && grep -q 'error.*/no/such' "$work/err" || fail "$program $*: status $found"
}

# Checked first: this needs no engine.
none=/no/such/package
for program in detector detector_cpp rotated_detector segmentor text_detector text_recognizer pose_detector; do
  [ -x "$programs/$program" ] && refuses $program $none photos/cat.png
done
refuses restorer $none photos/small.png "$work/x.png"
refuses video_recognizer $none 1 1 photos/cat.png
refuses pose_tracker $none $none photos/cat.png
refuses ocr $none $none photos/page.png
refuses det_pose $none $none photos/cat.png
refuses det_cls $none $none photos/cat.png

if ! "$programs/detector" packages/detection_yolox photos/cat.png >"$work/out" 2>"$work/err"; then
  [ "${MMDEPLOY_REQUIRE_ASSETS:-0}" != 1 ] || fail "there is no engine"
  exit 77
fi

prints '0.7124  label 1  left 77.50  top 87.52  right 87.12  bottom 96.19' detector packages/detection_yolox photos/cat.png
[ ! -x "$programs/detector_cpp" ] ||
  prints '0.7124  label 1  left 77.50  top 87.52  right 87.12  bottom 96.19' detector_cpp packages/detection_yolox photos/cat.png
prints 'mask ' detector packages/instance-seg_mask-rcnn photos/cat.png
prints '0.6792  label 3' rotated_detector packages/rotated-detection_retinanet photos/cat.png
prints 'label ' segmentor packages/segmentation_fcn photos/cat.png
prints '160x128' restorer packages/restoration_esrgan photos/small.png "$work/big.png"
[ -s "$work/big.png" ] || fail "no picture was written"
prints '(' pose_detector packages/pose_res18 photos/cat.png
counts 17
prints '0.8344' text_detector packages/text-detection_dbnet_1x photos/page.png
counts 29
prints 'j9i72g26q5nh14' text_recognizer packages/text-recognition_crnn_1x photos/word.png
counts 2
prints '(' ocr packages/text-detection_dbnet_1x packages/text-recognition_crnn_1x photos/page.png
counts 29
prints '5.4286  label 5' video_recognizer packages/video_tsn 1 8 photos/clip/img_0000[1-8].png
prints '17 key points' pose_tracker packages/pose-tracker_rtmdet_1x packages/pose-tracker_rtmpose_1x photos/clip/img_0000[1-3].png
prints 'person 0' det_pose packages/pose-tracker_rtmdet_1x packages/pose_rtmpose_1x photos/clip/img_00001.png 0.5
prints '"label_id": 1' det_cls packages/detection_yolox "$2/tests/packages/tiny" photos/cat.png photos/cup.png
