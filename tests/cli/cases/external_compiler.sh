# SPDX-License-Identifier: Apache-2.0
# A vendor's compiler that is a program: not there, a fake one, one that fails, a config that cannot be done.
FAKE=$SOURCE/backends/external/testdata/fake_compiler.sh
config() { # BACKEND MORE: a deploy config
  sed "s/type='reference'/type='$1'$2/" "$DEPLOY" >config.py
}
shapes=", model_inputs=[dict(input_shapes=dict(input=dict(min_shape=[1,3,32,32],opt_shape=[1,3,224,224],max_shape=[4,3,512,512])))]"
convert() { # OPTION...: without times
  try mmdeploy convert config.py "$RESNET/config.py" "$RESNET/checkpoint.pth" "$PHOTO" --work-dir out --dump-info --verify none "$@" 2>&1 |
    grep -v -E '^(stage|read|build|optimize|write|total) ' | sed -e 's/[0-9.]* s and [0-9]* MiB/T s and M MiB/' -e 's/\.[a-z]*-......\//F\//g'
}
PATH=$BUILD/bin:/usr/bin:/bin
export PATH
config tensorrt "$shapes"
convert
[ ! -e out ] || ls -A out
export MMDEPLOY_TRTEXEC="$FAKE"
convert
ls -A out
sed 's/\.tensorrt-......\//F\//' out/end2end.tensorrt.log
grep -E '"(net|weights|backend)"' out/deploy.json
rm -r out
echo ---
FAKE_MODE=fail convert
FAKE_MODE=silent convert
ls -A out
rm -r out
config tensorrt ""
convert
config tensorrt ", common_config=dict(int8_mode=True)$shapes"
convert
echo ---
config rknn ", common_config=dict(target_platform='rk3588')"
convert --python /nonexistent/python
# Its simulator's answer is of the wrong shape, or missing.
FAKE_PACKAGE=rknn convert --python "$FAKE" --verify outputs
grep '"verification"' out/detail.json
ls -A out
rm -r out
FAKE_MODE=mute FAKE_PACKAGE=rknn convert --python "$FAKE" --verify outputs
config rknn ", common_config=dict(target_platform='rk3588'), compiler_timeout=0.2"
FAKE_MODE=slow FAKE_PACKAGE=rknn convert --python "$FAKE"
config coreml ""
convert
