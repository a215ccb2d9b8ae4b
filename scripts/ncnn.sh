#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ncnn.sh              fetches ncnn's sources and builds its library into the cache folder
# ncnn.sh --print-path prints where the library lies; nothing when it is not built
# The registry has no library with the C interface, so it is built here, once: about four minutes of processor time. What is
# there already is not built again. assets.sh --print-env tells programs and tests of it.
set -eu
. "$(dirname "$0")/lib.sh"

version=20261020
checksum=ad8cdd63e9755cfa8e23b9b6d9ce46156077d80298a89e7c3ba325ffccfca200
cache=$(cache_folder)
archive=$cache/downloads/ncnn-1.0.$version.tar.gz
library=$cache/lib/ncnn/libncnn.so.1.0.$version
work=$cache/.partial-ncnn.$$

has_sum() {
  [ -f "$1" ] && printf '%s  %s\n' "$checksum" "$1" | sha256sum --check --status - 2>/dev/null
}

# The sources name themselves after the day on which they are unpacked. pip's newer resolver takes that for another version
# and refuses it; the older one does not look. The checksum is looked at here.
fetch() {
  ! has_sum "$archive" || return 0
  python3 -m pip --version >/dev/null 2>&1 || die "no pip to fetch ncnn; run ./setup.sh deps"
  say "fetching ncnn 1.0.$version"
  mkdir -p "$work" "$cache/downloads" || die "cannot write $cache"
  python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --no-binary ncnn \
    --use-deprecated=legacy-resolver --dest "$work" "ncnn==1.0.$version" ||
    die "could not fetch ncnn 1.0.$version from pypi; run again when the network is back"
  has_sum "$work/ncnn-1.0.$version.tar.gz" ||
    die "ncnn 1.0.$version does not have the pinned checksum $checksum"
  mv -f "$work/ncnn-1.0.$version.tar.gz" "$archive"
}

# Instruction sets of the machine itself, but none that most machines lack: a library for AVX-512 ends the program elsewhere.
instruction_sets() {
  [ "$(uname -m)" = x86_64 ] || return 0
  echo "-DNCNN_AVX512=OFF -DNCNN_AVXVNNI=OFF -DNCNN_XOP=OFF -DNCNN_FMA4=OFF"
  grep -q -w avx2 /proc/cpuinfo || echo "-DNCNN_AVX=OFF"
}

build() {
  for tool in cmake ninja c++; do
    command -v "$tool" >/dev/null || die "no $tool to build ncnn; run ./setup.sh deps"
  done
  log=$cache/ncnn.log
  mkdir -p "$work" "$(dirname "$library")"
  tar -xzf "$archive" -C "$work" || die "cannot unpack $archive"
  say "building ncnn 1.0.$version; its output goes to $log"
  # shellcheck disable=SC2046 # several options
  {
    cmake -G Ninja -S "$work/ncnn-1.0.$version" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
      -DNCNN_VERSION="$version" -DNCNN_SHARED_LIB=ON -DNCNN_VULKAN=OFF -DNCNN_BUILD_TOOLS=OFF \
      -DNCNN_BUILD_EXAMPLES=OFF -DNCNN_BUILD_BENCHMARK=OFF -DNCNN_RUNTIME_CPU=OFF -DNCNN_BF16=OFF \
      $(instruction_sets) && cmake --build "$work/build" --parallel "$(job_count)"
  } >"$log" 2>&1 || die "ncnn does not build; see $log"
  built=$(find "$work/build" -name "libncnn.so.1.*" -type f)
  [ -n "$built" ] || die "the build made no library; see $log"
  strip --strip-unneeded "$built" -o "$library.partial" && mv -f "$library.partial" "$library"
  cp "$work/ncnn-1.0.$version/LICENSE.txt" "$(dirname "$library")/LICENSE"
}

case ${1:-} in
  --print-path)
    [ ! -f "$library" ] || echo "$library"
    ;;
  '')
    if [ ! -f "$library" ]; then
      # Nothing of a run that fails or is interrupted stays behind.
      trap 'rm -rf "$work"' EXIT
      trap 'exit 130' HUP INT TERM
      fetch
      build
    fi
    say "ncnn is built: $library"
    ;;
  *)
    echo "usage: scripts/ncnn.sh [--print-path]" >&2
    exit 2
    ;;
esac
