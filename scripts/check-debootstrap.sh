#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check-debootstrap.sh [--keep DIR] [COMMAND...]: runs `./setup.sh COMMAND` (default: demo, then check) in a bare Debian
# bookworm, so that a missing package shows. Needs root and the package debootstrap. Mirror, proxy and certificates are
# the host's own. --keep keeps the root in DIR, and takes it up again when it is there.
set -eu
. "$(dirname "$0")/lib.sh"

host_settings='http_proxy https_proxy no_proxy PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_DEFAULT_TIMEOUT CI'

# The host's own sources for a release, as one-line entries without the host's key files.
host_sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' "Codename: bookworm$1" | sort -u
}

make_base() {
  command -v debootstrap >/dev/null || die "no debootstrap; install the Debian package debootstrap"
  host_sources '' >"$work/sources"
  mirror=$(awk '{ print $2; exit }' "$work/sources")
  [ -n "$mirror" ] || die "apt knows no source for bookworm; run apt-get update"
  say "making a bare bookworm in $work/root"
  debootstrap --variant=minbase bookworm "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 || {
    tail -n 5 "$work/debootstrap.log"
    die "debootstrap failed"
  }
}

# What a machine on this network has beside a bare system: name service, sources, proxy, certificates.
configure() {
  for suffix in '' -updates -security; do host_sources "$suffix"; done >"$work/root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(https?|Retries|Check-)' >"$work/root/etc/apt/apt.conf.d/90host" || :
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
    [ ! -f "$file" ] || cp "$file" "$work/root$file"
  done
  # Not in its usual place, which the package ca-certificates writes anew.
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] ||
    cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/host-certificates.crt"
}

copy_tree() {
  rm -rf "$work/root/mmdeploy"
  mkdir "$work/root/mmdeploy"
  tar -c --exclude=./build --exclude=./.git . | tar -x --no-same-owner -C "$work/root/mmdeploy"
}

# The mounts live in a name space of their own and go with it.
in_root() {
  for name in $host_settings; do
    value=$(printenv "$name" || :)
    [ -z "$value" ] || set -- "$name=$value" "$@"
  done
  set -- env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    PIP_CERT=/etc/host-certificates.crt "$@"
  unshare --mount --propagation private sh -eu -c '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/dev/shm"
    exec chroot "$root" "$@"' sh "$work/root" "$@"
}

keep=
if [ "${1:-}" = --keep ]; then
  keep=${2:?--keep wants a folder}
  shift 2
fi
[ $# -gt 0 ] || set -- demo check
[ "$(id -u)" -eq 0 ] || die "needs root"
if [ -n "$keep" ]; then
  mkdir -p "$keep"
  work=$(cd "$keep" && pwd)
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
[ -d "$work/root/usr" ] || make_base
configure
copy_tree
failed=0
for command in "$@"; do
  say "setup.sh $command in the bare root"
  begin=$(date +%s)
  if in_root sh -c "cd /mmdeploy && ./setup.sh $command" </dev/null; then
    say "setup.sh $command: ok, $(($(date +%s) - begin)) s"
  else
    say "setup.sh $command: FAILED, $(($(date +%s) - begin)) s"
    failed=1
  fi
done
exit $failed
