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
  deps     only install the Debian packages (all of them; "deps build" leaves the test tools out)
  assets   only fetch the library, the weights and the photos, and say where they lie
  help     this text

Works as root or with sudo on Debian bookworm. Nothing goes into the system's Python.
Variables:
  MMDEPLOY_CACHE=DIR      where downloads are kept (default: ~/.cache/mmdeploy)
  MMDEPLOY_SKIP_DEPS=1    install no packages: you have provided them yourself
TEXT
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
    scripts/deps.sh build check
    scripts/assets.sh
    exec scripts/test.sh "$@"
    ;;
  deps)
    [ $# -gt 0 ] || set -- build check
    exec scripts/deps.sh "$@"
    ;;
  assets)
    scripts/assets.sh
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
