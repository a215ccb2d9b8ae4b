#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh [NAME...]: runs every fuzz target (or those named, as in pickle) for FUZZ_SECONDS each.
# New inputs go to build/fuzz/corpus, what crashes to build/fuzz/crashes; tests/corpus is only read.
set -eu
. "$(dirname "$0")/lib.sh"

seconds=${FUZZ_SECONDS:-30}

run_target() { # PROGRAM
  name=$(basename "$1" _fuzz)
  mkdir -p "build/fuzz/corpus/$name" build/fuzz/crashes
  log=build/fuzz/$name.log
  set -- "$1" "build/fuzz/corpus/$name"
  [ ! -d "tests/corpus/$name" ] || set -- "$@" "tests/corpus/$name"
  if "$@" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/crashes/$name-" >"$log" 2>&1; then
    printf 'ok      %-24s %s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: */runs: /p' "$log")"
  else
    printf 'FAILED  %-24s see %s\n' "$name" "$log"
    failed=$((failed + 1))
  fi
}

wanted() { # PROGRAM NAME...
  [ $# -gt 1 ] || return 0
  name=$(basename "$1" _fuzz)
  shift
  case " $* " in *" $name "*) return 0 ;; esac
  return 1
}

# Only the fuzz targets are built: the preset knows all tests, for the list of targets is made with theirs.
build() {
  cmake --preset fuzz
  targets=$(ninja -C build/fuzz -t targets all | sed -n 's/^\([A-Za-z0-9_]*_fuzz\): phony$/\1/p')
  # shellcheck disable=SC2086 # a list of names
  [ -z "$targets" ] || cmake --build --preset fuzz --parallel "$(job_count)" --target $targets
}

build >build/fuzz.build.log 2>&1 || {
  cat build/fuzz.build.log
  die "the fuzz build failed"
}
failed=0
count=0
for program in $(find build/fuzz -type f -perm -u+x -name '*_fuzz' | sort); do
  wanted "$program" "$@" || continue
  run_target "$program"
  count=$((count + 1))
done
[ "$count" -gt 0 ] || die "no fuzz target found${*:+ of that name: $*}"
echo "$((count - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
