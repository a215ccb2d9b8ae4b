// SPDX-License-Identifier: Apache-2.0
//
// PadToWidth of mmocr 1.x, which the original SDK does not know.
#include <stddef.h>

#include "pipeline/transforms/sample.h"

#define STEP "PadToWidth"

typedef struct pad_to_width_t {
  int64_t width;
  const mmd_value_t *pad_cfg;
} pad_to_width_t;

static const mmd_option_t g_options[] = {
    {.name = "width",
     .type = MMD_OPTION_INT,
     .offset = offsetof(pad_to_width_t, width),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Width of the result; images must not be wider."},
    {.name = "pad_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(pad_to_width_t, pad_cfg),
     .flags = MMD_OPTION_NULLABLE,
     .help = "How to pad: pad_val and padding_mode as of Pad."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, pad_to_width_t, g_options);

static mmd_status_t make_pad(const mmd_value_t *config, const char *where,
                             mmd_pad_step_t *out_pad) {
  MMD_TRY(mmd_options_read(mmd_transform_pad.options, config, where, false, out_pad));
  return mmd_transform_pad.check(out_pad, where);
}

static mmd_status_t check(const void *options, const char *where) {
  const pad_to_width_t *step = options;
  const mmd_value_kind_t kind = mmd_value_kind(step->pad_cfg);
  mmd_pad_step_t pad;
  if (kind == MMD_VALUE_NULL) return NULL;
  if (kind == MMD_VALUE_OBJECT) return make_pad(step->pad_cfg, where, &pad);
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.pad_cfg: an object is expected, %s found", where,
                   mmd_value_kind_name(kind));
}

static mmd_status_t pad_sample(const pad_to_width_t *step, const mmd_component_context_t *context,
                               const mmd_value_t *config, mmd_value_t *const *inputs,
                               mmd_value_t **out_result) {
  mmd_pad_step_t pad;
  mmd_tensor_t image;
  mmd_frame_t frame;
  MMD_TRY(make_pad(config, STEP, &pad));
  MMD_TRY(mmd_sample_image(inputs[0], "img", STEP, &image, &frame));
  mmd_tensor_deinit(&image);
  pad.release = 1;
  pad.size = (mmd_ints_t){.count = 2, .items = {step->width, frame.height}};
  MMD_TRY(mmd_status_annotate(mmd_transform_pad.apply(&pad, context, inputs, 1, out_result), STEP));
  const double ratio = (double)frame.width / (double)step->width;
  mmd_status_t status = mmd_object_take(*out_result, "valid_ratio", mmd_value_float(ratio));
  if (status) mmd_value_release(*out_result);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const pad_to_width_t *step = options;
  (void)input_count;
  if (!mmd_value_is_null(step->pad_cfg)) {
    return pad_sample(step, context, step->pad_cfg, inputs, out_result);
  }
  mmd_value_t *config = mmd_value_object();
  MMD_TRY_ALLOC(config);
  mmd_status_t status = pad_sample(step, context, config, inputs, out_result);
  mmd_value_release(config);
  return status;
}

const mmd_component_t mmd_transform_pad_to_width = {
    .module = "Transform",
    .name = STEP,
    .help = "Pads a line of text on the right.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
