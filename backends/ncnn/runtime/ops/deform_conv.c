// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/deform_conv.h"

#include "base/alloc.h"

enum { BAD_INPUT = -1, NO_MEMORY = -100 };
enum { X, OFFSET, WEIGHT, MASK, BIAS, PORTS };

typedef struct job_t {
  mmd_conv_t conv;
  const ncnn_view_t *views[PORTS];  // NULL = not there
  const float *data[PORTS];
  float *copies[PORTS];
} job_t;

static bool has_size(const ncnn_view_t *view, size_t channels, size_t height, size_t width) {
  return view->rank == 3 && (size_t)view->sizes[0] == channels &&
         (size_t)view->sizes[1] == height && (size_t)view->sizes[2] == width;
}

static bool fits(const ncnn_deform_t *options, const job_t *job) {
  const mmd_conv_t *c = &job->conv;
  const size_t taps = c->kernel_h * c->kernel_w, groups = options->offset_groups;
  const size_t height = mmd_conv_out_height(c), width = mmd_conv_out_width(c);
  if (c->channels % c->groups || c->out_channels % c->groups || c->channels % groups || !height ||
      !width)
    return false;
  const size_t weights = c->out_channels * (c->channels / c->groups) * taps;
  if (ncnn_view_count(job->views[WEIGHT]) != weights ||
      !has_size(job->views[OFFSET], 2 * groups * taps, height, width))
    return false;
  if (job->views[MASK] && !has_size(job->views[MASK], groups * taps, height, width)) return false;
  return !job->views[BIAS] || ncnn_view_count(job->views[BIAS]) == c->out_channels;
}

static int convolve(const ncnn_library_t *library, mmd_pool_t *pool, const ncnn_deform_t *options,
                    const job_t *job, ncnn_mat_t **out_mat) {
  const int sizes[] = {(int)job->conv.out_channels, (int)mmd_conv_out_height(&job->conv),
                       (int)mmd_conv_out_width(&job->conv)};
  const float *const *data = job->data;
  ncnn_view_t out;
  if (!ncnn_view_create(library, 3, sizes, out_mat, &out)) return NO_MEMORY;
  float *y = mmd_alloc_array(ncnn_view_count(&out), sizeof *y);
  if (!y) return NO_MEMORY;
  mmd_status_t status =
      mmd_deform_conv_run(&job->conv, options->offset_groups, data[X], data[OFFSET], data[MASK],
                          data[WEIGHT], data[BIAS], y, pool);
  const int code = !status                                        ? 0
                   : mmd_status_code(status) == MMD_OUT_OF_MEMORY ? NO_MEMORY
                                                                  : BAD_INPUT;
  mmd_status_free(status);
  if (!code) ncnn_view_fill(&out, y);
  mmd_free(y);
  return code;
}

int ncnn_deform_run(const ncnn_library_t *library, mmd_pool_t *pool, const ncnn_deform_t *options,
                    int input_count, const ncnn_view_t *inputs, ncnn_mat_t **out_mat) {
  job_t job = {.conv = options->conv};
  int last = 3, code = 0;
  for (int i = X; i <= WEIGHT; ++i) job.views[i] = &inputs[i];
  if (input_count != 3 + options->has_mask + options->has_bias || inputs[X].rank != 3)
    return BAD_INPUT;
  if (options->has_mask) job.views[MASK] = &inputs[last++];
  if (options->has_bias) job.views[BIAS] = &inputs[last];
  job.conv.batch = 1;
  job.conv.channels = (size_t)inputs[X].sizes[0];
  job.conv.height = (size_t)inputs[X].sizes[1];
  job.conv.width = (size_t)inputs[X].sizes[2];
  if (!fits(options, &job)) return BAD_INPUT;
  for (int i = 0; i < PORTS && !code; ++i) {
    if (!job.views[i]) continue;
    job.data[i] = ncnn_view_pack(job.views[i], &job.copies[i]);
    if (!job.data[i]) code = NO_MEMORY;
  }
  if (!code) code = convolve(library, pool, options, &job, out_mat);
  for (int i = 0; i < PORTS; ++i) mmd_free(job.copies[i]);
  return code;
}
