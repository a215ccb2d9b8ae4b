# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Part "ncnn" of run.sh: what a session costs beside the engine's own C interface, and onnx2ncnn and its nets beside pnnx's. The
# engine is the one that scripts/ncnn.sh builds.

# The peer, a program in a wheel that is unpacked and not installed: its Python side asks for PyTorch, which is not needed.
peer_pnnx() {
  pnnx=$cache/bench/pnnx-20261020/pnnx/pnnx
  [ ! -x "$pnnx" ] || return 0
  say "fetching pnnx 20261020"
  partial=$cache/bench/.partial.$$
  mkdir -p "$partial"
  python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
    --dest "$partial" pnnx==20261020 || die "could not fetch pnnx 20261020"
  mkdir -p "$cache/bench/pnnx-20261020"
  unzip -q -o "$partial"/pnnx-*.whl -d "$cache/bench/pnnx-20261020"
  chmod +x "$pnnx"
  rm -rf "$partial"
}

# ncnn_session WHAT NET.onnx [OPTION...]: microseconds a call above those of the engine alone on the same net.
ncnn_session() {
  what=$1 net=$2
  shift 2
  "$cli" onnx2ncnn "$net" "$work/ncnn-$what" "$@" >/dev/null
  : >"$work/ncnn-session.txt"
  i=0
  while [ $i -lt "$rounds" ]; do
    "$build/bin/bench_ncnn" "$work/ncnn-$what.param" "$work/ncnn-$what.param" 1 300 >>"$work/ncnn-session.txt"
    i=$((i + 1))
  done
  ours=$(value ours_min_us "$work/ncnn-session.txt" | median) bare=$(value bare_min_us "$work/ncnn-session.txt" | median)
  say "$what: the fastest call takes $ours us, $bare us by the engine alone"
  # A ratio needs a number above zero.
  row "$what: a session's call above the engine's, against 50 us" \
    "$(echo "$ours $bare" | awk '{ d = $1 - $2; print d > 0.1 ? d : 0.1 }')" 50 us 1
}

# ncnn_peer WHAT NET.onnx SHAPE: the conversion by whole processes, then both nets on one thread.
ncnn_peer() {
  : >"$work/ncnn-ours.txt"
  : >"$work/ncnn-peer.txt"
  : >"$work/ncnn-nets.txt"
  rm -rf "$work/pnnx"
  mkdir -p "$work/pnnx"
  cp "$2" "$work/pnnx/net.onnx"
  options=$(echo "$3" | awk -F, '{ for (i = 1; i <= NF; i++) printf " --dim %s:%d=%d", input, i - 1, $i }' input="$4")
  i=0
  while [ $i -lt "$rounds" ]; do
    rm -f "$work/ncnn-$1".* "$work"/pnnx/net.ncnn.*
    # shellcheck disable=SC2086 # words
    seconds "$cli" onnx2ncnn "$2" "$work/ncnn-$1" $options >>"$work/ncnn-ours.txt"
    seconds "$pnnx" "$work/pnnx/net.onnx" "inputshape=[$3]" fp16=0 >>"$work/ncnn-peer.txt" || die "pnnx failed on $2"
    i=$((i + 1))
  done
  i=0
  while [ $i -lt "$rounds" ]; do
    "$build/bin/bench_ncnn" "$work/ncnn-$1.param" "$work/pnnx/net.ncnn.param" 1 10 >>"$work/ncnn-nets.txt"
    i=$((i + 1))
  done
  row "$1: onnx2ncnn against pnnx" "$(cut -d ' ' -f 1 "$work/ncnn-ours.txt" | median)" "$(cut -d ' ' -f 1 "$work/ncnn-peer.txt" | median)" s 1
  row "$1: our net against pnnx's" "$(value ours_us "$work/ncnn-nets.txt" | median | awk '{ print $1 / 1000 }')" \
    "$(value bare_us "$work/ncnn-nets.txt" | median | awk '{ print $1 / 1000 }')" ms 1.05
  row "$1: their largest difference, thousandths of the largest number" \
    "$(value difference "$work/ncnn-nets.txt" | median | awk '{ print $1 * 1000 }')" 1 '' 1
}

part_ncnn() {
  [ -n "${MMDEPLOY_NCNN_LIBRARY:-}" ] || die "ncnn is not built; run scripts/ncnn.sh"
  say "ncnn: sessions, files and nets of $(basename "$MMDEPLOY_NCNN_LIBRARY")"
  export MMDEPLOY_NCNN_LIBRARY
  networks=$MMDEPLOY_ASSETS/networks
  prepare_resnet50
  peer_pnnx
  ncnn_session ppocr_cls "$networks/ppocr_cls.onnx" --dim x:0=1 --dim x:2=48 --dim x:3=192
  ncnn_peer resnet50 "$work/resnet50/end2end.onnx" 1,3,224,224 input
  ncnn_peer ppocrv4_det "$networks/ppocrv4_det.onnx" 1,3,736,1280 x
  # pnnx leaves the slices with steps at the network's beginning as layers that the engine does not have.
  "$cli" extract "$networks/yolox_nano.onnx" "$work/yolox_nano_body.onnx" --inputs 683 >/dev/null
  ncnn_peer yolox_nano_body "$work/yolox_nano_body.onnx" 1,12,208,208 683
}
