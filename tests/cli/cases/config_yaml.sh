# SPDX-License-Identifier: Apache-2.0
cat >base.yml <<'YAML'
model: &model
  type: Net   # the class
  layers: [1, 2]
  norm: {eps: 1.0e-5, kind: bn}
note: |
  two
  lines
YAML
cat >config.yaml <<'YAML'
_base_: base.yml
model:
  norm: {_delete_: true, kind: none}
flag: on
YAML
mmdeploy config print config.yaml --cfg-options model.layers.0=7
mmdeploy config print config.yaml --json
echo ---
printf 'a: [1, 2\nb: 3\n' >syntax.yaml
try mmdeploy config print syntax.yaml
printf 'a: !!python/object/apply:os.system ["touch pwned"]\n' >system.yaml
try mmdeploy config print system.yaml
printf 'a: &a [*a]\n' >alias.yaml
try mmdeploy config print alias.yaml
ls
