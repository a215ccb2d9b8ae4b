# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Part "openvino" of run.sh: what a session costs beside the engine's own C interface, and onnx2openvino beside the vendor's
# converter, for which MMDEPLOY_BENCH_OPENVINO_PYTHON names a Python that has the package openvino.

# openvino_session WHAT NET.onnx RUNS [OPTION...]: microseconds a call above those of the engine alone. One thread, whose processor
# time is that of the call: the least of RUNS calls, the median of the rounds.
openvino_session() {
  what=$1 net=$2 runs=$3
  shift 3
  "$cli" onnx2openvino "$net" "$work/ov-$what" "$@" >/dev/null
  : >"$work/ov-session.txt"
  i=0
  while [ $i -lt "$rounds" ]; do
    "$build/bin/bench_openvino" "$work/ov-$what.xml" 1 "$runs" >>"$work/ov-session.txt"
    i=$((i + 1))
  done
  ours=$(value ours_min_cpu_us "$work/ov-session.txt" | median) bare=$(value bare_min_cpu_us "$work/ov-session.txt" | median)
  say "$what: the fastest call takes $ours us, $bare us by the engine alone"
  row "$what: a session's call above the engine's, against 50 us" "$(echo "$ours $bare" | awk '{ print $1 - $2 }')" 50 us 1
}

# openvino_conversion WHAT NET.onnx: whole processes.
openvino_conversion() {
  : >"$work/ov-ours.txt"
  : >"$work/ov-peer.txt"
  i=0
  while [ $i -lt "$rounds" ]; do
    # A large file that is written over is waited for by some file systems.
    rm -f "$work/ov-$1".* "$work/ov-peer-$1".*
    seconds "$cli" onnx2openvino "$2" "$work/ov-$1" >>"$work/ov-ours.txt"
    seconds "$MMDEPLOY_BENCH_OPENVINO_PYTHON" -c 'import sys, openvino
openvino.save_model(openvino.convert_model(sys.argv[1]), sys.argv[2], compress_to_fp16=False)' "$2" "$work/ov-peer-$1.xml" \
      >>"$work/ov-peer.txt" || die "the vendor's converter failed on $2"
    i=$((i + 1))
  done
  for column in 1 2; do
    ours=$(cut -d ' ' -f $column "$work/ov-ours.txt" | median) peer=$(cut -d ' ' -f $column "$work/ov-peer.txt" | median)
    case $column in
      1) row "$1: onnx2openvino against the vendor's converter" "$ours" "$peer" s 0.1 ;;
      2) row "$1: the same, peak memory" "$(echo "$ours" | awk '{ print $1 * 1.024 / 1000 }')" \
        "$(echo "$peer" | awk '{ print $1 * 1.024 / 1000 }')" MB 1 ;;
    esac
  done
}

part_openvino() {
  say "OpenVINO: sessions and files of $(basename "$MMDEPLOY_OPENVINO_LIBRARY")"
  export MMDEPLOY_OPENVINO_LIBRARY
  networks=$MMDEPLOY_ASSETS/networks
  prepare_resnet50
  openvino_session ppocr_cls "$networks/ppocr_cls.onnx" 300 --dim x:0=1 --dim x:2=48 --dim x:3=192
  openvino_session resnet50 "$work/resnet50/end2end.onnx" 60
  openvino_session yolox_nano "$networks/yolox_nano.onnx" 60
  if [ -z "${MMDEPLOY_BENCH_OPENVINO_PYTHON:-}" ]; then
    say "MMDEPLOY_BENCH_OPENVINO_PYTHON is not set: no rows of the vendor's converter"
    return 0
  fi
  prepare_detector retinanet_r50
  # shellcheck disable=SC2046,SC2091 # words
  $(detector_words retinanet_r50) >/dev/null
  openvino_conversion resnet50 "$work/resnet50/end2end.onnx"
  openvino_conversion retinanet_r50 "$work/retinanet_r50/end2end.onnx"
  openvino_conversion ppocrv4_det "$networks/ppocrv4_det.onnx"
}
