#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# update-private-symbols.sh BUILD [--check]: the internal functions that libmmdeploy_convert and libmmdeploy_media need of libmmdeploy are
# listed in cmake/libmmdeploy.map, and exported under a version of this release only. Run it after a link that fails for want
# of a symbol (with `mmd_*;` in the private node meanwhile). --check only says whether the list is what the build needs.
set -eu
build=${1:?a build folder}
check=${2:-}
cd "$(dirname "$0")/.."
map=cmake/libmmdeploy.map
needed=$(mktemp)
fresh=$(mktemp)
trap 'rm -f "$needed" "$fresh"' EXIT
nm -D --undefined-only "$build"/lib/libmmdeploy_convert.so.0 "$build"/lib/libmmdeploy_media.so.0 |
  awk '{ sub(/@.*/, "", $2); if ($2 ~ /^mmd_/) print "    " $2 ";" }' | LC_ALL=C sort -u >"$needed"
awk -v needed="$needed" '
  /# private: end/ { inside = 0 }
  !inside { print }
  /# private: begin/ { inside = 1; while ((getline line < needed) > 0) print line }' "$map" >"$fresh"
cmp -s "$fresh" "$map" && exit 0
if [ "$check" = --check ]; then
  diff "$map" "$fresh" || echo "$map: the private list is out of date; run scripts/update-private-symbols.sh"
  exit 1
fi
cat "$fresh" >"$map"
