#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# example.sh PROGRAM ROOT: examples/classifier.c on the tiny package, in directory and zip form, and its errors.
set -eu
program=$1
cd "$2"
photos=codebases/mmcls/models/testdata/photos
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "example.sh: $*" >&2
  cat "$work"/* >&2
  exit 1
}

for package in tests/packages/tiny tests/packages/tiny.zip; do
  "$program" "$package" $photos/chelsea.jpg $photos/coffee.png >"$work/out" 2>"$work/err" || fail "$package: status $?"
  # Labels and scores are those of mmcls: codebases/mmcls/models/testdata/mmcls/clshead/results.json.
  grep -A1 chelsea.jpg "$work/out" | grep -qF '  0.1220  2  cat' || fail "$package: chelsea.jpg"
  grep -A1 coffee.png "$work/out" | grep -qF '  0.4326  7  harbour' || fail "$package: coffee.png"
  [ "$(wc -l <"$work/out")" = 12 ] || fail "$package: two pictures with five answers are expected"
  [ ! -s "$work/err" ] || fail "$package: output on standard error"
done

# fails STATUS TEXT WORD...: the program must end with STATUS and say TEXT.
fails() {
  status=$1 text=$2 found=0
  shift 2
  "$program" "$@" >"$work/out" 2>"$work/err" || found=$?
  [ "$found" = "$status" ] || fail "$*: status $found"
  grep -qF "$text" "$work/err" || fail "$*: '$text' is not said"
}
fails 2 usage
fails 2 usage tests/packages/tiny
fails 1 /no/such/photo.jpg tests/packages/tiny /no/such/photo.jpg
fails 1 /no/such/package /no/such/package $photos/coffee.png
fails 1 names.txt tests/packages/tiny tests/packages/names.txt
