# SPDX-License-Identifier: Apache-2.0
mkdir _base_
cat >_base_/model.py <<'PY'
width = 64
model = dict(type='Net', layers=[1, 2], size=(width, width * 2), norm=dict(eps=1e-5))
PY
cat >config.py <<'PY'
_base_ = ['_base_/model.py']
model = dict(norm=dict(_delete_=True, kind='none'), name='{{ fileBasenameNoExtension }}')
PY
mmdeploy config print config.py
echo ---
mmdeploy config print config.py --cfg-options model.layers.0=7 width=8
echo ---
mmdeploy config print config.py --json
