# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Part "torchscript" of run.sh: what a session costs beside C++ calls of libtorch.

# torchscript_session WHAT NET.onnx [OPTION...]: microseconds a call above those of libtorch alone.
torchscript_session() {
  what=$1 net=$2
  shift 2
  "$cli" onnx2torchscript "$net" "$work/ts-$what" "$@" >/dev/null
  : >"$work/ts-session.txt"
  i=0
  while [ $i -lt "$rounds" ]; do
    "$build/bin/bench_torchscript" "$work/ts-$what.pt" 1 300 >>"$work/ts-session.txt"
    i=$((i + 1))
  done
  ours=$(value ours_min_us "$work/ts-session.txt" | median) bare=$(value bare_min_us "$work/ts-session.txt" | median)
  say "$what: the fastest call takes $ours us, $bare us by libtorch alone"
  row "$what: a session's call above libtorch's, against 50 us" "$(echo "$ours $bare" | awk '{ print $1 - $2 }')" 50 us 1
}

part_torchscript() {
  say "TorchScript: sessions"
  if [ ! -x "$build/bin/bench_torchscript" ]; then
    say "the build has no libtorch: ./setup.sh deps libtorch"
    return 0
  fi
  torchscript_session ppocr_cls "$MMDEPLOY_ASSETS/networks/ppocr_cls.onnx" --dim x:0=1 --dim x:2=48 --dim x:3=192
}
