#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [--refresh] BUILD [CASE...]: runs cases/CASE.sh (all without names) with the command line of the build folder BUILD, and
# compares standard output, standard error and exit status with cases/CASE.{stdout,stderr,exit}. A missing file stands for nothing,
# or 0. --refresh writes the files instead: look at the difference before you keep it.
#
# A case runs in an empty folder, with `mmdeploy` on its PATH and the functions of lib.sh. Paths in what it prints become @SOURCE@,
# @BUILD@ and @HERE@; times, peak memory and the last digits of scores are hidden. With a file cases/CASE.sed, both outputs go through that as well. Status 77 means skipped.
set -u
tests=$(cd "$(dirname "$0")" && pwd)
refresh=no
if [ "${1:-}" = --refresh ]; then
  refresh=yes
  shift
fi
BUILD=$(cd "${1:?a build folder}" && pwd) || exit 1
shift
SOURCE=$(cd "$tests/../.." && pwd)
export BUILD SOURCE
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mmdeploy-cli.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

# What the caller's environment says must not show in the results. The engine is there for those who ask for it by $ENGINE or $ENGINE_OPENVINO.
export ENGINE="${MMDEPLOY_ONNXRUNTIME_LIBRARY:-}" ENGINE_OPENVINO="${MMDEPLOY_OPENVINO_LIBRARY:-}"
unset MMDEPLOY_PLUGIN_PATH MMDEPLOY_ONNXRUNTIME_LIBRARY MMDEPLOY_OPENVINO_LIBRARY SPDLOG_LEVEL MMDEPLOY_ISA NO_COLOR
export PATH="$BUILD/bin:$PATH" LC_ALL=C TERM=dumb
version=$(sed -n 's/^#define MMDEPLOY_VERSION "\(.*\)"$/\1/p' "$SOURCE/include/mmdeploy/version.h" | sed 's/\./\\./g')
# What third parties keep until the process ends is no leak of ours.
export LSAN_OPTIONS="suppressions=$tests/lsan.supp:print_suppressions=0"
# gcc 12's leak checker guesses where the thread-local storage of libraries opened later lies, and now and then crashes on the guess.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}intercept_tls_get_addr=0"

normalise() { # FILE: to standard output
  sed -E -e "s#(^|[^[:alnum:]_./-])$here#\\1@HERE@#g" -e "s#(^|[^[:alnum:]_./-])$BUILD#\\1@BUILD@#g" \
    -e "s#(^|[^[:alnum:]_./-])$SOURCE#\\1@SOURCE@#g" "$1" | sed -e "s|$version|@VERSION@|g" \
    -e 's/\("score": [01]\.[0-9][0-9]\)[-0-9e]*/\1~/g' -e 's/[0-9]\.[0-9][0-9]e[-+][0-9][0-9]/N.NNe-NN/g' \
    -e 's/\(engine\|evaluator\) \([01]\.[0-9][0-9]\)[0-9]*/\1 \2~/g' -e 's/^\(total *\) [0-9.]*$/\1 T/' \
    -e 's/ \{1,\}[0-9.]\{1,\} \{1,\}[0-9.]\{1,\} MiB$/ T M/' >"$scratch/normal"
  if [ -f "$case.sed" ]; then
    sed -f "$case.sed" "$scratch/normal"
  else
    cat "$scratch/normal"
  fi
}

expect() { # SUFFIX FILE
  if [ "$refresh" = yes ]; then
    if [ -s "$2" ]; then cp "$2" "$case.$1"; else rm -f "$case.$1"; fi
    return 0
  fi
  wanted=$case.$1
  [ -f "$wanted" ] || wanted=/dev/null
  diff -u "$wanted" "$2"
}

run_case() { # NAME
  case=$tests/cases/$1
  here=$scratch/$1
  [ -f "$case.sh" ] || { echo "no case $1" && return 1; }
  mkdir "$here"
  status=0
  (cd "$here" && sh -c ". '$tests/lib.sh'; . '$case.sh'") >"$scratch/stdout" 2>"$scratch/stderr" </dev/null || status=$?
  if [ "$status" -eq 77 ]; then
    cat "$scratch/stderr"
    return 77
  fi
  normalise "$scratch/stdout" >"$scratch/stdout.normal"
  normalise "$scratch/stderr" >"$scratch/stderr.normal"
  if [ "$status" -eq 0 ]; then : >"$scratch/exit"; else echo "$status" >"$scratch/exit"; fi
  good=0
  expect stdout "$scratch/stdout.normal" || good=1
  expect stderr "$scratch/stderr.normal" || good=1
  expect exit "$scratch/exit" || good=1
  return "$good"
}

[ $# -gt 0 ] || set -- $(cd "$tests/cases" && ls -- *.sh | sed 's/\.sh$//')
failed=0
for name in "$@"; do
  result=0
  run_case "$name" || result=$?
  [ $# -gt 1 ] || exit "$result"
  case $result in
    0) ;;
    77) echo "skipped: $name" ;;
    *) echo "FAILED: $name" && failed=$((failed + 1)) ;;
  esac
done
echo "$# cases, $failed failed"
[ "$failed" -eq 0 ]
