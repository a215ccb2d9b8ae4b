// SPDX-License-Identifier: Apache-2.0
//
// ClsHead: its input is the logits already; it has no weights.
#include "codebases/mmcls/models/heads.h"
#include "codebases/mmcls/models/modules.h"
#include "nn/activation.h"

typedef struct cls_head_t {
  int unused;
} cls_head_t;

static const mmd_option_t cls_head_options[] = {MMD_CLS_HEAD_OPTIONS};

static const mmd_option_table_t cls_head_table =
    MMD_OPTION_TABLE("ClsHead", cls_head_t, cls_head_options);

mmd_edge_t *mmd_cls_head_input(mmd_builder_t *builder, const mmd_features_t *inputs) {
  if (inputs->count) return inputs->items[inputs->count - 1];
  if (mmd_builder_ok(builder)) {
    mmd_builder_fail(builder, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: the head gets no feature",
                                        builder->config_path));
  }
  return NULL;
}

void mmd_cls_head_finish(mmd_builder_t *builder, mmd_edge_t *logits, mmd_features_t *out_outputs) {
  out_outputs->count = 1;
  out_outputs->items[0] = mmd_nn_softmax(builder, 1, logits);
}

static void build_cls_head(mmd_builder_t *builder, const void *options,
                           const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  (void)options;
  mmd_cls_head_finish(builder, mmd_cls_head_input(builder, inputs), out_outputs);
}

const mmd_module_t mmd_mmcls_cls_head = {
    .codebase = "mmcls",
    .kind = "head",
    .type = "ClsHead",
    .options = &cls_head_table,
    .build = build_cls_head,
};
