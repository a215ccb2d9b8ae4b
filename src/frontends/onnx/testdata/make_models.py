# SPDX-License-Identifier: Apache-2.0
# Writes the models of this folder: python make_models.py. Needs onnx==1.16.2.
import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh


def save(name, graph, opset=17, ir=8, **kw):
    m = h.make_model(graph, opset_imports=kw.pop('opsets', [h.make_opsetid('', opset)]), ir_version=ir,
                     producer_name='make_models', producer_version='1', **kw)
    onnx.save(m, name)
    return m


def value(name, shape, dtype=T.FLOAT):
    return h.make_tensor_value_info(name, dtype, shape)


def basic():
    """Every element type in typed fields, attributes of all kinds, nodes in reverse order."""
    typed = [
        h.make_tensor('f32', T.FLOAT, [3], [1.5, -2, 0]),
        h.make_tensor('u8', T.UINT8, [2], [0, 255]),
        h.make_tensor('i8', T.INT8, [2], [-128, 127]),
        h.make_tensor('u16', T.UINT16, [2], [0, 65535]),
        h.make_tensor('i16', T.INT16, [2], [-32768, 32767]),
        h.make_tensor('i32', T.INT32, [2], [-2147483648, 2147483647]),
        h.make_tensor('i64', T.INT64, [2], [-2**63, 2**63 - 1]),
        h.make_tensor('str', T.STRING, [2], [b'ab', b'']),
        h.make_tensor('bool', T.BOOL, [2], [True, False]),
        h.make_tensor('f16', T.FLOAT16, [2], [1.0, -0.5]),
        h.make_tensor('f64', T.DOUBLE, [2], [0.1, -1e300]),
        h.make_tensor('u32', T.UINT32, [2], [0, 2**32 - 1]),
        h.make_tensor('u64', T.UINT64, [2], [0, 2**64 - 1]),
        h.make_tensor('c64', T.COMPLEX64, [1], [1 + 2j]),
        h.make_tensor('c128', T.COMPLEX128, [1], [3 - 4j]),
        h.make_tensor('bf16', T.BFLOAT16, [2], [1.0, -2.0]),
        h.make_tensor('f8', T.FLOAT8E4M3FN, [2], [1.0, -2.0]),
        h.make_tensor('i4', T.INT4, [3], [1, -8, 7]),
        h.make_tensor('scalar', T.FLOAT, [], [7.0]),
        h.make_tensor('empty', T.FLOAT, [0, 3], []),
        nh.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), 'raw'),
    ]
    nodes = [
        h.make_node('Relu', ['sum'], ['y'], name='last', doc_string='a doc'),
        h.make_node('Add', ['odd', 'scalar'], ['sum'], name='middle'),
        h.make_node('Odd', ['x', '', 'raw'], ['odd', '', 'odd2'], name='first', domain='acme', i=-3, f=0.1, s='text',
                    ints=[1, 2, -3], floats=[1.5, 2.5], strings=['a', 'bc'], t=nh.from_array(np.array([1, 2], np.int64)),
                    ts=[nh.from_array(np.array([3], np.int64))], tp=h.make_tensor_type_proto(T.FLOAT, ['n', 3])),
    ]
    nodes[2].attribute.append(h.make_attribute('empty', [], attr_type=onnx.AttributeProto.INTS))
    p = nodes[2].metadata_props.add()
    p.key, p.value = 'scope', 'backbone'
    graph = h.make_graph(nodes, 'basic', [value('x', ['batch', 3, 'floor((h + 1) / 2)', None])],
                         [value('y', ['batch', 3, 'N-H 5', 'batch'])], typed, doc_string='graph doc',
                         value_info=[value('sum', ['batch', 4])])
    q = graph.quantization_annotation.add()
    q.tensor_name = 'y'
    m = save('basic.onnx', graph, ir=10, opsets=[h.make_opsetid('', 21), h.make_opsetid('acme', 2)], doc_string='model doc',
             domain='org.acme', model_version=5)
    h.set_model_props(m, {'a': 'b', 'c': ''})
    t = m.training_info.add()
    t.algorithm.name = 'algorithm'
    onnx.save(m, 'basic.onnx')
    # The same with a field that does not exist yet, in the model and in the graph.
    raw = m.SerializeToString() + b'\xfa\x3f\x03new'
    open('basic.onnx', 'wb').write(raw)


def nested():
    """Captures over two levels, a name that an inner graph uses again, results that are not computed inside."""
    inner = h.make_graph([h.make_node('Add', ['x', 'a'], ['t'])], 'inner', [], [value('t', None)])
    inner_else = h.make_graph([h.make_node('Sub', ['x', 'a'], ['t'])], 'inner_else', [], [value('t', None)])
    then = h.make_graph([h.make_node('Relu', ['x'], ['a']),
                         h.make_node('If', ['cond'], ['r'], then_branch=inner, else_branch=inner_else)],
                        'then', [], [value('r', None)], [h.make_tensor('w', T.FLOAT, [1], [2.0])])
    other = h.make_graph([], 'other', [], [value('x', None)])
    graph = h.make_graph([h.make_node('If', ['cond'], ['a'], name='if', then_branch=then, else_branch=other),
                          h.make_node('Neg', ['a'], ['y'])],
                         'nested', [value('cond', [], T.BOOL), value('x', [2])], [value('y', [2])])
    save('nested.onnx', graph)


def function():
    f = h.make_function('acme', 'Scale', ['v'], ['o'],
                        [h.make_node('Constant', [], ['c']), h.make_node('Mul', ['v', 'c'], ['o'])],
                        [h.make_opsetid('', 15)], ['factor'])
    a = f.node[0].attribute.add()
    a.name, a.ref_attr_name, a.type = 'value_float', 'factor', onnx.AttributeProto.FLOAT
    f.attribute_proto.append(h.make_attribute('bias', 1.0))
    graph = h.make_graph([h.make_node('Scale', ['x'], ['y'], domain='acme', factor=2.0)], 'function',
                         [value('x', [2])], [value('y', [2])])
    save('function.onnx', graph, opsets=[h.make_opsetid('', 17), h.make_opsetid('acme', 1)], functions=[f])


def external():
    w = nh.from_array(np.arange(8, dtype=np.float32), 'w')
    graph = h.make_graph([h.make_node('Add', ['x', 'w'], ['y'])], 'external', [value('x', [8])], [value('y', [8])], [w])
    m = save('external.onnx', graph)
    onnx.save(m, 'external.onnx', save_as_external_data=True, location='external.bin', size_threshold=0)
    for location, name in (('../external.bin', 'external_outside.onnx'), ('nowhere.bin', 'external_missing.onnx')):
        m = onnx.load('external.onnx', load_external_data=False)
        m.graph.initializer[0].external_data[0].value = location
        open(name, 'wb').write(m.SerializeToString())


def sparse():
    linear = h.make_sparse_tensor(h.make_tensor('s', T.FLOAT, [2], [1.0, 2.0]), h.make_tensor('', T.INT64, [2], [1, 5]), [2, 3])
    graph = h.make_graph([h.make_node('Constant', [], ['c'], sparse_value=h.make_sparse_tensor(
        h.make_tensor('', T.INT32, [1], [9]), h.make_tensor('', T.INT64, [1, 2], [1, 0]), [2, 2])),
        h.make_node('Add', ['x', 's'], ['y'])], 'sparse', [value('x', [2, 3])], [value('y', [2, 3])],
        sparse_initializer=[linear])
    save('sparse.onnx', graph)


def legacy():
    graph = h.make_graph([h.make_node('Add', ['x', 'w'], ['y'])], 'legacy', [value('x', [2]), value('w', [2])],
                         [value('y', [2])], [h.make_tensor('w', T.FLOAT, [2], [1.0, 2.0])])
    save('legacy.onnx', graph, opset=8, ir=3)


if __name__ == '__main__':
    basic()
    nested()
    function()
    external()
    sparse()
    legacy()
