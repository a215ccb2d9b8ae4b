# Classification on the tiny backend, any picture size. The backend is found by this name.
backend_config = dict(type='tiny')
codebase_config = dict(type='mmcls', task='Classification')
onnx_config = dict(
    type='onnx',
    opset_version=11,
    save_file='end2end.onnx',
    input_names=['input'],
    output_names=['output'],
    input_shape=None,
    dynamic_axes=dict(input={0: 'batch', 2: 'height', 3: 'width'}, output={0: 'batch'}))
