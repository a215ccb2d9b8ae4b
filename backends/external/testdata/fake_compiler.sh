#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plays every vendor's compiler, and the Python that starts their scripts: prints its arguments, one a line, and writes
# the file that they name. FAKE_MODE makes it misbehave.
# As an interpreter that is asked for a package: FAKE_PACKAGE is the one that it has.
if [ "$1" = -c ]; then
  [ "$3" = "$FAKE_PACKAGE" ]
  exit
fi
output=
previous=
trial=
for argument; do
  printf '%s\n' "$argument"
  case $argument in
    --saveEngine=*) output=${argument#--saveEngine=} ;;
    --output=*) output=${argument#--output=}.om ;;
    --trial=*) trial=${argument#--trial=} ;;
  esac
  [ "$previous" != --output ] || output=$argument
  previous=$argument
done
mkdir -p litter/deep && echo litter >litter/deep/file  # in its own folder
case ${FAKE_MODE:-} in
  fail)
    echo half >"$output"
    printf 'one\ntwo\nthree\nfour\nfive\033[31m\n[E] node 7: no implementation\n' >&2
    exit 9
    ;;
  silent) exit 2 ;;
  nothing) exit 0 ;;
  killed) kill -KILL $$ ;;
  slow) sleep 60 ;;
  folder) # some compilers write one
    mkdir -p "$output/inner"
    output=$output/inner/data
    ;;
esac
# A network that gives back what it gets.
for folder in ${trial:+"$trial"/*}; do
  [ "${FAKE_MODE:-}" = mute ] || cp "$folder/input_0.npy" "$folder/output_0.npy"
done
echo engine >"$output"
