// SPDX-License-Identifier: Apache-2.0
//
// VisionTransformerClsHead: a fully connected layer, with a hidden one in front when hidden_dim is
// given.
#include <stddef.h>

#include "codebases/mmcls/models/heads.h"
#include "codebases/mmcls/models/modules.h"
#include "nn/activation.h"
#include "nn/linear.h"

typedef struct vit_head_t {
  int64_t num_classes, in_channels, hidden_dim;  // hidden_dim 0 = none
  const mmd_value_t *act_cfg;
} vit_head_t;

static const mmd_option_t vit_head_options[] = {
    {.name = "num_classes",
     .type = MMD_OPTION_INT,
     .offset = offsetof(vit_head_t, num_classes),
     .min = 1,
     .max = INT32_MAX,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number of classes."},
    {.name = "in_channels",
     .type = MMD_OPTION_INT,
     .offset = offsetof(vit_head_t, in_channels),
     .min = 1,
     .max = INT32_MAX,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Length of the class token."},
    {.name = "hidden_dim",
     .type = MMD_OPTION_INT,
     .offset = offsetof(vit_head_t, hidden_dim),
     .min = 1,
     .max = INT32_MAX,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Width of a hidden layer; None leaves it out."},
    {.name = "act_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(vit_head_t, act_cfg),
     .help = "Activation behind the hidden layer, dict(type='Tanh') by default."},
    MMD_CLS_HEAD_OPTIONS,
};

static const mmd_option_table_t vit_head_table =
    MMD_OPTION_TABLE("VisionTransformerClsHead", vit_head_t, vit_head_options);

static void build_vit_head(mmd_builder_t *builder, const void *options,
                           const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  const vit_head_t *self = options;
  mmd_linear_t head = {self->in_channels, self->num_classes, true};
  mmd_edge_t *x = mmd_cls_head_input(builder, inputs);
  const size_t mark = mmd_scope_enter(builder, "layers");
  if (self->hidden_dim) {
    const mmd_linear_t hidden = {self->in_channels, self->hidden_dim, true};
    const mmd_activation_t act = mmd_activation_read(builder, "act_cfg", self->act_cfg, "Tanh");
    x = mmd_nn_activation(builder, &act, mmd_nn_linear(builder, "pre_logits", &hidden, 2, x));
    head.in_features = self->hidden_dim;
  }
  x = mmd_nn_linear(builder, "head", &head, 2, x);
  mmd_scope_leave(builder, mark);
  mmd_cls_head_finish(builder, x, out_outputs);
}

const mmd_module_t mmd_mmcls_vision_transformer_cls_head = {
    .codebase = "mmcls",
    .kind = "head",
    .type = "VisionTransformerClsHead",
    .options = &vit_head_table,
    .build = build_vit_head,
};
