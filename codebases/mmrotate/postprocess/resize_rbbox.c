// SPDX-License-Identifier: Apache-2.0
//
// ResizeRBBox: rotated boxes in pixels of the picture; nothing is cut. Where scale_factor differs
// between the axes, mmrotate 0.x leaves the angle as it is; 1.x turns the box and gives it other
// sides (RotatedBoxes.rescale_), which the original runtime does not.
#include "codebases/mmrotate/postprocess/resize_rbbox.h"

#include <math.h>
#include <stddef.h>

#include "value/net_output.h"

#define HEAD "ResizeRBBox"

typedef struct resize_rbbox_t {
  double score_thr;
} resize_rbbox_t;

static const mmd_option_t g_options[] = {
    {.name = "score_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(resize_rbbox_t, score_thr),
     .default_text = "0.05",
     .help = "Boxes must have a score above it."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, resize_rbbox_t, g_options);

static void rescale(const float *row, const float scale[4], int release, float box[5]) {
  box[0] = row[0] / scale[0];
  box[1] = row[1] / scale[1];
  box[2] = row[2] / scale[0];
  box[3] = row[3] / scale[1];
  box[4] = row[4];
  if (release < 1 || scale[0] == scale[1]) return;
  const float x = 1 / scale[0], y = 1 / scale[1], c = cosf(row[4]), s = sinf(row[4]);
  box[2] = row[2] * hypotf(x * c, y * s);
  box[3] = row[3] * hypotf(x * s, y * c);
  box[4] = atan2f(x * s, y * c);
}

static mmd_status_t append_box(const float *row, int64_t label, const float scale[4], int release,
                               mmd_value_t *array) {
  float box[5];
  rescale(row, scale, release, box);
  mmd_value_t *item = mmd_value_object(), *list = mmd_value_array();
  mmd_status_t status = mmd_array_take(array, item);
  for (int i = 0; i < 5 && !status; ++i) {
    status = list ? mmd_array_take(list, mmd_value_float((double)box[i])) : mmd_status_no_memory();
  }
  if (!status) status = mmd_object_take(item, "label_id", mmd_value_int(label));
  if (!status) status = mmd_object_take(item, "score", mmd_value_float((double)row[5]));
  if (!status) return mmd_object_take(item, "rbbox", list);
  mmd_value_release(list);
  return status;
}

static mmd_status_t append_boxes(const mmd_tensor_t *dets, const mmd_tensor_t *labels,
                                 float score_thr, const float scale[4], int release,
                                 mmd_value_t *array) {
  const float *row = mmd_tensor_data(dets);
  const int64_t *label = mmd_tensor_data(labels);
  for (int64_t i = 0; i < dets->shape.dims[1]; ++i, row += 6) {
    // A batch is filled up with rows of the label -1.
    if (!(row[5] > score_thr) || label[i] < 0) continue;
    MMD_TRY(append_box(row, label[i], scale, release, array));
  }
  return NULL;
}

static mmd_status_t read_scale(const mmd_value_t *prep_output, float scale[4]) {
  mmd_meta_floats(mmd_object_get(prep_output, "img_metas"), "scale_factor", scale);
  if (scale[0] > 0 && scale[1] > 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": img_metas.scale_factor must be above 0");
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const resize_rbbox_t *head = options;
  const double score_thr =
      mmd_call_float(context ? context->call : NULL, "score_thr", head->score_thr);
  int64_t dims[] = {1, -1, 6};
  float scale[4] = {1, 1, 1, 1};
  mmd_tensor_t dets = {0}, labels = {0};
  mmd_value_t *array = NULL, *result = NULL;
  (void)input_count;
  MMD_TRY(read_scale(inputs[0], scale));
  MMD_TRY(mmd_net_output_get(inputs[1], HEAD, "dets", MMD_F32, 3, dims, &dets));
  dims[1] = dets.shape.dims[1];
  mmd_status_t status = mmd_net_output_get(inputs[1], HEAD, "labels", MMD_I64, 2, dims, &labels);
  if (!status) {
    result = mmd_value_object();
    array = result ? mmd_value_array() : NULL;
    status = result ? mmd_object_take(result, "detections", array) : mmd_status_no_memory();
  }
  const int release = context ? context->release : 0;
  if (!status) status = append_boxes(&dets, &labels, (float)score_thr, scale, release, array);
  mmd_tensor_deinit(&dets);
  mmd_tensor_deinit(&labels);
  if (status)
    mmd_value_release(result);
  else
    *out_result = result;
  return status;
}

const mmd_component_t mmd_resize_rbbox = {
    .module = "mmrotate",
    .name = HEAD,
    .help = "Rotated boxes with class and score, in pixels of the picture.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
};
