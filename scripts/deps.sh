#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deps.sh GROUP...: installs the Debian packages of the groups `build`, `check` and `libtorch` that are missing.
# When nothing is missing it asks no server and needs no rights.
set -eu
. "$(dirname "$0")/lib.sh"

# libc6-dev and libclang-rt-14-dev are only recommended by the compilers, so they are named here.
# pip is used as a download client, unzip takes single files out of what it fetched.
build_packages='
  gcc libc6-dev cmake ninja-build make pkgconf
  libjpeg62-turbo-dev libspng-dev libwebp-dev libyaml-dev zlib1g-dev
  libcairo2-dev libpango1.0-dev fonts-noto-core fonts-droid-fallback
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev
  python3 python3-pip unzip ca-certificates
'
# g++ is for the test that compiles the public headers as C++17.
check_packages='
  g++ clang clang-format-14 libclang-rt-14-dev libcmocka-dev ccache
'
# The engine of TorchScript, whose shim is C++: 120 MB with what it needs, 500 MB installed.
libtorch_packages='
  libtorch-dev g++
'

packages_of() {
  case $1 in
    build) echo "$build_packages" ;;
    check) echo "$check_packages" ;;
    libtorch) echo "$libtorch_packages" ;;
    *) die "unknown group '$1' (build, check, libtorch)" ;;
  esac
}

# Of the packages given, those that are not installed.
missing_of() {
  dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
    awk -v wanted="$*" '
      $1 == "ii" { have[$2] = 1 }
      END {
        n = split(wanted, name, " ")
        for (i = 1; i <= n; i++) if (!(name[i] in have)) print name[i]
      }'
}

# What goes before a command to run it as root.
sudo_word() {
  if [ "$(id -u)" -eq 0 ]; then
    echo
  elif command -v sudo >/dev/null; then
    echo sudo
  else
    die "not root and no sudo; run as root: apt-get install --no-install-recommends $missing"
  fi
}

# shellcheck disable=SC2086 # a list of names
install() {
  sudo=$(sudo_word)
  say "installing: $missing"
  log=$root/build/deps.log
  {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 update &&
      $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends $missing
  } >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    die "apt-get could not install: $missing(all of its output: $log)"
  }
}

wanted=
for group in "$@"; do
  list=$(packages_of "$group")
  wanted="$wanted $list"
done
[ "${MMDEPLOY_SKIP_DEPS:-0}" != 1 ] || exit 0
command -v dpkg-query >/dev/null ||
  die "not a Debian system; install the equal of these, then set MMDEPLOY_SKIP_DEPS=1: $wanted"
# shellcheck disable=SC2086 # a list of names
missing=$(missing_of $wanted | tr '\n' ' ')
if [ -n "$missing" ]; then
  install
else
  say "all packages are installed"
fi
