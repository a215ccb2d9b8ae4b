# SPDX-License-Identifier: Apache-2.0
# Plain SGD; the learning rate falls by two per cent each epoch.
epochs = 300

optimizer = dict(type='SGD', lr=0.045, weight_decay=4e-5, momentum=0.9)
optimizer_config = dict(grad_clip=None)
lr_config = dict(policy='step', step=1, gamma=0.98)
runner = dict(type='EpochBasedRunner', max_epochs=epochs)
