// SPDX-License-Identifier: Apache-2.0
//
// SimCCLabelDecode (SimCC, RTMPose): two lines of scores for each key point, one along x and one
// along y, finer than pixels.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmpose/postprocess/heads.h"
#include "codebases/mmpose/postprocess/heatmap.h"

#define HEAD "SimCCLabelDecode"

typedef struct simcc_t {
  double split_ratio;
  bool export_postprocess, use_dark;
  mmd_ints_t input_size;
  mmd_floats_t sigma;
} simcc_t;

static const mmd_option_t g_options[] = {
    {.name = "simcc_split_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(simcc_t, split_ratio),
     .default_text = "2",
     .min = 1e-3,
     .max = 1e3,
     .help = "Steps of a line in one pixel of the network's input."},
    {.name = "export_postprocess",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(simcc_t, export_postprocess),
     .default_text = "false",
     .help = "The network decodes itself: 'simcc_x' are points, 'simcc_y' their scores."},
    {.name = "input_size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(simcc_t, input_size),
     .default_text = "[192, 256]",
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .help = "Size of the network's input as [w, h]."},
    {.name = "use_dark",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(simcc_t, use_dark),
     .default_text = "false",
     .help = "Refine points between the steps."},
    {.name = "sigma",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(simcc_t, sigma),
     .default_text = "[6]",
     .min = 0.5,
     .max = 38,
     .help = "Width of the targets in steps, one or one for each axis; use_dark blurs by it."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, simcc_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  const simcc_t *head = options;
  if (head->input_size.count != 2) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.input_size: %d numbers; [w, h] is expected", where,
                     head->input_size.count);
  }
  if (head->sigma.count == 1 || head->sigma.count == 2) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.sigma: %d numbers; one or two are accepted", where,
                   head->sigma.count);
}

//===--- lines ---===//

// Of all lines of one axis.
typedef struct lines_t {
  float *scores;  // |count| lines of |length|
  size_t count, length;
  size_t kernel;  // of the blur that use_dark wants; 0 = none
} lines_t;

static size_t kernel_of(const simcc_t *head, int axis) {
  const double sigma = head->sigma.items[head->sigma.count > 1 ? axis : 0];
  const int kernel = (int)floor((sigma * 20 - 7) / 3);
  if (!head->use_dark || kernel < 1) return 0;
  return (size_t)(kernel % 2 ? kernel : kernel - 1);
}

static double line_at(const mmd_heatmap_t *line, ptrdiff_t at) {
  const ptrdiff_t last = (ptrdiff_t)line->width - 1;
  return (double)line->pixels[at < 0 ? 0 : at > last ? last : at];
}

// |place| moves to the top of a parabola; the line is changed.
static mmd_status_t refine(const mmd_heatmap_t *line, size_t kernel, float *place) {
  const ptrdiff_t at = (ptrdiff_t)(*place + .5F);
  if (*place < 0) return NULL;
  MMD_TRY(mmd_heatmap_modulate(line, kernel));
  mmd_heatmap_log(line, 1e-3F, 50);
  const double slope = .5 * (line_at(line, at + 1) - line_at(line, at - 1));
  const double bend =
      1e-9 + .25 * (line_at(line, at + 2) - 2 * line_at(line, at) + line_at(line, at - 2));
  if (bend != 0) *place = (float)((double)*place - slope / bend);
  return NULL;
}

static mmd_status_t decode_lines(const simcc_t *head, const lines_t *xs, const lines_t *ys,
                                 mmd_key_point_t *out_points) {
  const float ratio = (float)head->split_ratio;
  for (size_t i = 0; i < xs->count; ++i) {
    const mmd_heatmap_t x = {xs->scores + i * xs->length, xs->length, 1};
    const mmd_heatmap_t y = {ys->scores + i * ys->length, ys->length, 1};
    const mmd_key_point_t best_x = mmd_heatmap_maximum(&x), best_y = mmd_heatmap_maximum(&y);
    const bool is_x_less = !(best_x.score > best_y.score);
    mmd_key_point_t point = {best_x.x, best_y.x, is_x_less ? best_x.score : best_y.score};
    if (!(point.score > 0)) point.x = point.y = -1;
    if (xs->kernel) MMD_TRY(refine(&x, xs->kernel, &point.x));
    if (ys->kernel) MMD_TRY(refine(&y, ys->kernel, &point.y));
    point.x /= ratio;
    point.y /= ratio;
    out_points[i] = point;
  }
  return NULL;
}

static mmd_status_t copy_lines(const mmd_tensor_t *tensor, size_t kernel, lines_t *out_lines) {
  const size_t count = (size_t)tensor->shape.dims[1], length = (size_t)tensor->shape.dims[2];
  *out_lines = (lines_t){.count = count, .length = length, .kernel = kernel};
  out_lines->scores = mmd_alloc_array(mmd_tensor_count(tensor) + 1, sizeof(float));
  MMD_TRY_ALLOC(out_lines->scores);
  if (mmd_tensor_count(tensor)) {
    memcpy(out_lines->scores, mmd_tensor_data(tensor), mmd_tensor_count(tensor) * sizeof(float));
  }
  return NULL;
}

static mmd_status_t decode(const simcc_t *head, const mmd_tensor_t *x, const mmd_tensor_t *y,
                           mmd_key_point_t *out_points) {
  lines_t xs = {0}, ys = {0};
  mmd_status_t status = copy_lines(x, kernel_of(head, 0), &xs);
  if (!status) status = copy_lines(y, kernel_of(head, 1), &ys);
  if (!status) status = decode_lines(head, &xs, &ys, out_points);
  mmd_free(xs.scores);
  mmd_free(ys.scores);
  return status;
}

//===--- head ---===//

// What the network decoded itself: pairs, and a score each.
static mmd_status_t read_points(const mmd_tensor_t *x, const mmd_tensor_t *y,
                                mmd_key_point_t *out_points) {
  const size_t count = (size_t)x->shape.dims[1];
  const float *pairs = mmd_tensor_data(x), *scores = mmd_tensor_data(y);
  if (x->shape.dims[2] != 2 || mmd_tensor_count(y) != count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD
                     ": with export_postprocess 'simcc_x' must be [1, K, 2] and 'simcc_y' K "
                     "scores");
  }
  for (size_t i = 0; i < count; ++i) {
    out_points[i] = (mmd_key_point_t){pairs[2 * i], pairs[2 * i + 1], scores[i]};
  }
  return NULL;
}

static mmd_status_t make_points(const simcc_t *head, const mmd_crop_t *crop, const mmd_tensor_t *x,
                                const mmd_tensor_t *y, mmd_value_t **out_result) {
  const size_t count = (size_t)x->shape.dims[1];
  mmd_key_point_t *points = mmd_alloc_array(count + 1, sizeof *points);
  MMD_TRY_ALLOC(points);
  mmd_status_t status =
      head->export_postprocess ? read_points(x, y, points) : decode(head, x, y, points);
  for (size_t i = 0; i < count && !status; ++i) {
    mmd_crop_map(crop, (double)head->input_size.items[0], (double)head->input_size.items[1],
                 &points[i]);
  }
  if (!status) status = mmd_key_points_to_value(points, count, out_result);
  mmd_free(points);
  return status;
}

static mmd_status_t read_lines(const simcc_t *head, const mmd_value_t *outputs, mmd_tensor_t *x,
                               mmd_tensor_t *y) {
  const mmd_tensor_t *scores = mmd_value_get_tensor(mmd_object_get(outputs, "simcc_y"));
  const int rank = head->export_postprocess && scores ? scores->shape.rank : 3;
  int64_t dims[MMD_MAX_RANK] = {1, -1, -1};
  MMD_TRY(mmd_net_output_get(outputs, HEAD, "simcc_x", MMD_F32, 3, dims, x));
  if (!head->export_postprocess) dims[1] = x->shape.dims[1];
  return mmd_net_output_get(outputs, HEAD, "simcc_y", MMD_F32, rank,
                            head->export_postprocess ? NULL : dims, y);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  mmd_tensor_t x = {0}, y = {0};
  mmd_crop_t crop;
  (void)context;
  (void)input_count;
  MMD_TRY(mmd_crop_read(inputs[0], HEAD, &crop));
  mmd_status_t status = read_lines(options, inputs[1], &x, &y);
  if (!status) status = make_points(options, &crop, &x, &y, out_result);
  mmd_tensor_deinit(&x);
  mmd_tensor_deinit(&y);
  return status;
}

const mmd_component_t mmd_simcc_label_head = {
    .module = "mmpose",
    .name = HEAD,
    .help = "Key points of a person from scores along x and along y.",
    .options = &g_table,
    .check = check,
    .apply = apply,
    .input_count = 2,
};
