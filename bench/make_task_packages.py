# SPDX-License-Identifier: Apache-2.0
"""make_task_packages.py FOLDER: packages whose networks answer the same numbers whatever they see.

So a run measures what stands around a network, with outputs of the sizes that real ones have. The lists of transforms and
the post-processing are those of the packages in tests/tasks/packages (made by the original's converter), at full size.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PACKAGES = pathlib.Path(__file__).resolve().parent.parent / 'tests' / 'tasks' / 'packages'
CLASSES = 80


def boxes(rng, count, height, width):
    """Boxes [1, count, 5] with falling scores, from 16 to 400 pixels long, and labels [1, count]."""
    size = np.exp(rng.uniform(np.log(16), np.log(400), (count, 2)))
    size = np.minimum(size, [width - 1, height - 1])
    corner = rng.uniform(0, 1, (count, 2)) * ([width, height] - size)
    scores = np.sort(rng.uniform(0.3, 1, count))[::-1]
    dets = np.concatenate([corner, corner + size, scores[:, None]], 1)[None]
    return dets.astype(np.float32), rng.integers(0, CLASSES, (1, count)).astype(np.int64)


def instance_masks(rng, count, size=28):
    """Soft ellipses."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    radius = rng.uniform(0.25, 0.5, (count, 2))
    distance = (x / radius[:, :1, None])**2 + (y / radius[:, 1:, None])**2
    return (1 / (1 + np.exp(8 * (distance - 1))))[None].astype(np.float32)


def label_map(rng, height, width, classes=19):
    """Patches of one class."""
    patches = rng.integers(0, classes, (height // 32, width // 32))
    return np.kron(patches, np.ones((32, 32)))[None, None].astype(np.int64)


def heat_maps(rng, joints, height, width):
    y, x = np.mgrid[:height, :width]
    at = rng.uniform(0.1, 0.9, (joints, 2)) * [width, height]
    bumps = np.exp(-((x - at[:, :1, None])**2 + (y - at[:, 1:, None])**2) / 8)
    return bumps[None].astype(np.float32)


def text_probabilities(rng, height, width):
    """Lines of words, with soft borders, as a DBNet sees them."""
    out = np.full((height, width), 0.02)
    for top in range(20, height - 40, 46):
        left = 16
        while left < width - 120:
            length = int(rng.integers(30, 100))
            for grow, value in ((2, 0.35), (0, 0.9)):
                out[top - grow:top + 14 + grow, left - grow:left + length + grow] = value
            left += length + int(rng.integers(14, 30))
    return out[None].astype(np.float32)  # three dimensions: the original's SDK aborts on four


def save_network(path, outputs):
    nodes = [helper.make_node('Identity', [f'{name}_constant'], [name]) for name in outputs]
    constants = [numpy_helper.from_array(value, f'{name}_constant') for name, value in outputs.items()]
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in outputs.items()
    ]
    image = helper.make_tensor_value_info('input', TensorProto.FLOAT, ['batch', 3, 'height', 'width'])
    graph = helper.make_graph(nodes, 'constants', [image], infos, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 11)], ir_version=6), path)


def save_package(folder, source, outputs, **changes):
    """|changes|: name of a transform -> its new parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ('deploy.json', 'detail.json'):
        (folder / name).write_text((PACKAGES / source / name).read_text())
    pipeline = json.loads((PACKAGES / source / 'pipeline.json').read_text())
    for task in pipeline['pipeline']['tasks']:
        for step in task.get('transforms', []):
            step.update(changes.get(step['type'], {}))
        task.get('params', {}).pop('max_per_img', None)
    (folder / 'pipeline.json').write_text(json.dumps(pipeline, indent=1))
    save_network(str(folder / 'end2end.onnx'), outputs)


def main():
    root = pathlib.Path(sys.argv[1])
    rng = np.random.default_rng(0)
    # A photo of 640x427 becomes 1199x800, padded to 1216x800.
    dets, labels = boxes(rng, 100, 800, 1199)
    save_package(root / 'detection', 'detection_retinanet', dict(dets=dets, labels=labels), Resize=dict(size=[800, 1333]))
    # A picture of 1333x800 keeps its size.
    dets, labels = boxes(rng, 100, 800, 1333)
    masks = instance_masks(rng, 100)
    save_package(root / 'masks', 'instance-seg_mask-rcnn', dict(dets=dets, labels=labels, masks=masks),
                 Resize=dict(size=[800, 1333]))
    save_package(root / 'segmentation', 'segmentation_fcn', dict(output=label_map(rng, 1024, 2048)),
                 Resize=dict(size=[1024, 2048]))
    size = dict(image_size=[192, 256])
    save_package(root / 'pose', 'pose_res18', dict(output=heat_maps(rng, 17, 64, 48)), TopDownGetBboxCenterScale=size,
                 TopDownAffine=size)
    save_package(root / 'text', 'text-detection_dbnet', dict(output=text_probabilities(rng, 736, 1280)),
                 Resize=dict(size=[736, 1280]))


if __name__ == '__main__':
    main()
