#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TorchScript to a Core ML model.

    coreml_compile.py --net NET.pt --output NET.mlpackage --config backend_config.json [--nms JSON]

Of the config it takes convert_to, common_config (compute_precision, minimum_deployment_target) and
model_inputs[0].input_shapes ({name: min_shape, default_shape, max_shape}). With --nms ({"outputs", "iou_threshold",
"score_threshold", "max_boxes"}) the network gives boxes and scores, and Core ML's own suppression is put behind them.
"""
import argparse
import json
import os
import sys

os.environ.setdefault('TQDM_DISABLE', '1')  # bars make no good log
try:
    import coremltools
    import torch
except ImportError as error:
    print(f"{error}; 'pip install coremltools torch' gets it", flush=True)
    sys.exit(1)


def read_net(path):
    extra = {'mmdeploy.json': ''}
    net = torch.jit.load(path, map_location='cpu', _extra_files=extra).eval()
    return net, json.loads(extra['mmdeploy.json'])


# ---- shapes


def make_size(low, default, high):
    if low == high and low != -1:
        return low
    return coremltools.RangeDim(max(low, 1), None if high == -1 else high, default=default)


def make_input(port, shapes):
    shape = shapes.get(port['name'])
    if not shape:
        if not all(isinstance(size, int) and size > 0 for size in port['dims']):
            raise ValueError(f'backend_config.model_inputs[0].input_shapes.{port["name"]} is missing, and the network '
                             f'has sizes {port["dims"]}')
        return coremltools.TensorType(name=port['name'], shape=port['dims'])
    low, high = shape['min_shape'], shape['max_shape']
    default = shape.get('default_shape', high)
    sizes = [make_size(*range) for range in zip(low, default, high)]
    return coremltools.TensorType(name=port['name'], shape=coremltools.Shape(shape=sizes, default=default))


def example(port, shapes):
    shape = shapes.get(port['name'], {})
    return torch.rand(shape.get('default_shape') or shape.get('max_shape') or port['dims'])


# ---- operators


def teach_front_end():
    """What coremltools' front end does not take of the operators that our networks have."""
    from coremltools.converters.mil import Builder, register_torch_op
    from coremltools.converters.mil.frontend.torch import ops

    known_sort, known_gather = ops.sort, ops.gather

    @register_torch_op(override=True)
    def sort(context, node):
        if len(node.inputs) == 4:  # sorting in the order of equal numbers is what Core ML does anyway
            node.inputs = [node.inputs[0], *node.inputs[2:]]
        known_sort(context, node)

    @register_torch_op(override=True)
    def gather(context, node):
        index = context[node.inputs[2]]
        if index.dtype.__name__.startswith('fp'):  # division of integers gives these in Core ML
            name = node.inputs[2] + '_int'
            context.add(Builder.cast(x=index, dtype='int32', name=name))
            node.inputs = [*node.inputs[:2], name, *node.inputs[3:]]
        known_gather(context, node)


# ---- suppression


def define_nms():
    """An operator that tracing can go through, and Core ML's layer in its place."""
    from coremltools.converters.mil import Builder, register_torch_op
    from coremltools.converters.mil.frontend.torch.ops import _get_inputs

    library = torch.library.Library('mmdeploy', 'DEF')
    library.define('coreml_nms(Tensor boxes, Tensor scores, float iou, float score, int max) -> (Tensor, Tensor)')
    library.impl('coreml_nms', lambda boxes, scores, iou, score, max: (boxes[:, :max] + 0, scores[:, :max] + 0), 'CPU')

    @register_torch_op(torch_alias=['mmdeploy::coreml_nms'])
    def coreml_nms(context, node):
        boxes, scores, iou, score, limit = _get_inputs(context, node, expected=5)
        found = Builder.non_maximum_suppression(
            boxes=boxes, scores=scores, iou_threshold=iou, score_threshold=score, max_boxes=limit,
            per_class_suppression=True)
        for value, name in zip(found, node.outputs):
            context.add(value, torch_name=name)

    return library  # it lasts as long as this object


class Suppressed(torch.nn.Module):
    """Boxes [1, n, 4] and scores [1, n, classes] of |net| to dets [1, k, 5] and labels [1, k]."""

    def __init__(self, net, nms):
        super().__init__()
        self.net, self.nms = net, nms

    def forward(self, image):
        boxes, scores = self.net(image)
        size = boxes[..., 2:] - boxes[..., :2]
        boxes = torch.cat((boxes[..., :2] + size * 0.5, size), -1)
        boxes, scores = torch.ops.mmdeploy.coreml_nms(boxes, scores, float(self.nms['iou_threshold']),
                                                      float(self.nms['score_threshold']), int(self.nms['max_boxes']))
        half = boxes[..., 2:] * 0.5
        best, labels = scores.max(-1)
        return torch.cat((boxes[..., :2] - half, boxes[..., :2] + half, best.unsqueeze(-1)), -1), labels


# ---- all


def compile_net(arguments):
    with open(arguments.config, encoding='utf-8') as file:
        config = json.load(file)
    common = config.get('common_config') or {}
    shapes = ((config.get('model_inputs') or [{}])[0] or {}).get('input_shapes') or {}
    net, ports = read_net(arguments.net)
    teach_front_end()
    names = [port['name'] for port in ports['outputs']]
    kept = None
    if arguments.nms:
        nms = json.loads(arguments.nms)
        names, kept = nms['outputs'], define_nms()
        net = torch.jit.trace(Suppressed(net, nms).eval(), example(ports['inputs'][0], shapes), check_trace=False)
    options = {'convert_to': config.get('convert_to', 'mlprogram'), 'skip_model_load': True}
    if options['convert_to'] == 'mlprogram':
        options['compute_precision'] = getattr(coremltools.precision, common.get('compute_precision', 'FLOAT32'))
    if common.get('minimum_deployment_target'):
        options['minimum_deployment_target'] = getattr(coremltools.target, common['minimum_deployment_target'])
    model = coremltools.convert(net, inputs=[make_input(port, shapes) for port in ports['inputs']],
                                outputs=[coremltools.TensorType(name=name) for name in names], **options)
    del kept
    model.save(arguments.output)
    print(f'coremltools {coremltools.__version__}: wrote {arguments.output}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--net', required=True)
    parser.add_argument('--output', required=True)
    parser.add_argument('--config', required=True)
    parser.add_argument('--nms')
    try:
        compile_net(parser.parse_args())
    except Exception as error:  # the last line of the log is what the caller shows
        lines = str(error).strip().splitlines() or ['']
        print(f'{type(error).__name__}: {lines[0]}', flush=True)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
