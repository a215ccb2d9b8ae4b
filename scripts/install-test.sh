#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install-test.sh BUILD PACKAGE: installs the build, moves it elsewhere, and builds and runs an outside program against it,
# once by find_package(MMDeploy) and once by pkg-config. PACKAGE is a classifier.
set -eu
. "$(dirname "$0")/lib.sh"

eval "$(scripts/assets.sh --print-env)"
build=${1:?a build folder}
package=$(cd "${2:?a classifier package}" && pwd)
work=$root/build/install-test
source=$root/scripts/install-test
prefix="$work/moved here"

rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
# Whoever unpacks a release puts it where he likes.
mv "$work/prefix" "$prefix"

say "find_package"
cmake -S "$source" -B "$work/cmake" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/cmake"
"$work/cmake/consumer" "$package"

say "pkg-config"
pc=$(find "$prefix" -name mmdeploy.pc)
[ -n "$pc" ] || die "no mmdeploy.pc was installed"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# Paths with blanks are escaped by pkg-config for a shell to read.
eval "gcc -std=c11 -Wall -Wextra -Werror $(pkg-config --define-prefix --cflags mmdeploy) \
  '$source/consumer.c' -o '$work/consumer' $(pkg-config --define-prefix --libs mmdeploy)"
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name 'libmmdeploy.so.0')") "$work/consumer" "$package"

say "a plugin against the installed headers"
cmake -S "$root/examples/plugin_pass" -B "$work/plugin" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/plugin"
plugin=$work/plugin/plugins/example_plugin.so
"$prefix/bin/mmdeploy" passes --plugin "$plugin" | grep -q '^remove_dropout'
"$prefix/bin/mmdeploy" optimize "$package/end2end.onnx" "$work/out.onnx" --plugin "$plugin" --pass remove_dropout fuse_swish

say "backends outside the tree"
"$root/tests/third_party/run.sh" "$prefix" "$work/third_party"

say "the examples against the installation"
cmake -S "$root/examples" -B "$work/examples" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/examples"
"$root/tests/integration/sdk/examples.sh" "$work/examples/examples" "$root"

say "the installed command line"
"$prefix/bin/mmdeploy" --version
"$prefix/bin/mmdeploy" run classifier "$package" "$MMDEPLOY_ASSETS/images/coffee.png" --json | grep -q espresso
