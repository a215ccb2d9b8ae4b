#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare_onnx.sh BUILD [--update] [NAME…]  our end2end.onnx of detectors against the original converter's; README.md says how
set -eu
cd "$(dirname "$0")/../.."
build=${1:?a build folder}
shift
if [ -z "${MMDEPLOY_PEER_PYTHON:-}" ] || [ -z "${MMDEPLOY_PEER_ROOT:-}" ]; then
  echo "MMDEPLOY_PEER_PYTHON (a Python with mmdeploy 0.14 and mmdet 2) and MMDEPLOY_PEER_ROOT (a checkout of v0.14.0) are not set"
  exit 77
fi
cmake --build "$build" --target mmdeploy_cli mmd_backend_onnxruntime >/dev/null
exec "$MMDEPLOY_PEER_PYTHON" scripts/parity/compare_onnx.py "$build" "$@"
