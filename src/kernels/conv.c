// SPDX-License-Identifier: Apache-2.0
//
// Two ways: depthwise convolutions have a file of their own; all others are matrix products whose
// right side, the patches of the padded image, is made panel by panel while it is packed; for 1x1
// kernels it is the image itself.
#include "kernels/conv.h"

#include <math.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "kernels/conv_depthwise.h"
#include "kernels/conv_image.h"
#include "kernels/gemm.h"

enum {
  MAX_PANEL = 32,
  MAX_PARAMETER = 1 << 20,  // kernel, stride, dilation, padding
  MAX_SIDE = 1 << 30,
};

typedef struct job_t {
  const mmd_conv_t *conv;
  size_t out_h, out_w;
  const float *x, *weight, *bias;
  float *y;
  mmd_pool_t *inner;  // threads inside one product
  atomic_bool failed;
} job_t;

typedef struct patches_t {
  mmd_conv_image_t image;
  const float *x;  // the channels of this group
  float *planes;   // the same, padded
  size_t channels;
  size_t out_w;
} patches_t;

mmd_conv_t mmd_conv_make(size_t batch, size_t channels, size_t height, size_t width,
                         size_t out_channels, size_t kernel_h, size_t kernel_w) {
  return (mmd_conv_t){.batch = batch,
                      .channels = channels,
                      .height = height,
                      .width = width,
                      .out_channels = out_channels,
                      .groups = 1,
                      .kernel_h = kernel_h,
                      .kernel_w = kernel_w,
                      .stride_h = 1,
                      .stride_w = 1,
                      .dilation_h = 1,
                      .dilation_w = 1,
                      .low = -INFINITY,
                      .high = INFINITY};
}

static size_t out_size(size_t size, size_t kernel, size_t dilation, size_t stride) {
  size_t span = (kernel - 1) * dilation + 1;
  return size < span ? 0 : (size - span) / stride + 1;
}

size_t mmd_conv_out_height(const mmd_conv_t *c) {
  return out_size(c->height + c->pad_top + c->pad_bottom, c->kernel_h, c->dilation_h, c->stride_h);
}

size_t mmd_conv_out_width(const mmd_conv_t *c) {
  return out_size(c->width + c->pad_left + c->pad_right, c->kernel_w, c->dilation_w, c->stride_w);
}

// Neighbouring results of one result row read neighbouring floats.
static size_t make_runs(const patches_t *p, size_t n, size_t columns, mmd_vec_run_t *runs) {
  size_t count = 0;
  size_t y = n / p->out_w, x = n % p->out_w;
  for (size_t done = 0; done < columns; ++count, ++y, x = 0) {
    const size_t length = p->out_w - x < columns - done ? p->out_w - x : columns - done;
    const size_t begin = y * p->image.conv->stride_h * p->image.row_width + x;
    runs[count] = (mmd_vec_run_t){begin, done, length};
    done += length;
  }
  return count;
}

static void pack_patches(const void *context, size_t k, size_t rows, size_t n, size_t columns,
                         size_t width, float *out) {
  const patches_t *p = context;
  const mmd_conv_t *c = p->image.conv;
  mmd_vec_run_t runs[MAX_PANEL];
  const size_t count = make_runs(p, n, columns, runs);
  size_t kx = k % c->kernel_w, ky = k / c->kernel_w % c->kernel_h;
  const float *plane = p->planes + k / (c->kernel_w * c->kernel_h) * p->image.plane;
  for (size_t i = 0; i < rows; ++i, out += width) {
    p->image.vec->gather(runs, count, plane + mmd_conv_image_tap(&p->image, ky, kx), out);
    for (size_t x = columns; x < width; ++x) out[x] = 0.f;
    if (++kx < c->kernel_w) continue;
    kx = 0;
    if (++ky < c->kernel_h) continue;
    ky = 0;
    plane += p->image.plane;
  }
}

static void fill_planes(void *context, size_t begin, size_t end) {
  const patches_t *p = context;
  const size_t area = p->image.conv->height * p->image.conv->width;
  for (size_t i = begin; i < end; ++i) {
    mmd_conv_image_fill(&p->image, p->x + i * area, p->planes + i * p->image.plane);
  }
}

static mmd_status_t run_patches(const job_t *job, const mmd_gemm_t *gemm, const float *x) {
  enum { GRAIN = 1 << 15 };
  patches_t p = {.x = x, .out_w = job->out_w};
  p.channels = job->conv->channels / job->conv->groups;
  size_t count;
  if (!mmd_conv_image_init(job->conv, &p.image) ||
      !mmd_checked_mul(p.channels, p.image.plane, &count) ||
      !mmd_checked_mul(count + MMD_VEC_SLACK, sizeof *p.planes, &count)) {
    return mmd_status_no_memory();
  }
  p.planes = mmd_alloc_uninit(count);
  MMD_TRY_ALLOC(p.planes);
  mmd_parallel_for(job->inner, p.channels, 1 + GRAIN / (p.image.plane + 1), fill_planes, &p);
  mmd_status_t status = mmd_gemm_run_packed(gemm, pack_patches, &p, job->inner);
  mmd_free(p.planes);
  return status;
}

static bool is_pointwise(const mmd_conv_t *c) {
  return c->kernel_h == 1 && c->kernel_w == 1 && c->stride_h == 1 && c->stride_w == 1 &&
         c->pad_top + c->pad_bottom + c->pad_left + c->pad_right == 0;
}

// Group |index| % groups of image |index| / groups.
static mmd_status_t run_group(const job_t *job, size_t index) {
  const mmd_conv_t *c = job->conv;
  size_t image = index / c->groups;
  size_t group = index % c->groups;
  size_t in = c->channels / c->groups;
  size_t out = c->out_channels / c->groups;
  size_t area = job->out_h * job->out_w;
  const float *x = job->x + (image * c->channels + group * in) * c->height * c->width;
  size_t k = in * c->kernel_h * c->kernel_w;
  mmd_gemm_t g = mmd_gemm_make(out, area, k, job->weight + group * out * k, x,
                               job->y + (image * c->out_channels + group * out) * area);
  g.row_bias = job->bias ? job->bias + group * out : NULL;
  g.low = c->low;
  g.high = c->high;
  if (c->add) {
    g.beta = 1.f;
    g.add = c->add + (g.c - job->y);
  }
  return is_pointwise(c) ? mmd_gemm_run(&g, job->inner) : run_patches(job, &g, x);
}

static void run_groups(void *context, size_t begin, size_t end) {
  job_t *job = context;
  for (size_t i = begin; i < end; ++i) {
    if (mmd_status_ignore(run_group(job, i))) atomic_store(&job->failed, true);
  }
}

static mmd_status_t check(const mmd_conv_t *c) {
  if (c->groups == 0 || c->channels % c->groups != 0 || c->out_channels % c->groups != 0 ||
      c->kernel_h == 0 || c->kernel_w == 0 || c->stride_h == 0 || c->stride_w == 0 ||
      c->dilation_h == 0 || c->dilation_w == 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "conv: %zu to %zu channels in %zu groups, kernel %zux%zu, stride %zux%zu, "
                     "dilation %zux%zu",
                     c->channels, c->out_channels, c->groups, c->kernel_h, c->kernel_w, c->stride_h,
                     c->stride_w, c->dilation_h, c->dilation_w);
  }
  if (c->height > MAX_SIDE || c->width > MAX_SIDE || c->kernel_h > MAX_PARAMETER ||
      c->kernel_w > MAX_PARAMETER || c->stride_h > MAX_PARAMETER || c->stride_w > MAX_PARAMETER ||
      c->dilation_h > MAX_PARAMETER || c->dilation_w > MAX_PARAMETER ||
      c->pad_top > MAX_PARAMETER || c->pad_left > MAX_PARAMETER || c->pad_bottom > MAX_PARAMETER ||
      c->pad_right > MAX_PARAMETER) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "conv: a kernel, stride, dilation or padding above %d",
                     MAX_PARAMETER);
  }
  return NULL;
}

static bool is_depthwise(const mmd_conv_t *c) {
  return c->groups == c->channels && c->groups > 1;
}

// Whether each thread has a product of its own, rather than a part of one.
static bool has_many_products(const mmd_conv_t *c, mmd_pool_t *pool) {
  return c->batch * c->groups >= mmd_pool_threads(pool) && c->groups > 1;
}

mmd_status_t mmd_conv_scratch(const mmd_conv_t *conv, mmd_pool_t *pool,
                              mmd_conv_scratch_t *out_scratch) {
  *out_scratch = (mmd_conv_scratch_t){0};
  MMD_TRY(check(conv));
  if (is_pointwise(conv)) return NULL;
  const bool many = is_depthwise(conv) || has_many_products(conv, pool);
  const size_t threads = many ? mmd_pool_threads(pool) : 1;
  mmd_conv_image_t image;
  size_t channels = conv->channels / conv->groups, each, bytes, floats;
  bool fits = mmd_conv_image_init(conv, &image) && mmd_checked_mul(channels, image.plane, &each);
  if (fits && is_depthwise(conv)) fits = mmd_conv_depthwise_floats(conv, &image, &each);
  fits = fits && mmd_checked_add(each, MMD_VEC_SLACK, &each) &&
         mmd_checked_mul(each, threads * sizeof(float), &bytes) &&
         mmd_checked_mul(image.plane, conv->batch * conv->channels, &floats);
  if (!fits) return mmd_status_no_memory();
  *out_scratch = (mmd_conv_scratch_t){bytes, floats};
  return NULL;
}

mmd_status_t mmd_conv_run(const mmd_conv_t *conv, const float *x, const float *weight,
                          const float *bias, float *y, mmd_pool_t *pool) {
  MMD_TRY(check(conv));
  job_t job = {.conv = conv,
               .out_h = mmd_conv_out_height(conv),
               .out_w = mmd_conv_out_width(conv),
               .x = x,
               .weight = weight,
               .bias = bias,
               .y = y,
               .inner = pool};
  if (job.out_h == 0 || job.out_w == 0) return NULL;
  if (is_depthwise(conv)) {
    return mmd_conv_run_depthwise(conv, x, weight, bias, y, pool);
  }
  const size_t products = conv->batch * conv->groups;
  if (has_many_products(conv, pool)) {
    job.inner = NULL;
    mmd_parallel_for(pool, products, 1, run_groups, &job);
  } else {
    run_groups(&job, 0, products);
  }
  return atomic_load(&job.failed) ? mmd_status_no_memory() : NULL;
}
