#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The front door: installs what is missing, fetches the demo's files, then runs what was asked for.
set -eu
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [COMMAND]

  demo     install, fetch, build, then convert real models, classify photos and find things in them
  check    install, fetch, build, then run all tests; the last line is "N passed, N failed"
  deps     only install the Debian packages (all of them; "deps build" takes what a build needs, "deps libtorch" an engine)
  assets   only fetch the libraries, the weights and the photos, build ncnn, and say where they lie
  help     this text

Works as root or with sudo on Debian bookworm. Nothing goes into the system's Python.
Variables:
  MMDEPLOY_CACHE=DIR      where downloads are kept (default: ~/.cache/mmdeploy)
  MMDEPLOY_SKIP_DEPS=1    install no packages: you have provided them yourself
  MMDEPLOY_SKIP_NCNN=1    check, assets: do not build ncnn (four minutes, once); its tests are skipped
TEXT
}

# Fetches everything; the engine that no registry has as a library is built.
all_assets() {
  scripts/assets.sh
  [ "${MMDEPLOY_SKIP_NCNN:-0}" = 1 ] || scripts/ncnn.sh
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  demo)
    scripts/deps.sh build
    scripts/assets.sh
    exec scripts/demo.sh "$@"
    ;;
  check)
    scripts/deps.sh build check libtorch
    all_assets
    exec scripts/test.sh "$@"
    ;;
  deps)
    [ $# -gt 0 ] || set -- build check libtorch
    exec scripts/deps.sh "$@"
    ;;
  assets)
    all_assets
    exec scripts/assets.sh --print-env
    ;;
  help | --help | -h)
    usage
    ;;
  *)
    echo "setup.sh: unknown command '$command'" >&2
    usage >&2
    exit 2
    ;;
esac
