# SPDX-License-Identifier: Apache-2.0
# What all trainings share: a checkpoint an epoch, a line of log every hundred steps.
checkpoint_config = dict(interval=1)
log_config = dict(interval=100, hooks=[dict(type='TextLoggerHook')])
log_level = 'INFO'
dist_params = dict(backend='nccl')
load_from = None
resume_from = None
workflow = [('train', 1)]
