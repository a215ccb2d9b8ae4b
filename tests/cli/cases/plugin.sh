# SPDX-License-Identifier: Apache-2.0
PLUGINS=$BUILD/lib/plugins
make_package package
mmdeploy passes --plugin "$PLUGINS/example_plugin.so" | grep example_plugin
mmdeploy passes --plugin "$PLUGINS/example_plugin.so" --json | grep -o '{"name": "remove_dropout"[^}]*}'
mkdir folder
cp "$PLUGINS/example_plugin.so" folder/
MMDEPLOY_PLUGIN_PATH=$PWD/folder mmdeploy passes | grep -c example_plugin
echo ---
mmdeploy optimize package/end2end.onnx small.onnx --plugin "$PLUGINS/example_plugin.so" --pass remove_dropout fuse_swish |
  grep -o 'verification: passed'
mmdeploy convert "$DEPLOY" "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir other --verify none \
  --plugin "$PLUGINS/example_plugin.so" --pass remove_dropout >convert.log || cat convert.log
mmdeploy diff package/end2end.onnx other/end2end.onnx
echo ---
try mmdeploy optimize package/end2end.onnx out.onnx --pass remove_dropout
try mmdeploy optimize package/end2end.onnx out.onnx --plugin "$PLUGINS/plugin_newer.so"
try mmdeploy optimize package/end2end.onnx out.onnx --plugin "$PLUGINS/plugin_other_symbol.so"
try mmdeploy optimize package/end2end.onnx out.onnx --plugin "$PLUGINS/plugin_order.so" --pass break_order
try mmdeploy optimize package/end2end.onnx out.onnx --plugin "$PLUGINS/plugin_loud.so" --pass fail_loudly
try mmdeploy optimize package/end2end.onnx out.onnx --plugin "$PLUGINS/plugin_result.so" --pass change_result | tail -n 2
ls out.onnx 2>/dev/null || true
