# SPDX-License-Identifier: Apache-2.0
cat >base.py <<'PY'
model = dict(type='Net', size=(64, 128), norm=dict(eps=1e-5, kind='bn'))
pipeline = [dict(type='Load'), dict(type='Resize', size=32), dict(type='Pack')]
seed = 0
nan = float('nan')
PY
cat >child.py <<'PY'
_base_ = './base.py'
model = dict(type='Net', size=[64, 256], norm=dict(_delete_=True, kind='gn', groups=8))
pipeline = [dict(type='Load'), dict(type='Resize', size=64), dict(type='Flip'), dict(type='Pack')]
PY
try mmdeploy config diff base.py child.py
echo ---
try mmdeploy config diff base.py base.py
try mmdeploy config diff base.py base.py --cfg-options seed=1 model.extra=x
echo ---
try mmdeploy config diff base.py child.py --json
try mmdeploy config diff base.py base.py --json
echo ---
try mmdeploy config diff base.py missing.py
