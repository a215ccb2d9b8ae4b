# SPDX-License-Identifier: Apache-2.0
try mmdeploy config print missing.py
printf 'a = 1\nb = [1, 2\nc = 3\n' >syntax.py
try mmdeploy config print syntax.py
printf 'a = 1\nb = a + bb\n' >name.py
try mmdeploy config print name.py
printf 'import os\nos.system("touch pwned")\n' >system.py
try mmdeploy config print system.py
printf '_base_ = "./two.py"\n' >one.py
printf '_base_ = "./one.py"\n' >two.py
try mmdeploy config print one.py
printf 'a = 10 ** 10 ** 10\n' >huge.py
try mmdeploy config print huge.py
printf 'a = 1\n' >fine.py
try mmdeploy config print fine.py --cfg-options a.b.c
ls
