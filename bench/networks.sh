# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Part "reference" of run.sh: whole networks by our evaluator against ONNX Runtime.

# A ResNet-50 of random weights.
prepare_resnet50() {
  [ -f "$work/resnet50.pth" ] || "$build/bin/bench_make_checkpoint" codebases/mmcls/models/testdata/keys/mmcls/resnet50.txt "$work/resnet50.pth"
  sed 's/depth=18/depth=50/; s/in_channels=512/in_channels=2048/; s/ResNet-18/ResNet-50/' bench/resnet18_8xb32_in1k.py >"$work/resnet50.py"
  convert resnet50 "$work/resnet50.py" resnet50
}

# median_of KEY SIDE
median_of() { value "$1" "$work/net-$2.txt" | median; }

part_reference() {
  say "whole networks, 1x3x224x224, 2 threads each, by the reference backend and by $(basename "$MMDEPLOY_ONNXRUNTIME_LIBRARY")"
  export MMDEPLOY_ONNXRUNTIME_LIBRARY
  prepare_resnet50
  for model in resnet50 mobilenet_v2; do
    for side in reference onnxruntime; do : >"$work/net-$side.txt"; done
    i=0
    while [ $i -lt "$rounds" ]; do
      for side in reference onnxruntime; do
        "$build/bin/bench_backend" $side "$work/$model/end2end.onnx" 2 20 >>"$work/net-$side.txt"
      done
      i=$((i + 1))
    done
    row "$model: reference backend against ONNX Runtime, a run" "$(median_of median_ms reference)" "$(median_of median_ms onnxruntime)" ms 4
    row "$model: the same, processor time" "$(median_of cpu_ms reference)" "$(median_of cpu_ms onnxruntime)" ms 4
    row "$model: the same, peak memory" "$(median_of peak_kib reference | awk '{ print $1 * 1.024 / 1000 }')" \
      "$(median_of peak_kib onnxruntime | awk '{ print $1 * 1.024 / 1000 }')" MB 1
  done
}
