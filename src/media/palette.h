// SPDX-License-Identifier: Apache-2.0
//
// Colours of classes: those of the well-known data sets, and a made one for any number of classes.
#ifndef MMD_MEDIA_PALETTE_H_
#define MMD_MEDIA_PALETTE_H_

#include "base/status.h"
#include "media/raster.h"

typedef struct mmd_palette_t {
  const char *table;  // RRGGBB a class; NULL = made
  int count;
  int step;  // characters from one class to the next
} mmd_palette_t;

// By name ("cityscapes", "voc", "ade20k", "coco", "generated"), or the colours themselves
// ("#dc143c,#770b20", a text that must outlive the palette). NULL: the data set that has
// |class_count| classes, else the made palette.
mmd_status_t mmd_palette_find(const char *name, int class_count,
                              mmd_palette_t *out_palette) MMD_MUST_USE;

// The colour of a class; tables repeat. Any |index| is fine.
mmd_color_t mmd_palette_color(const mmd_palette_t *palette, int index);

#endif  // MMD_MEDIA_PALETTE_H_
