#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test.sh [TIER...]: builds and tests; without names, all tiers in this order:
#   static    the checks in scripts/checks
#   asan      gcc, address and undefined behaviour sanitizers: all tests
#   clang     clang, optimised, warnings are errors: all tests
#   tsan      gcc, thread sanitizer: the tests labelled `thread`
#   demo      the demo, with the clang build
#   install   outside programs against an installed copy of the clang build
# Tests labelled `long` run only with MMDEPLOY_TEST_LONG=1. Only what fails is shown; the last line sums up.
set -u
. "$(dirname "$0")/lib.sh"

passed=0
failed=0
skipped=0
logs=build/test-logs

# count NAME SECONDS PASSED FAILED SKIPPED: one line of the report.
count() {
  verdict=ok
  [ "$4" -eq 0 ] || verdict=FAILED
  printf '%-7s %-28s %5d passed %3d failed %3d skipped %5d s\n' "$verdict" "$1" "$3" "$4" "$5" "$2"
  passed=$((passed + $3))
  failed=$((failed + $4))
  skipped=$((skipped + $5))
}

# one NAME COMMAND...: a command that is one test; its output is shown when it fails.
one() {
  name=$1
  shift
  begin=$(date +%s)
  if "$@" >"$logs/$name.log" 2>&1; then
    count "$name" $(($(date +%s) - begin)) 1 0 0
  else
    tail -n 200 "$logs/$name.log"
    count "$name" $(($(date +%s) - begin)) 0 1 0
    return 1
  fi
}

# Sanitizers want memory where they look for it, which some kernels randomise too far.
fixed_addresses() {
  if setarch "$(uname -m)" -R true 2>/dev/null; then
    setarch "$(uname -m)" -R "$@"
  else
    "$@"
  fi
}

# suite PRESET: builds, then runs ctest and adds its figures. A build that fails is one failed test.
suite() {
  one "build-$1" cmake_build "$1" || return 0
  log=$logs/ctest-$1.log
  begin=$(date +%s)
  status=0
  fixed_addresses ctest --preset "$1" --parallel "$(job_count)" ${exclude:+--label-exclude "$exclude"} \
    >"$log" 2>&1 || status=$?
  total=$(sed -n 's/^.* tests passed, .* out of \([0-9]*\)$/\1/p' "$log")
  bad=$(sed -n 's/^.* tests passed, \([0-9]*\) tests failed out of .*$/\1/p' "$log")
  missed=$(grep -c '^[[:space:]]*[0-9]* - .* (Skipped)$' "$log")
  # A run without figures, or one that failed for another reason than a test, is one failure.
  [ -n "$total" ] || { total=1 bad=1; }
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || { total=$((total + 1)) bad=1; }
  [ "$bad" -eq 0 ] || grep -v ' Passed \|^ *Start ' "$log"
  grep '^[[:space:]]*[0-9]* - .* (Skipped)$' "$log"
  count "ctest-$1" $(($(date +%s) - begin)) $((total - bad - missed)) "$bad" "$missed"
}

tier() {
  case $1 in
    static)
      for check in scripts/checks/*.sh; do
        [ ! -x "$check" ] || one "check-$(basename "$check" .sh)" "$check"
      done
      ;;
    asan | clang | tsan) suite "$1" ;;
    demo) one demo env MMDEPLOY_DEMO_PRESET=clang scripts/demo.sh ;;
    install) one install scripts/install-test.sh build/clang build/demo/mobilenet_v2 ;;
    *) die "unknown tier '$1'" ;;
  esac
}

environment=$(scripts/assets.sh --print-env) || exit 1
eval "$environment"
# A missing library or file is then a failure, not a reason to skip.
export MMDEPLOY_REQUIRE_ASSETS=1
exclude=long
[ "${MMDEPLOY_TEST_LONG:-0}" != 1 ] || exclude=
[ $# -gt 0 ] || set -- static asan clang tsan demo install
mkdir -p "$logs"
for name in "$@"; do tier "$name"; done
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
