// SPDX-License-Identifier: Apache-2.0
//
// Short texts on coloured ground, many of them: a text is set by pango once and then copied.
#ifndef MMD_MEDIA_CAPTION_H_
#define MMD_MEDIA_CAPTION_H_

#include "base/map.h"
#include "media/canvas.h"
#include "media/raster.h"

// Texts that were set, for one font size.
typedef struct mmd_captions_t {
  double font;          // pixels
  int height;           // of a caption
  mmd_map_t stencils;   // text -> stencil
  mmd_canvas_t *ruler;  // measures; NULL until the first text
  mmd_bitmap_t ruler_pixels;
} mmd_captions_t;

mmd_captions_t mmd_captions_make(double font);
void mmd_captions_deinit(mmd_captions_t *captions);

// What a caption says: a text and a number behind it.
typedef struct mmd_caption_t {
  const char *text;  // UTF-8 in any script; NULL = none
  float score;       // shown as "0.87"; below 0 = none
} mmd_caption_t;

// Draws with its bottom left corner at (|x|, |y|), or below |y| where there is no room above.
mmd_status_t mmd_caption_draw(mmd_captions_t *captions, const mmd_caption_t *caption, double x,
                              double y, mmd_color_t ground, mmd_bitmap_t *bitmap) MMD_MUST_USE;

#endif  // MMD_MEDIA_CAPTION_H_
