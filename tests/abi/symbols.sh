#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# symbols.sh LIBRARY LIST: the library exports the public functions of LIST and, under a private version, names that begin with
# mmd_; nothing else. A changed list is a changed ABI: edit LIST knowingly.
set -eu
found=$(mktemp)
wanted=$(mktemp)
trap 'rm -f "$found" "$wanted"' EXIT
nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | LC_ALL=C sort >"$found.all"
grep -v '^mmd_' "$found.all" >"$found" || true
private=$(grep -c '^mmd_' "$found.all" || true)
rm -f "$found.all"
grep -v '^#' "$2" | LC_ALL=C sort >"$wanted"
diff "$wanted" "$found" || {
  echo "$1 exports another list than $2"
  exit 1
}
# Only libmmdeploy has sisters that need private names.
case $1 in
  *libmmdeploy.so*) [ "$private" -gt 0 ] ;;
  *) [ "$private" -eq 0 ] ;;
esac
