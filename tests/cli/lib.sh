# SPDX-License-Identifier: Apache-2.0
# What the cases share. Sourced by run.sh.
DATA=$SOURCE/tests/cli/data
MODELS=$SOURCE/codebases/mmcls/models/testdata
DEPLOY=$DATA/reference_dynamic.py
RESNET=$MODELS/mmcls/resnet18
PHOTO=$MODELS/photos/chelsea.jpg

# try COMMAND...: runs it and shows a status that is not 0, so that one case can try several things.
try() {
  tried=0
  "$@" || tried=$?
  [ "$tried" -eq 0 ] || echo "exit status $tried"
}

# make_package DIR: a small ResNet-18 for our own evaluator, so that no engine is needed.
make_package() {
  mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir "$1" --dump-info \
    --verify none >convert.log || cat convert.log
  rm -f convert.log
}

# classify IMG...: the best answer of a package made for it.
classify() {
  [ -d package ] || make_package package
  mmdeploy run classifier package "$@" --json --topk 1
}

# need_engine: skips the case where there is no ONNX Runtime, unless it must be there.
need_engine() {
  if [ -n "$ENGINE" ]; then
    export MMDEPLOY_ONNXRUNTIME_LIBRARY="$ENGINE"
    return
  fi
  echo "MMDEPLOY_ONNXRUNTIME_LIBRARY is not set" >&2
  [ "${MMDEPLOY_REQUIRE_ASSETS:-0}" = 1 ] || exit 77
  exit 1
}

# need_openvino: likewise with OpenVINO; builds with sanitizers cannot load it.
need_openvino() {
  grep -q '^MMDEPLOY_SANITIZE:.*=.*\(address\|thread\)' "$BUILD/CMakeCache.txt" && exit 77
  if [ -n "$ENGINE_OPENVINO" ]; then
    export MMDEPLOY_OPENVINO_LIBRARY="$ENGINE_OPENVINO"
    return
  fi
  echo "MMDEPLOY_OPENVINO_LIBRARY is not set" >&2
  [ "${MMDEPLOY_REQUIRE_ASSETS:-0}" = 1 ] || exit 77
  exit 1
}
