#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# assets.sh              fetches what assets.txt lists into the cache folder and checks every checksum
# assets.sh --print-env  prints shell assignments that tell programs and tests where the files lie
# What is there already is not fetched again, so a second run needs no network.
set -eu
. "$(dirname "$0")/lib.sh"

table=$root/scripts/assets.txt
cache=$(cache_folder)
machine=$(uname -m)

# rows KIND: the table's rows of one kind that apply to this machine, without the first column.
rows() {
  awk -v kind="$1" -v machine="$machine" '
    $1 != kind { next }
    { where = kind == "archive" ? $5 : $3 }
    where == "any" || where == machine { $1 = ""; sub(/^ /, ""); print }' "$table"
}

# has_sum FILE SHA256
has_sum() {
  [ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status - 2>/dev/null
}

fetch_pypi() { # PACKAGE VERSION PLATFORM SHA256 FOLDER
  python3 -m pip --version >/dev/null 2>&1 || die "no pip to fetch $1==$2; run ./setup.sh deps"
  requirements=$5/requirements.txt
  printf '%s==%s --hash=sha256:%s\n' "$1" "$2" "$4" >"$requirements"
  # The Python version names the wheel, not the Python that runs here.
  # shellcheck disable=SC2046 # no option at all for any
  python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps \
    --require-hashes --only-binary=:all: --implementation cp --python-version 3.11 \
    $([ "$3" = any ] || echo "--platform $3") --dest "$5" --requirement "$requirements"
}

fetch_npm() { # PACKAGE VERSION FOLDER
  command -v npm >/dev/null || die "no npm to fetch $1@$2; install the Debian package npm"
  (cd "$3" && npm pack --silent "$1@$2" >/dev/null)
}

# archive_path PACKAGE: where the verified archive of a package is kept.
archive_path() {
  rows archive | awk -v package="$1" -v folder="$cache/downloads" '
    $1 == package {
      gsub(/[@\/]/, "_", $1)
      printf "%s/%s-%s-%s.%s\n", folder, $1, $2, $4, $3 == "npm" ? "tgz" : "whl"
    }'
}

# fetch PACKAGE: brings the archive into the cache unless it is there.
fetch() {
  archive=$(archive_path "$1")
  row=$(rows archive | awk -v package="$1" '$1 == package')
  [ -n "$row" ] || die "$1 is not to be had for $machine"
  # shellcheck disable=SC2086 # the row's columns
  set -- $row
  ! has_sum "$archive" "$6" || return 0
  say "fetching $1 $2"
  partial=$cache/downloads/.partial-$(basename "$archive").$$
  mkdir -p "$partial" || die "cannot write $cache"
  case $3 in
    pypi) fetch_pypi "$1" "$2" "$5" "$6" "$partial" ;;
    npm) fetch_npm "$1" "$2" "$partial" ;;
    *) die "$table: unknown registry '$3'" ;;
  esac || fail_fetch "could not fetch $1 $2 from $3; run again when the network is back"
  for found in "$partial"/*; do
    if has_sum "$found" "$6"; then
      mv -f "$found" "$archive"
      rm -rf "$partial"
      return 0
    fi
  done
  fail_fetch "$1 $2 does not have the pinned checksum $6"
}

fail_fetch() {
  rm -rf "$partial"
  die "$*"
}

# unpack ARCHIVE MEMBER: one file's bytes on stdout.
unpack() {
  case $1 in
    *.whl) unzip -p "$1" "$2" ;;
    *) tar -xzOf "$1" "$2" ;;
  esac
}

ensure_file() { # PACKAGE MACHINE MEMBER DESTINATION SHA256
  ! has_sum "$cache/$4" "$5" || return 0
  fetch "$1"
  mkdir -p "$(dirname "$cache/$4")"
  partial=$cache/$4.partial.$$
  unpack "$(archive_path "$1")" "$3" >"$partial" || fail_fetch "no $3 in $1, or the disk is full"
  has_sum "$partial" "$5" || fail_fetch "$3 of $1 does not have the pinned checksum"
  mv -f "$partial" "$cache/$4"
}

# A tree is too large to be hashed every time: a stamp inside names the archive that it came from.
ensure_tree() { # PACKAGE MACHINE FOLDER DESTINATION FILES
  stamp=$(basename "$(archive_path "$1")")
  [ "$(cat "$cache/$4/.from" 2>/dev/null)" != "$stamp" ] || return 0
  fetch "$1"
  partial=$cache/$4.partial.$$
  mkdir -p "$partial"
  unzip -q "$(archive_path "$1")" "$3/*" -d "$partial" || fail_fetch "cannot unpack $3 of $1"
  count=$(find "$partial/$3" -type f | wc -l)
  [ "$count" -eq "$5" ] || fail_fetch "$3 of $1 holds $count files, expected $5"
  echo "$stamp" >"$partial/$3/.from"
  rm -rf "${cache:?}/$4"
  mv "$partial/$3" "$cache/$4"
  rm -rf "$partial"
}

print_env() {
  library=$(rows file | awk '$4 ~ /onnxruntime\/libonnxruntime\.so/ { print $4 }')
  print_assignment MMDEPLOY_ONNXRUNTIME_LIBRARY "$cache/$library"
  library=$(rows file | awk '$4 ~ /onnxruntime-old\/libonnxruntime\.so/ { print $4 }')
  [ -z "$library" ] || print_assignment MMDEPLOY_ONNXRUNTIME_LIBRARY_OLD "$cache/$library"
  library=$(rows file | awk '$4 ~ /openvino\/libopenvino_c\.so/ { print $4 }')
  [ -z "$library" ] || print_assignment MMDEPLOY_OPENVINO_LIBRARY "$cache/$library"
  library=$("$root/scripts/ncnn.sh" --print-path)
  [ -z "$library" ] || print_assignment MMDEPLOY_NCNN_LIBRARY "$library"
  print_assignment MMDEPLOY_ASSETS "$cache/assets"
}

print_assignment() {
  printf "export %s='%s'\n" "$1" "$(printf '%s' "$2" | sed "s/'/'\\\\''/g")"
}

# each KIND FUNCTION: calls the function with the columns of every row. Not in a pipe: `die` must end the script.
each() {
  list=$(rows "$1")
  while read -r row <&3; do
    # shellcheck disable=SC2086 # the row's columns
    [ -z "$row" ] || "$2" $row
  done 3<<ROWS
$list
ROWS
}

case ${1:-} in
  --print-env)
    print_env
    ;;
  '')
    each file ensure_file
    each tree ensure_tree
    say "assets are complete in $cache"
    ;;
  *)
    echo "usage: scripts/assets.sh [--print-env]" >&2
    exit 2
    ;;
esac
