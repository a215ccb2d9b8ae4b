#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh           formats all C and C++ sources in place
# format.sh --check   names the files that are not formatted, and fails if there are any
# The version is pinned, because versions of clang-format disagree.
set -eu
. "$(dirname "$0")/lib.sh"

command -v clang-format-14 >/dev/null || die "no clang-format-14; run ./setup.sh deps"

each_source() {
  find include src codebases backends tools tests bench examples scripts \
    \( -name testdata -o -name corpus \) -prune -o \
    -type f \( -name '*.[ch]' -o -name '*.[ch]pp' -o -name '*.cc' \) -print0 2>/dev/null
}

# The output names every place; the files are enough.
check() {
  log=build/format.log
  each_source | xargs -0 -r -n 50 clang-format-14 --dry-run --Werror >"$log" 2>&1 && return 0
  sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: error.*/not formatted: \1/p' "$log" | sort -u
  return 1
}

case ${1:-} in
  --check) check ;;
  '') each_source | xargs -0 -r -n 50 clang-format-14 -i ;;
  *)
    echo "usage: scripts/format.sh [--check]" >&2
    exit 2
    ;;
esac
