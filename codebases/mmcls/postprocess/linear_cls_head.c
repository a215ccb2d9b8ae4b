// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/postprocess/linear_cls_head.h"

#include <math.h>
#include <stddef.h>

#include "value/class_scores.h"

typedef struct cls_head_t {
  int64_t topk;
  bool softmax;
} cls_head_t;

// Training options of the heads, which the exporter copies into the package.
// clang-format off
#define NOT_NEEDED(label) \
  {.name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, .help = "Copied from the model's head."}
#define HEAD_OPTIONS                                                                                      \
  NOT_NEEDED("num_classes"), NOT_NEEDED("in_channels"), NOT_NEEDED("loss"), NOT_NEEDED("cal_acc"),       \
  NOT_NEEDED("hidden_dim"), NOT_NEEDED("act_cfg"), NOT_NEEDED("init_cfg"), NOT_NEEDED("mid_channels"),   \
  NOT_NEEDED("dropout_rate"), NOT_NEEDED("norm_cfg"), NOT_NEEDED("thr"), NOT_NEEDED("thrs")
// clang-format on

static const mmd_option_t cls_head_options[] = {
    {.name = "topk",
     .type = MMD_OPTION_INT,
     .offset = offsetof(cls_head_t, topk),
     .default_text = "1",
     .min = 1,
     .max = INT32_MAX,
     .help = "Number of classes that are given out."},
    {.name = "softmax",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(cls_head_t, softmax),
     .default_text = "false",
     .help = "Apply softmax to the scores first."},
    HEAD_OPTIONS,
};
static const mmd_option_table_t cls_head_table =
    MMD_OPTION_TABLE("LinearClsHead", cls_head_t, cls_head_options);

static const mmd_option_t multi_label_options[] = {NOT_NEEDED("topk"), HEAD_OPTIONS};
static const mmd_option_table_t multi_label_table =
    MMD_OPTION_TABLE("MultiLabelLinearClsHead", cls_head_t, multi_label_options);

// The scores in |infer_output|: its member "output", or its only tensor.
static mmd_status_t find_scores(const mmd_value_t *infer_output, mmd_tensor_t *out_scores) {
  const mmd_value_t *output = mmd_object_get(infer_output, "output");
  if (!output && mmd_object_size(infer_output) == 1) output = mmd_object_value_at(infer_output, 0);
  const mmd_tensor_t *tensor = mmd_value_get_tensor(output);
  if (!tensor) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "LinearClsHead: there is no tensor 'output'");
  }
  const mmd_shape_t *shape = &tensor->shape;
  bool fits = shape->rank >= 2 && shape->dims[0] == 1 && shape->dims[1] >= 1;
  for (int i = 2; i < shape->rank; ++i) fits = fits && shape->dims[i] == 1;
  if (!fits || tensor->dtype != MMD_F32) {
    mmd_str_t text = {0};
    mmd_status_t status = mmd_tensor_format(tensor, &text);
    if (!status) {
      status =
          MMD_ERROR(MMD_INVALID_ARGUMENT, "LinearClsHead: expected scores f32[1xclasses], found %s",
                    mmd_str_text(&text));
    }
    mmd_str_deinit(&text);
    return status;
  }
  return mmd_tensor_contiguous(tensor, out_scores);
}

// Floats added in index order, as the original does.
static void softmax(float *scores, size_t count) {
  float max = scores[0], sum = 0;
  for (size_t i = 1; i < count; ++i) max = scores[i] > max ? scores[i] : max;
  for (size_t i = 0; i < count; ++i) {
    scores[i] = expf(scores[i] - max);
    sum += scores[i];
  }
  for (size_t i = 0; i < count; ++i) scores[i] /= sum;
}

static mmd_status_t classify(const cls_head_t *self, mmd_tensor_t *scores, mmd_value_t *result) {
  const size_t count = mmd_tensor_count(scores);
  const size_t k = self->topk < (int64_t)count ? (size_t)self->topk : count;
  if (self->softmax) {
    mmd_tensor_t copy;
    MMD_TRY(mmd_tensor_copy(scores, &copy));
    mmd_tensor_deinit(scores);
    *scores = copy;
    softmax(mmd_tensor_mutable_data(scores), count);
  }
  return mmd_class_scores_append_best(mmd_tensor_data(scores), count, k, result);
}

static mmd_status_t list_all(const mmd_tensor_t *scores, mmd_value_t *result) {
  const float *data = mmd_tensor_data(scores);
  for (size_t i = 0; i < mmd_tensor_count(scores); ++i) {
    MMD_TRY(mmd_class_score_append(result, i, data[i]));
  }
  return NULL;
}

// |self| NULL: all classes. The last input is infer_output, whether or not prep_output stands
// before.
static mmd_status_t apply(const cls_head_t *self, mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  mmd_tensor_t scores = {0};
  MMD_TRY(find_scores(input_count ? inputs[input_count - 1] : NULL, &scores));
  mmd_value_t *result = mmd_value_array();
  mmd_status_t status = NULL;
  if (!result) {
    status = mmd_status_no_memory();
  } else {
    status = self ? classify(self, &scores, result) : list_all(&scores, result);
  }
  mmd_tensor_deinit(&scores);
  if (status) {
    mmd_value_release(result);
    return status;
  }
  *out_result = result;
  return NULL;
}

static mmd_status_t apply_topk(const void *options, const mmd_component_context_t *context,
                               mmd_value_t *const *inputs, size_t input_count,
                               mmd_value_t **out_result) {
  cls_head_t self = *(const cls_head_t *)options;
  self.topk = mmd_call_int(context ? context->call : NULL, "topk", self.topk);
  return apply(&self, inputs, input_count, out_result);
}

static mmd_status_t apply_all(const void *options, const mmd_component_context_t *context,
                              mmd_value_t *const *inputs, size_t input_count,
                              mmd_value_t **out_result) {
  (void)options;
  (void)context;
  return apply(NULL, inputs, input_count, out_result);
}

// clang-format off
#define TOPK_HEAD(label)                                                                          \
  {.module = "mmcls", .name = (label), .help = "The classes with the highest scores, best first.", \
   .options = &cls_head_table, .apply = apply_topk}
#define ALL_HEAD(label)                                                                           \
  {.module = "mmcls", .name = (label), .help = "All classes in index order with their scores.",   \
   .options = &multi_label_table, .apply = apply_all}
// clang-format on

const mmd_component_t mmd_linear_cls_head = TOPK_HEAD("LinearClsHead");
const mmd_component_t mmd_cls_head = TOPK_HEAD("ClsHead");
const mmd_component_t mmd_stacked_linear_cls_head = TOPK_HEAD("StackedLinearClsHead");
const mmd_component_t mmd_vision_transformer_cls_head = TOPK_HEAD("VisionTransformerClsHead");
const mmd_component_t mmd_conformer_head = TOPK_HEAD("ConformerHead");
const mmd_component_t mmd_multi_label_linear_cls_head = ALL_HEAD("MultiLabelLinearClsHead");
const mmd_component_t mmd_multi_label_cls_head = ALL_HEAD("MultiLabelClsHead");
