# SPDX-License-Identifier: Apache-2.0
# Detectors for RKNN: the toolkit normalises, the program suppresses. A fake toolkit makes the file; the networks are looked at. Ascend pads.
FAKE=$SOURCE/backends/external/testdata/fake_compiler.sh
DETECTORS=$SOURCE/codebases/mmdet/models/testdata/0.x
export FAKE_PACKAGE=rknn
convert() { # CONFIG MODEL
  mmdeploy convert "$1" "$DETECTORS/$2/config.py" "$DETECTORS/$2/checkpoint.pth" "$PHOTO" --work-dir out --dump-info --verify none \
    --python "$FAKE" >log 2>&1 || cat log
}
outputs() { mmdeploy inspect "$1" --json | tr -d '\n' | grep -o '"outputs": \[[^]]*\][^]]*\][^]]*\]' | tr -s ' ' | head -c 300; echo; }
config=$SOURCE/configs/mmdet/detection/detection_rknn-fp16_static-320x320.py
convert "$config" retinanet
outputs out/end2end.onnx
tr -d ' \n' <out/detail.json | grep -o '"mean_values".*"std_values":[^}]*'
tr -d ' \n' <out/pipeline.json | grep -o '{"type":"Normalize"[^}]*}'
tr -d ' \n' <out/pipeline.json | grep -o '"component":"[A-Za-z0-9]*"\|"output_map":{[^}]*}'
# Cut behind the maps of all levels.
maps() { # END NAMES
  cat >maps.py <<END
_base_ = ['$config']
partition_config = dict(type='rknn', apply_marks=True, partition_cfg=[dict(save_file='model.onnx', start=['detector_forward:input'], end=['$1'], output_names=$2)])
END
}
rm -r out
maps yolo_head:input "['pred_maps.0', 'pred_maps.1', 'pred_maps.2']"
convert maps.py yolov3
tr -d ' \n' <out/pipeline.json | grep -o '"component":"[A-Za-z0-9]*"\|"output_map":{[^}]*}'
mmdeploy inspect out/model.onnx | sed -n '/^outputs/,/^parameters/p' | grep f32
rm -r out
maps BaseDenseHead:output "['BaseDenseHead.cls.0']"
convert maps.py retinanet
mmdeploy inspect out/model.onnx | sed -n '/^outputs/,/^parameters/p' | grep f32
# Ascend: pictures that keep their proportions are padded to one size, upright or not.
rm -r out
cat >ascend.py <<END
_base_ = ['$SOURCE/configs/mmdet/detection/detection_ascend_dynamic-800x1344.py']
onnx_config = dict(input_shape=None)
END
MMDEPLOY_ATC=$FAKE convert ascend.py retinanet
tr -d ' \n' <out/pipeline.json | grep -o '{"type":"\(Resize\|Pad\)"[^}]*}'
