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
