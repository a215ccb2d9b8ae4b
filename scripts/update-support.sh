#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# update-support.sh MMDEPLOY [--check]: puts the output of `mmdeploy support` between the marks of the READMEs; with --check it only says
# whether they are up to date.
set -eu
cli=${1:?the mmdeploy program}
cd "$(dirname "$0")/.."
table=$(mktemp)
fresh=$(mktemp)
trap 'rm -f "$table" "$fresh"' EXIT
"$cli" support >"$table"
status=0
for readme in README.md README.zh-CN.md; do
  awk -v table="$table" '
    /<!-- support: end -->/ { inside = 0 }
    !inside { print }
    /<!-- support: begin -->/ { inside = 1; while ((getline line < table) > 0) print line; close(table) }' "$readme" >"$fresh"
  if cmp -s "$fresh" "$readme"; then continue; fi
  if [ "${2:-}" = --check ]; then
    echo "$readme: the support table is out of date; run scripts/update-support.sh"
    status=1
  else
    cat "$fresh" >"$readme"
  fi
done
exit $status
