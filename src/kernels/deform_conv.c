// SPDX-License-Identifier: Apache-2.0
#include "kernels/deform_conv.h"

#include <string.h>

#include "kernels/corners.h"
#include "kernels/gemm.h"
#include "kernels/vec.h"

enum { PIECE = 32 };  // pixels of the result whose corners are kept at once

// One image and convolution group: a matrix of (channel, tap) x pixels of the result.
typedef struct {
  const mmd_vec_t *vec;
  const mmd_conv_t *conv;
  size_t taps, pixels, out_width;
  size_t first_channel, group_channels;  // of the convolution group
  size_t offset_channels;                // channels that share an offset
  const float *x, *offset, *mask;        // of the image
} columns_t;

// The four pixels around each position, and their weights times the mask.
typedef struct {
  size_t count;
  int32_t at[MMD_VEC_BLEND_TAPS][PIECE];
  float weights[MMD_VEC_BLEND_TAPS][PIECE];
} piece_t;

static void find_piece(const columns_t *s, size_t offset_group, size_t tap, size_t first,
                       piece_t *piece) {
  const mmd_conv_t *c = s->conv;
  size_t map = offset_group * s->taps + tap;
  const float *dy = s->offset + 2 * map * s->pixels + first, *dx = dy + s->pixels;
  const float *mask = s->mask ? s->mask + map * s->pixels + first : NULL;
  int64_t tap_y = (int64_t)(tap / c->kernel_w * c->dilation_h) - (int64_t)c->pad_top;
  int64_t tap_x = (int64_t)(tap % c->kernel_w * c->dilation_w) - (int64_t)c->pad_left;
  size_t row = first / s->out_width, column = first % s->out_width;
  for (size_t i = 0; i < piece->count; ++i) {
    float y = (float)((int64_t)(row * c->stride_h) + tap_y) + dy[i];
    float x = (float)((int64_t)(column * c->stride_w) + tap_x) + dx[i];
    mmd_corners_t corners = mmd_corners_zero((int64_t)c->height, (int64_t)c->width, y, x);
    for (size_t t = 0; t < MMD_VEC_BLEND_TAPS; ++t) {
      piece->at[t][i] = (int32_t)corners.at[t];
      piece->weights[t][i] = mask ? mask[i] * corners.weight[t] : corners.weight[t];
    }
    if (++column == s->out_width) column = 0, ++row;
  }
}

// The rows of tap |tap| for channels [begin, end) of the group.
static void take_piece(const columns_t *s, const piece_t *piece, size_t begin, size_t end,
                       float *out, size_t row) {
  size_t plane = s->conv->height * s->conv->width;
  const mmd_vec_blend_t blend = {piece->count, PIECE, piece->at[0], piece->weights[0]};
  const float *x = s->x + (s->first_channel + begin) * plane;
  for (size_t c = begin; c < end; ++c, x += plane, out += row) s->vec->blend(&blend, x, out);
}

// Channels of |s| below |row|, a row of tap |tap| in a matrix that goes channel by channel.
static size_t channels_below(const columns_t *s, size_t row, size_t tap) {
  return row <= tap ? 0 : (row - tap + s->taps - 1) / s->taps;
}

static void pack_columns(const void *context, size_t k, size_t rows, size_t n, size_t columns,
                         size_t width, float *out) {
  const columns_t *s = context;
  piece_t piece;
  for (size_t tap = 0; tap < s->taps; ++tap) {
    size_t begin = channels_below(s, k, tap), end = channels_below(s, k + rows, tap);
    while (begin < end) {
      size_t group = (s->first_channel + begin) / s->offset_channels;
      size_t stop = (group + 1) * s->offset_channels - s->first_channel;
      if (stop > end) stop = end;
      float *row = out + (begin * s->taps + tap - k) * width;
      for (size_t at = 0; at < columns; at += PIECE) {
        piece.count = columns - at < PIECE ? columns - at : PIECE;
        find_piece(s, group, tap, n + at, &piece);
        take_piece(s, &piece, begin, stop, row + at, s->taps * width);
      }
      begin = stop;
    }
  }
  if (columns == width) return;
  for (size_t i = 0; i < rows; ++i) {
    memset(out + i * width + columns, 0, (width - columns) * sizeof *out);
  }
}

static mmd_status_t check(const mmd_conv_t *c, size_t offset_groups) {
  bool fine = c->groups > 0 && c->channels % c->groups == 0 && c->out_channels % c->groups == 0 &&
              offset_groups > 0 && c->channels % offset_groups == 0 && c->kernel_h > 0 &&
              c->kernel_w > 0 && c->stride_h > 0 && c->stride_w > 0 && c->dilation_h > 0 &&
              c->dilation_w > 0;
  if (fine && c->height * c->width > INT32_MAX) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "deformable conv: an input of %zux%zu", c->height, c->width);
  }
  if (fine) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "deformable conv: %zu to %zu channels in %zu groups, %zu offset groups, kernel "
                   "%zux%zu, stride %zux%zu, dilation %zux%zu",
                   c->channels, c->out_channels, c->groups, offset_groups, c->kernel_h, c->kernel_w,
                   c->stride_h, c->stride_w, c->dilation_h, c->dilation_w);
}

mmd_status_t mmd_deform_conv_run(const mmd_conv_t *conv, size_t offset_groups, const float *x,
                                 const float *offset, const float *mask, const float *weight,
                                 const float *bias, float *y, mmd_pool_t *pool) {
  MMD_TRY(check(conv, offset_groups));
  columns_t s = {.vec = mmd_vec_get(),
                 .conv = conv,
                 .taps = conv->kernel_h * conv->kernel_w,
                 .out_width = mmd_conv_out_width(conv),
                 .group_channels = conv->channels / conv->groups};
  s.pixels = mmd_conv_out_height(conv) * s.out_width;
  size_t m = conv->out_channels / conv->groups, k = s.group_channels * s.taps;
  if (conv->batch == 0 || m == 0 || s.pixels == 0) return NULL;
  s.offset_channels = conv->channels / offset_groups;
  for (size_t n = 0; n < conv->batch; ++n) {
    s.x = x + n * conv->channels * conv->height * conv->width;
    s.offset = offset + n * offset_groups * s.taps * 2 * s.pixels;
    s.mask = mask ? mask + n * offset_groups * s.taps * s.pixels : NULL;
    for (size_t g = 0; g < conv->groups; ++g) {
      s.first_channel = g * s.group_channels;
      mmd_gemm_t gemm = mmd_gemm_make(m, s.pixels, k, weight + g * m * k, NULL,
                                      y + (n * conv->groups + g) * m * s.pixels);
      gemm.row_bias = bias ? bias + g * m : NULL;
      MMD_TRY(mmd_gemm_run_packed(&gemm, pack_columns, &s, pool));
    }
  }
  return NULL;
}
