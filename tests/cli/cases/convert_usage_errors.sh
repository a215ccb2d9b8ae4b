# SPDX-License-Identifier: Apache-2.0
try mmdeploy convert
try mmdeploy convert deploy.py model.py
try mmdeploy convert a b c d --wrok-dir x
try mmdeploy convert a b c d --verify everything
try mmdeploy convert a b c d --tolerance -1
try mmdeploy convert a b c d e
try mmdeploy export a b c d --dump-info
