#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh PREFIX WORK: backends outside the tree against the installation PREFIX; WORK is a folder to work in.
# run.sh --install BUILD WORK: installs the build into WORK first.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
fail() { echo "FAILED: $*" >&2 && exit 1; }

if [ "$1" = --install ]; then
  build=$2
  rm -rf "$3"
  mkdir -p "$3"
  work=$(cd "$3" && pwd)
  cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
  prefix=$work/prefix
else
  prefix=$(cd "$1" && pwd)
  mkdir -p "$2"
  work=$(cd "$2" && pwd)
fi
unset MMDEPLOY_PLUGIN_PATH
LSAN_OPTIONS=suppressions=$root/tests/lsan.supp:print_suppressions=0
export LSAN_OPTIONS
mmdeploy() { "$prefix/bin/mmdeploy" "$@"; }
conformance() { "$prefix/libexec/mmdeploy/conformance" "$@" >"$work/conformance.log" || { cat "$work/conformance.log" && false; }; }
models=$root/codebases/mmcls/models/testdata
network="$models/mmcls/resnet18/config.py $models/mmcls/resnet18/checkpoint.pth $models/photos/chelsea.jpg"

# build SOURCE NAME: configures and builds a backend; its modules are then in WORK/NAME/modules.
build_backend() {
  cmake -S "$1" -B "$work/$2" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" >"$work/$2.log"
  cmake --build "$work/$2" >>"$work/$2.log" || { cat "$work/$2.log" && false; }
}

# convert CONFIG WHERE [OPTION...]
convert() {
  deploy=$1 where=$2
  shift 2
  # shellcheck disable=SC2086 # three arguments
  mmdeploy convert "$deploy" $network --work-dir "$where" --dump-info "$@" >"$where.log" || { cat "$where.log" && false; }
}

# The best class, without its score.
best() { mmdeploy run classifier "$1" "$models/photos/chelsea.jpg" --json --topk 1 | grep -o '"label_id": [0-9]*'; }

# A backend with an engine of its own.
build_backend "$root/examples/third_party_backend" tiny
modules=$work/tiny/modules
config=$root/examples/third_party_backend/classification_tiny.py
expect=$root/examples/third_party_backend/expectations.txt
conformance tiny "$modules/libmmdeploy_tiny.so" --expect "$expect"
MMDEPLOY_PLUGIN_PATH=$modules conformance tiny --expect "$expect"
convert "$root/tests/cli/data/reference_dynamic.py" "$work/package_reference"
convert "$config" "$work/package_plugin" --plugin "$modules/libmmdeploy_tiny.so"
export MMDEPLOY_PLUGIN_PATH="$modules"
convert "$config" "$work/package_tiny"
[ -f "$work/package_tiny/end2end.tiny" ] || fail "no end2end.tiny"
grep -q '"verification": "passed"' "$work/package_tiny/detail.json" || fail "not verified"
cmp "$work/package_tiny/end2end.bin" "$work/package_plugin/end2end.bin"
answer=$(best "$work/package_tiny")
[ -n "$answer" ] && [ "$answer" = "$(best "$work/package_reference")" ] || fail "another answer: $answer"
mmdeploy check-env | grep -q '^tiny:	1$' || fail "check-env does not find it"

# A network that it cannot run: all nodes that are in the way, and nothing is written.
mobilenet="$models/mmcls/mobilenet_v2/config.py $models/mmcls/mobilenet_v2/checkpoint.pth $models/photos/chelsea.jpg"
# shellcheck disable=SC2086
if mmdeploy convert "$config" $mobilenet --work-dir "$work/refused" --dump-info >"$work/refused.log" 2>&1; then
  fail "a network with operators that it lacks was converted"
fi
grep -q "backend 'tiny' cannot run: Clip node" "$work/refused.log" || { cat "$work/refused.log" && fail "no such sentence"; }
[ ! -e "$work/refused/deploy.json" ] || fail "a package was left"

# The skeleton under another name, as the guide says.
rm -rf "$work/acme"
cp -r "$root/backends/null" "$work/acme"
(cd "$work/acme" && grep -rl null . | xargs sed -i 's/null/acme/g' && mv runtime/null_module.c runtime/acme_module.c &&
  mv target/null_target.c target/acme_target.c)
build_backend "$work/acme" acme_build
export MMDEPLOY_PLUGIN_PATH="$work/acme_build/modules"
conformance acme --expect "$work/acme/expectations.txt"
sed "s/'tiny'/'acme'/" "$config" >"$work/classification_acme.py"
convert "$work/classification_acme.py" "$work/package_acme" --verify none
mmdeploy run classifier "$work/package_acme" "$models/photos/chelsea.jpg" >"$work/acme.answer"
echo "both backends convert, conform and run"
