# SPDX-License-Identifier: Apache-2.0
# An installation for running only: bin/mmdeploy, libmmdeploy and a backend, later libmmdeploy_media.
make_package package
mkdir -p root/bin root/lib/mmdeploy
cp "$BUILD/bin/mmdeploy" root/bin
cp -P "$BUILD"/lib/libmmdeploy.so.* root/lib
cp "$BUILD/lib/mmdeploy/libmmdeploy_reference.so" root/lib/mmdeploy
try root/bin/mmdeploy --version
try root/bin/mmdeploy --help
try root/bin/mmdeploy convert a b c d
try root/bin/mmdeploy check-env
try root/bin/mmdeploy run classifier package "$PHOTO"
cp -P "$BUILD"/lib/libmmdeploy_media.so* root/lib
try root/bin/mmdeploy run classifier package "$PHOTO" --json --topk 1
