// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "base/last_error.h"
#include "base/str.h"
#include "media/caption.h"
#include "media/image.h"
#include "media/palette.h"
#include "media/skeleton.h"

#define MAX_OBJECTS 1000000
#define MAX_POINTS 100000
#define MAX_COORDINATE (1 << 24)  // of masks
#define SEEN 0.3f
#define BAND 48  // rows

typedef struct drawing_t {
  mmd_bitmap_t bitmap;
  const mmdeploy_draw_options_t *options;
  mmd_palette_t palette;
  mmd_captions_t captions;
  unsigned opacity;
  int thickness;
  double line;  // width of lines that are not upright
} drawing_t;

//===--- arguments ---------------------------------------------------------===//

static mmd_status_t check_counts(const mmdeploy_draw_object_t *object, int i) {
  if ((object->polygon && object->polygon_size < 0) || object->polygon_size > MAX_POINTS ||
      (object->keypoints && object->keypoint_count < 0) || object->keypoint_count > MAX_POINTS) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "objects[%d]: %d corners, %d key points; 0 to %d of each", i,
                     object->polygon_size, object->keypoint_count, MAX_POINTS);
  }
  if (!object->mask) return NULL;
  const int numbers[] = {object->mask_left, object->mask_top, object->mask_width,
                         object->mask_height};
  for (int k = 0; k < 4; ++k) {
    if (numbers[k] <= MAX_COORDINATE && numbers[k] >= (k < 2 ? -MAX_COORDINATE : 0)) continue;
    return MMD_ERROR(MMD_OUT_OF_RANGE, "objects[%d]: a mask of %d x %d at (%d, %d)", i, numbers[2],
                     numbers[3], numbers[0], numbers[1]);
  }
  return NULL;
}

static mmd_status_t check_links(const mmdeploy_draw_options_t *options) {
  if (!options->links || options->link_count <= 0) return NULL;
  if (options->link_count > MAX_POINTS)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%d links; 0 to %d", options->link_count, MAX_POINTS);
  for (int i = 0; i < 2 * options->link_count; ++i) {
    if (options->links[i] < 0)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "links[%d] is %d", i, options->links[i]);
  }
  return NULL;
}

static mmd_status_t check(mmdeploy_image_t image, const mmdeploy_draw_object_t *objects, int count,
                          const mmdeploy_draw_options_t *options) {
  if (!image) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'image' is NULL");
  if (count < 0 || count > MAX_OBJECTS)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'count' is %d; 0 to %d", count, MAX_OBJECTS);
  if (count && !objects) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'objects' is NULL");
  const mmd_skeleton_t *skeleton = NULL;
  MMD_TRY(mmd_skeleton_find(options->skeleton, 0, &skeleton));
  for (int i = 0; i < count; ++i) MMD_TRY(check_counts(&objects[i], i));
  return check_links(options);
}

//===--- parts of an object ------------------------------------------------===//

static mmd_color_t color_of(const drawing_t *drawing, const mmdeploy_draw_object_t *object) {
  return mmd_palette_color(&drawing->palette, object->color);
}

static mmd_raster_mask_t mask_of(const mmdeploy_draw_object_t *object) {
  return (mmd_raster_mask_t){object->mask, object->mask_left, object->mask_top, object->mask_width,
                             object->mask_height};
}

static void draw_polygon(drawing_t *drawing, const mmdeploy_point_t *points, int count,
                         mmd_color_t color) {
  for (int i = 0; i < count; ++i) {
    const mmdeploy_point_t *a = &points[i], *b = &points[(i + 1) % count];
    mmd_raster_line(&drawing->bitmap, (mmd_spot_t){a->x, a->y}, (mmd_spot_t){b->x, b->y},
                    drawing->line, color);
  }
}

static void corners_of(const float *rbbox, mmdeploy_point_t corners[4]) {
  const double c = cos((double)rbbox[4]), s = sin((double)rbbox[4]);
  for (int i = 0; i < 4; ++i) {
    const double x = (i == 1 || i == 2 ? 0.5 : -0.5) * (double)rbbox[2];
    const double y = (i >= 2 ? 0.5 : -0.5) * (double)rbbox[3];
    corners[i] =
        (mmdeploy_point_t){(float)(rbbox[0] + x * c - y * s), (float)(rbbox[1] + x * s + y * c)};
  }
}

static void draw_outlines(drawing_t *drawing, const mmdeploy_draw_object_t *object) {
  const mmd_color_t color = color_of(drawing, object);
  mmdeploy_point_t corners[4];
  if (object->bbox) {
    const mmdeploy_rect_t *box = object->bbox;
    mmd_raster_box(&drawing->bitmap, (double)box->left, (double)box->top, (double)box->right,
                   (double)box->bottom, drawing->thickness, color);
  }
  if (object->rbbox) {
    corners_of(object->rbbox, corners);
    draw_polygon(drawing, corners, 4, color);
  }
  if (object->polygon) draw_polygon(drawing, object->polygon, object->polygon_size, color);
}

//===--- skeletons ---------------------------------------------------------===//

static bool is_seen(const drawing_t *drawing, const mmdeploy_draw_object_t *object, int point) {
  const float threshold = drawing->options->keypoint_threshold;
  if (point < 0 || point >= object->keypoint_count) return false;
  if (!object->keypoint_scores || threshold < 0) return true;
  return object->keypoint_scores[point] >= (threshold > 0 ? threshold : SEEN);
}

static mmd_spot_t spot_of(const mmdeploy_draw_object_t *object, int point) {
  return (mmd_spot_t){(double)object->keypoints[point].x, (double)object->keypoints[point].y};
}

static void draw_link(drawing_t *drawing, const mmdeploy_draw_object_t *object, int from, int to,
                      mmd_color_t color) {
  if (!is_seen(drawing, object, from) || !is_seen(drawing, object, to)) return;
  mmd_raster_line(&drawing->bitmap, spot_of(object, from), spot_of(object, to), drawing->line * 1.5,
                  color);
}

static mmd_status_t draw_keypoints(drawing_t *drawing, const mmdeploy_draw_object_t *object) {
  static const mmd_color_t white = {255, 255, 255};
  const mmdeploy_draw_options_t *options = drawing->options;
  const mmd_color_t color = color_of(drawing, object);
  const mmd_skeleton_t *skeleton = NULL;
  if (!object->keypoints) return NULL;
  if (options->links) {
    for (int i = 0; i < options->link_count; ++i)
      draw_link(drawing, object, options->links[2 * i], options->links[2 * i + 1], color);
  } else {
    MMD_TRY(mmd_skeleton_find(options->skeleton, object->keypoint_count, &skeleton));
  }
  for (size_t i = 0; skeleton && i < skeleton->link_count; ++i)
    draw_link(drawing, object, skeleton->links[i].from, skeleton->links[i].to, color);
  for (int i = 0; i < object->keypoint_count; ++i) {
    if (!is_seen(drawing, object, i)) continue;
    const double radius = drawing->line * (object->keypoint_count > 30 ? 0.8 : 1.5);
    mmd_raster_disc(&drawing->bitmap, spot_of(object, i), radius, white);
    mmd_raster_disc(&drawing->bitmap, spot_of(object, i), radius * 0.65, color);
  }
  return NULL;
}

//===--- captions ----------------------------------------------------------===//

// The top left of what |points| span.
static mmd_spot_t top_left_of(const mmdeploy_point_t *points, int count) {
  mmd_spot_t spot = {INFINITY, INFINITY};
  for (int i = 0; i < count; ++i) {
    spot.x = fmin(spot.x, (double)points[i].x);
    spot.y = fmin(spot.y, (double)points[i].y);
  }
  return spot;
}

static mmd_spot_t anchor_of(const mmdeploy_draw_object_t *object) {
  mmdeploy_point_t corners[4];
  if (object->bbox) return (mmd_spot_t){(double)object->bbox->left, (double)object->bbox->top};
  if (object->polygon) return top_left_of(object->polygon, object->polygon_size);
  if (object->rbbox) {
    corners_of(object->rbbox, corners);
    return top_left_of(corners, 4);
  }
  if (object->keypoints) return top_left_of(object->keypoints, object->keypoint_count);
  return (mmd_spot_t){(double)object->mask_left, (double)object->mask_top};
}

static mmd_status_t draw_caption(drawing_t *drawing, const mmdeploy_draw_object_t *object) {
  const mmd_caption_t caption = {object->text, object->score};
  const mmd_spot_t anchor = anchor_of(object);
  if (!object->text) return NULL;
  return mmd_caption_draw(&drawing->captions, &caption, anchor.x, anchor.y,
                          color_of(drawing, object), &drawing->bitmap);
}

//===--- all objects -------------------------------------------------------===//

// Masks and their outlines within a view of some rows.
static void draw_masks(const drawing_t *drawing, const mmdeploy_draw_object_t *objects, int count,
                       int first_row, mmd_bitmap_t *view) {
  for (int i = count; i-- > 0;) {
    mmd_raster_mask_t mask = mask_of(&objects[i]);
    mask.top -= first_row;
    if (!mask.data || mask.top >= view->height || mask.top + mask.height < 0) continue;
    const mmd_color_t color = color_of(drawing, &objects[i]);
    mmd_raster_mask(view, &mask, color, drawing->opacity);
    mmd_raster_contour(view, &mask, color, drawing->thickness > 2 ? 2 : 1);
  }
}

// The last object lies lowest; all captions lie over all shapes. Masks are drawn into one band of
// rows after the other, so that its pixels stay near.
static mmd_status_t draw_all(drawing_t *drawing, const mmdeploy_draw_object_t *objects, int count) {
  for (int y = 0; y < drawing->bitmap.height; y += BAND) {
    mmd_bitmap_t view = drawing->bitmap;
    view.pixels = mmd_bitmap_row(&drawing->bitmap, (size_t)y);
    view.height = view.height - y < BAND ? view.height - y : BAND;
    draw_masks(drawing, objects, count, y, &view);
  }
  for (int i = count; i-- > 0;) {
    draw_outlines(drawing, &objects[i]);
    MMD_TRY(draw_keypoints(drawing, &objects[i]));
  }
  for (int i = count; i-- > 0;) MMD_TRY(draw_caption(drawing, &objects[i]));
  return NULL;
}

static double positive_or(float value, double otherwise) {
  return value > 0 ? (double)value : otherwise;
}

static mmd_status_t start(mmdeploy_image_t image, const mmdeploy_draw_options_t *options,
                          drawing_t *drawing) {
  MMD_TRY(mmd_palette_find(options->palette, options->class_count, &drawing->palette));
  MMD_TRY(mmd_image_make_bgr(image));
  drawing->bitmap = image->bitmap;
  const double size = fmin(image->bitmap.width, image->bitmap.height * 4. / 3);
  const double font = fmin(positive_or(options->font, fmax(10, 6 + 0.009 * size)), 500);
  drawing->options = options;
  drawing->captions = mmd_captions_make(font);
  drawing->opacity = (unsigned)lround(256 * fmin(positive_or(options->opacity, 0.5), 1));
  drawing->thickness = (int)fmax(1, round(size / 320));
  drawing->line = fmax(1.2, size / 450);
  return NULL;
}

static mmd_status_t draw_objects(mmdeploy_image_t image, const mmdeploy_draw_object_t *objects,
                                 int count, const mmdeploy_draw_options_t *options) {
  static const mmdeploy_draw_options_t defaults;
  drawing_t drawing = {.options = options};
  if (!options) options = &defaults;
  MMD_TRY(check(image, objects, count, options));
  mmd_status_t status = start(image, options, &drawing);
  if (!status) status = draw_all(&drawing, objects, count);
  mmd_captions_deinit(&drawing.captions);
  return status;
}

int mmdeploy_draw_objects(mmdeploy_image_t image, const mmdeploy_draw_object_t *objects, int count,
                          const mmdeploy_draw_options_t *options) {
  return mmd_last_error_set(__func__, draw_objects(image, objects, count, options));
}
