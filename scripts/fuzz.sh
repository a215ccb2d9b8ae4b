#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh [NAME...]: runs every fuzz target (or those named, as in pickle) for FUZZ_SECONDS each, FUZZ_JOBS of them at a
# time. New inputs go to build/fuzz/corpus, logs to build/fuzz/NAME.log, what crashes, hangs or takes too much memory to
# build/fuzz/crashes, where it stays until somebody has looked at it; tests/corpus is only read. The exit status is 1 when a
# target failed.
set -eu
. "$(dirname "$0")/lib.sh"

seconds=${FUZZ_SECONDS:-30}
jobs=${FUZZ_JOBS:-2}
crashes=build/fuzz/crashes

# Prints one line: "ok" or "FAILED", the name, and what came of it.
run_target() { # PROGRAM
  name=$(basename "$1" _fuzz)
  mkdir -p "build/fuzz/corpus/$name" "$crashes"
  log=build/fuzz/$name.log
  set -- "$1" "build/fuzz/corpus/$name"
  [ ! -d "tests/corpus/$name" ] || set -- "$@" "tests/corpus/$name"
  if "$@" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$crashes/$name-" >"$log" 2>&1; then
    printf 'ok      %-24s %s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: */runs: /p' "$log")"
  else
    artifact=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    printf 'FAILED  %-24s %s (see %s)\n' "$name" "${artifact:-without a file}" "$log"
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

results=build/fuzz/results
: >"$results"
count=0
for program in $(find build/fuzz -type f -perm -u+x -name '*_fuzz' | sort); do
  wanted "$program" "$@" || continue
  count=$((count + 1))
  # As many as $jobs at a time: each batch takes as long as its slowest, which is $seconds for all.
  run_target "$program" >>"$results" &
  [ $((count % jobs)) -ne 0 ] || wait
done
wait
[ "$count" -gt 0 ] || die "no fuzz target found${*:+ of that name: $*}"
sort "$results"
failed=$(grep -c '^FAILED' "$results" || true)
passed=$(grep -c '^ok' "$results" || true)
echo "$passed passed, $((count - passed)) failed"
left=$(find "$crashes" -type f | wc -l)
[ "$left" -eq 0 ] || echo "$left inputs in $crashes: replay one with build/fuzz/bin/NAME_fuzz FILE"
[ "$failed" -eq 0 ] && [ "$passed" -eq "$count" ]
