# SPDX-License-Identifier: Apache-2.0
cat >config.py <<'PY'
model = dict(type='Net', size=(64, 128), norm=dict(eps=1e-5), layers=[dict(type='A'), dict(type='B', gain=float('inf'))])
PY
mmdeploy config get config.py model.type
mmdeploy config get config.py model.size
mmdeploy config get config.py model.layers.-1.type
mmdeploy config get config.py model.layers
mmdeploy config get config.py model.norm.eps --cfg-options model.norm.eps=0.5
echo ---
mmdeploy config get config.py model --json
mmdeploy config get config.py model.type --json
echo ---
try mmdeploy config get config.py modle.type
try mmdeploy config get config.py model.layers.2
try mmdeploy config get config.py model.layers.first
try mmdeploy config get config.py model.type.x
try mmdeploy config get config.py
echo --- overrides that empty a dict, lists by index
mmdeploy config get config.py model --json --cfg-options model.norm.type=LN model.norm._delete_=True model.layers.1.gain=-1e-3 model.size='(1,2)'
try mmdeploy config get config.py model --cfg-options model.layers.last.gain=1
echo --- numbers of other writers, and what is refused of the language
printf '{"model": {"low": -Infinity, "none": NaN, "lowest": -9223372036854775808}}' >config.json
mmdeploy config get config.json model
mmdeploy config get config.json model --json
printf 'try:\n    import torch\nexcept ImportError:\n    torch = None\nelse:\n    size = int("ff", 16)\n' >tries.py
mmdeploy config print tries.py
printf 'try:\n    size = 1\nexcept KeyError:\n    size = 2\n' >tries.py
try mmdeploy config print tries.py
