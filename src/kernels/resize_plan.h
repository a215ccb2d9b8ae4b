// SPDX-License-Identifier: Apache-2.0
//
// The parts of a resize: tables that depend on sizes alone, shared between threads, and the state
// of a run over the rows. Internal to the image kernels.
#ifndef MMD_KERNELS_RESIZE_PLAN_H_
#define MMD_KERNELS_RESIZE_PLAN_H_

#include <stdbool.h>

#include "kernels/resize.h"
#include "kernels/resize_taps.h"
#include "kernels/rows.h"

typedef enum mmd_resize_method_t {
  MMD_RESIZE_COPY,
  MMD_RESIZE_PICK,    // nearest
  MMD_RESIZE_LINEAR,  // fixed-point bilinear
  MMD_RESIZE_WARP,    // the same at given places
  MMD_RESIZE_HALVE,   // mean of 2x2 pixels
  MMD_RESIZE_FILTER,  // Pillow's convolution
  MMD_RESIZE_MEAN,    // OpenCV's mean of blocks of whole pixels
  MMD_RESIZE_AREA,    // of parts of pixels
  MMD_RESIZE_CUBIC,   // OpenCV's
  MMD_RESIZE_SMALL_CUBIC,
  MMD_RESIZE_LANCZOS,
} mmd_resize_method_t;

// Axes cover the window only.
typedef struct mmd_resize_plan_t {
  mmd_resize_t resize;
  mmd_resize_method_t method;
  int32_t *pick_x, *pick_y;
  mmd_linear_axis_t linear_x, linear_y;  // linear_y has indexes from -1 on; clamp both rows
  mmd_filter_axis_t filter_x, filter_y;  // count 0: the axis keeps its size
  mmd_tap_axis_t tap_x, tap_y;           // integer weights are of 2048
} mmd_resize_plan_t;

mmd_status_t mmd_resize_plan_init(const mmd_resize_t *resize, mmd_resize_plan_t *plan) MMD_MUST_USE;
void mmd_resize_plan_deinit(mmd_resize_plan_t *plan);

// Rows of the window, one after the other; one user at a time.
typedef struct mmd_resize_rows_t {
  const mmd_resize_plan_t *plan;
  const uint8_t *src;
  size_t src_stride;
  size_t slots;          // rows after the horizontal pass that are kept
  size_t slot_size;      // bytes
  uint8_t *memory;       // the slots
  size_t *slot_row;      // source row in a slot plus one, 0 = none
  const uint8_t **taps;  // row pointers for the vertical pass
  float *sums;           // of AREA
} mmd_resize_rows_t;

mmd_status_t mmd_resize_rows_init(const mmd_resize_plan_t *plan, const uint8_t *src,
                                  size_t src_stride, mmd_resize_rows_t *rows) MMD_MUST_USE;
void mmd_resize_rows_deinit(mmd_resize_rows_t *rows);

// Row |y| of the window, interleaved. Fastest in rising order.
void mmd_resize_rows_get(mmd_resize_rows_t *rows, size_t y, uint8_t *out);

// The row of the window after the horizontal pass of source row |row|, which |fill| makes when it
// is not there. A slot keeps it until a row comes that is a multiple of |slots| away.
typedef void (*mmd_resize_fill_fn)(mmd_resize_rows_t *rows, const uint8_t *src, uint8_t *slot);
uint8_t *mmd_resize_rows_slot(mmd_resize_rows_t *rows, size_t row, mmd_resize_fill_fn fill);

// The methods of OpenCV from MEAN on, see resize_blend.c.
mmd_status_t mmd_resize_blend_plan(mmd_resize_plan_t *plan) MMD_MUST_USE;
void mmd_resize_blend_get(mmd_resize_rows_t *rows, size_t y, uint8_t *out);

// The two source rows of result row |y| of the methods LINEAR and WARP.
void mmd_resize_plan_linear_rows(const mmd_resize_plan_t *plan, size_t y, size_t out_rows[2]);

// Tables, see resize_axis.c.
mmd_status_t mmd_pick_axis_cv(size_t src, size_t dst, size_t begin, size_t count,
                              int32_t **out_index) MMD_MUST_USE;
mmd_status_t mmd_pick_axis_pil(size_t src, size_t dst, size_t begin, size_t count,
                               int32_t **out_index) MMD_MUST_USE;
// Where OpenCV samples: source index (from -1 on) and fraction.
void mmd_linear_sample(size_t src, size_t dst, size_t i, int32_t *out_index, float *out_fraction);
// The same for OpenCV's area kind where a side grows.
void mmd_area_linear_sample(size_t src, size_t dst, size_t i, int32_t *out_index,
                            float *out_fraction);
mmd_status_t mmd_linear_axis_init(mmd_resize_kind_t kind, size_t src, size_t dst, size_t begin,
                                  size_t count, bool clamp, mmd_linear_axis_t *axis) MMD_MUST_USE;
// Weights are of 512 with |clamp|, of 32 without.
mmd_status_t mmd_place_axis_init(const int32_t *places, size_t src, size_t count, bool clamp,
                                 mmd_linear_axis_t *axis) MMD_MUST_USE;
void mmd_linear_axis_deinit(mmd_linear_axis_t *axis);
mmd_status_t mmd_filter_axis_init(mmd_resize_kind_t kind, size_t src, size_t dst, size_t begin,
                                  size_t count, mmd_filter_axis_t *axis) MMD_MUST_USE;
void mmd_filter_axis_deinit(mmd_filter_axis_t *axis);

#endif  // MMD_KERNELS_RESIZE_PLAN_H_
