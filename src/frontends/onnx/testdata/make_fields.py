# SPDX-License-Identifier: Apache-2.0
# Writes fields.onnx: python make_fields.py. Needs onnx 1.17 or later (1.23.2 made the file).
#
# A model in which every message that a graph keeps has its texts, its metadata, and a field that does not exist yet,
# each with a content of its own.
import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

count = 0


def stamp(message):
    """Texts, metadata and an unknown field (number 1023) for |message| and all messages in it."""
    global count
    for _, content in list(message.ListFields()):
        if isinstance(content, (str, bytes, int, float)):
            continue
        if hasattr(content, 'ListFields'):
            stamp(content)
            continue
        for item in content:
            if hasattr(item, 'ListFields'):
                stamp(item)
    names = message.DESCRIPTOR.fields_by_name
    if 'doc_string' in names:
        message.doc_string = f'doc {count}'
    if 'metadata_props' in names and not isinstance(message, onnx.ModelProto):
        message.metadata_props.add(key=f'key {count}', value='value')
        stamp(message.metadata_props[0])
    if 'denotation' in names:
        message.denotation = f'MEANING_{count}'
    count += 1
    message.MergeFromString(b'\xfa\x3f\x04' + b'u%03d' % count)


def value(name, shape, dtype=T.FLOAT):
    return h.make_tensor_value_info(name, dtype, shape)


def tensor(name, *numbers):
    return nh.from_array(np.array(numbers, np.float32), name)


def fields():
    function = h.make_function('acme', 'Scale', ['v'], ['o'], [
        h.make_node('Constant', [], ['c']), h.make_node('Mul', ['v', 'c'], ['o'])
    ], [h.make_opsetid('', 21)], ['factor'], [h.make_attribute('bias', 1.0)])
    a = function.node[0].attribute.add()
    a.name, a.ref_attr_name, a.type = 'value_float', 'factor', onnx.AttributeProto.FLOAT
    function.value_info.extend([value('v', ['n']), value('c', []), value('o', ['n'])])

    then = h.make_graph([h.make_node('Add', ['s', 'inner_w'], ['t'])], 'then', [], [value('t', [2])],
                        [tensor('inner_w', 3, 4)])
    q = then.quantization_annotation.add(tensor_name='t')
    q.quant_parameter_tensor_names.add(key='SCALE_TENSOR', value='inner_w')
    other = h.make_graph([h.make_node('Neg', ['s'], ['e'])], 'other', [], [value('e', [2])])

    odd = h.make_node('Odd', ['x', 'w', 'q'], ['odd', 'map', 'sparse', 'untyped'], 'odd', domain='acme', i=-3, f=0.5,
                      s='text', ints=[1, 2], floats=[1.5], strings=['a', 'bc'], t=tensor('one', 1),
                      ts=[tensor('two', 2), tensor('three', 3)], tp=h.make_tensor_type_proto(T.FLOAT, ['n', 3]))
    nodes = [odd, h.make_node('Scale', ['odd'], ['s'], 'scale', domain='acme', factor=2.0),
             h.make_node('If', ['cond'], ['i'], 'if', then_branch=then, else_branch=other),
             h.make_node('SequenceConstruct', ['i'], ['list'], 'sequence'),
             h.make_node('Optional', ['list'], ['maybe'], 'optional')]
    float_list = h.make_sequence_type_proto(h.make_tensor_type_proto(T.FLOAT, [2]))
    kinds = h.make_map_type_proto(T.STRING, h.make_tensor_type_proto(T.FLOAT, ['k']))
    inner = [value('w', [2]), value('odd', [2]), h.make_value_info('map', kinds),
             h.make_value_info('sparse', h.make_sparse_tensor_type_proto(T.FLOAT, [2])), value('s', [2]),
             h.make_value_info('list', float_list)]
    untyped = onnx.ValueInfoProto(name='untyped')
    inner.insert(4, untyped)
    graph = h.make_graph(nodes, 'fields', [value('x', ['batch', 2]), value('cond', [], T.BOOL)],
                         [value('i', [2]), h.make_value_info('maybe', h.make_optional_type_proto(float_list))],
                         [tensor('w', 1, 2), tensor('q', 5, 6)], value_info=inner)
    q = graph.quantization_annotation.add(tensor_name='i')
    q.quant_parameter_tensor_names.add(key='SCALE_TENSOR', value='q')
    model = h.make_model(graph, opset_imports=[h.make_opsetid('', 21), h.make_opsetid('acme', 2)], ir_version=10,
                         producer_name='make_fields', producer_version='1', domain='org.acme', model_version=5,
                         functions=[function])
    model.metadata_props.add(key='author', value='nobody')
    model.metadata_props.add(key='empty', value='')
    training = model.training_info.add()
    training.algorithm.CopyFrom(h.make_graph([h.make_node('Relu', ['a'], ['b'])], 'algorithm', [], []))
    training.initialization_binding.add(key='a', value='b')
    stamp(model)
    with open('fields.onnx', 'wb') as file:
        file.write(model.SerializeToString(deterministic=True))


if __name__ == '__main__':
    fields()
