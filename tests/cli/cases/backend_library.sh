# SPDX-License-Identifier: Apache-2.0
# An engine's library that is missing, no library, for another processor, without the entry point, too old.
make_package package
sed 's/"reference"/"onnxruntime"/' package/deploy.json >deploy.json && mv deploy.json package
classify_with() { MMDEPLOY_ONNXRUNTIME_LIBRARY=$1 try mmdeploy run classifier package "$PHOTO"; }
classify_with ./missing.so
echo 'some text' >text.so
classify_with ./text.so
cp "$BUILD/lib/mmdeploy/libmmdeploy_null.so" other.so
# The ELF header's processor: 243 is RISC-V.
printf '\363\000' | dd of=other.so bs=1 seek=18 conv=notrunc 2>/dev/null
classify_with ./other.so
classify_with "$BUILD/lib/mmdeploy/libmmdeploy_null.so"
classify_with "$BUILD/lib/fake_engine/libfaulty_onnxruntime_old.so"
