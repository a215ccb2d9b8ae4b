# SPDX-License-Identifier: Apache-2.0
"""Real networks as packages: PP-OCRv4's text detection and recognition, the demo's MobileNetV2."""
import json
import os
import shutil
import struct

# Tags of ONNX's protobuf messages.
GRAPH, NODE, INITIALIZER, OUTPUT = 7, 1, 5, 12
NODE_INPUT, NODE_OUTPUT, NODE_NAME, NODE_OP, NODE_ATTRIBUTE = 1, 2, 3, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_INT, ATTRIBUTE_INTS, ATTRIBUTE_TYPE = 1, 3, 8, 20


def varint(n):
    out = b''
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def block(tag, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(tag << 3 | 2) + varint(len(data)) + data


def number(tag, n):
    return varint(tag << 3) + varint(n)


def extended(model, op, inputs, name, attribute, dims, more=b''):
    """The model with one more node, whose result is one more output.  Messages that follow one another are merged."""
    node = b''.join(block(NODE_INPUT, i) for i in inputs) + block(NODE_OUTPUT, name) + \
        block(NODE_NAME, name) + block(NODE_OP, op) + block(NODE_ATTRIBUTE, attribute)
    shape = b''.join(block(1, block(2, d)) for d in dims)
    value = block(1, name) + block(2, block(1, number(1, 1) + block(2, shape)))
    return model + block(GRAPH, block(NODE, node) + more + block(OUTPUT, value))


def squeezed(model, tensor, name):
    """|tensor| without axis 1."""
    axes = block(ATTRIBUTE_NAME, 'axes') + number(ATTRIBUTE_INTS, 1) + number(ATTRIBUTE_TYPE, 7)
    return extended(model, 'Squeeze', [tensor], name, axes, ('n', 'h', 'w'))


def blank_last(model, tensor, name, classes):
    """|tensor| with its first class behind the others, where CTCConvertor of 1.x has the blank."""
    axis = block(ATTRIBUTE_NAME, 'axis') + number(ATTRIBUTE_INT, 2) + number(ATTRIBUTE_TYPE, 2)
    order = struct.pack(f'<{classes}q', *range(1, classes), 0)
    constant = number(1, classes) + number(2, 7) + block(8, name + '_order') + block(9, order)
    return extended(model, 'Gather', [tensor, name + '_order'], name, axis, ('n', 't', 'c'),
                    block(INITIALIZER, constant))


def metadata(model, key):
    """A text of the model's metadata: its entries are {1: key, 2: value}."""
    at = model.index(block(1, key)) + len(block(1, key))
    assert model[at] == 2 << 3 | 2
    at += 1
    size = shift = 0
    while True:
        size |= (model[at] & 127) << shift
        shift += 7
        at += 1
        if model[at - 1] < 128:
            return model[at:at + size].decode()


def write(folder, task, net, transforms, post, input_map, output_map, files):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    deploy = dict(version='1.3.1', task=task, customs=[f for f in files if not f.endswith('.onnx')],
                  models=[dict(name='net', net=net, weights='', backend='onnxruntime', precision='FP32',
                               batch_size=1, dynamic_shape=True)])
    tasks = [
        dict(type='Task', module='Transform', name='Preprocess', input=['img'], output=['prep_output'],
             transforms=[dict(type='LoadImageFromFile'), *transforms, dict(type='DefaultFormatBundle'),
                         dict(type='Collect', keys=['img'],
                              meta_keys=['ori_shape', 'img_shape', 'pad_shape', 'scale_factor', 'valid_ratio'])]),
        dict(name='net', type='Task', module='Net', is_batched=True, input=['prep_output'],
             output=['infer_output'], input_map=input_map, output_map=output_map),
        dict(type='Task', module='mmocr', name='postprocess', output=['post_output'],
             input=['prep_output', 'infer_output'], **post),
    ]
    pipeline = dict(pipeline=dict(input=['img'], output=['post_output'], tasks=tasks))
    for name, value in (('deploy.json', deploy), ('pipeline.json', pipeline)):
        with open(os.path.join(folder, name), 'w') as f:
            json.dump(value, f, indent=1)
    for name, data in files.items():
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)


NORMAL = dict(type='Normalize', to_rgb=False, mean=[127.5] * 3, std=[127.5] * 3)


def text_detection(folder, networks):
    with open(os.path.join(networks, 'ppocrv4_det.onnx'), 'rb') as f:
        model = squeezed(f.read(), 'sigmoid_0.tmp_0', 'planes')
    write(folder, 'TextDetector', 'end2end.onnx',
          [dict(type='Resize', keep_ratio=True, size=[1472, 736]), NORMAL, dict(type='Pad', size_divisor=32)],
          dict(component='DBHead', params=dict(postprocessor=dict(type='DBPostprocessor', unclip_ratio=1.6,
                                                                min_text_score=0.5, epsilon_ratio=0.001))),
          dict(img='x'), dict(output='planes'), {'end2end.onnx': model})


def text_recognition(folder, networks):
    with open(os.path.join(networks, 'ppocrv4_rec.onnx'), 'rb') as f:
        model = f.read()
    words = metadata(model, 'character').split('\n') + [' ']
    model = blank_last(model, 'softmax_11.tmp_0', 'probabilities', len(words) + 1)
    write(folder, 'TextRecognizer', 'end2end.onnx',
          [dict(type='RescaleToHeight', height=48, min_width=48, max_width=None, width_divisor=8), NORMAL],
          dict(component='CTCConvertor', params=dict(type='Dictionary', dict_file='dict.txt', with_padding=True,
                                                     with_unknown=False)),
          dict(img='x'), dict(output='probabilities'),
          {'end2end.onnx': model, 'dict.txt': '\n'.join(words).encode()})


def classification(folder, source, backend):
    """The demo's package; |backend| of its Resize is kept or not."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    path = os.path.join(folder, 'pipeline.json')
    with open(path) as f:
        config = json.load(f)
    for transform in config['pipeline']['tasks'][0]['transforms']:
        if transform['type'] == 'Resize' and not backend:
            transform.pop('backend')
    with open(path, 'w') as f:
        json.dump(config, f)
