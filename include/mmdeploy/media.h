// SPDX-License-Identifier: Apache-2.0
//
// Pictures and videos from and to files, and drawing of results: libmmdeploy_media, which
// libmmdeploy itself never needs.
//
// Decoding gives what cv2.imread gives: 8-bit BGR (or gray), EXIF orientation applied, CMYK and
// 16-bit files converted, alpha dropped. Errors are codes of common.h with a message in
// mmdeploy_last_error_message (ext.h).
#ifndef MMDEPLOY_MEDIA_H
#define MMDEPLOY_MEDIA_H

#include <stddef.h>
#include <stdint.h>

#include "mmdeploy/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// A picture that owns its pixels.
typedef struct mmdeploy_image *mmdeploy_image_t;

typedef enum mmdeploy_image_mode_t {
  MMDEPLOY_IMAGE_COLOR = 0,           // BGR, orientation applied (cv2.IMREAD_COLOR)
  MMDEPLOY_IMAGE_GRAYSCALE = 1,       // one channel, orientation applied
  MMDEPLOY_IMAGE_COLOR_AS_STORED = 2  // BGR, orientation ignored (mmcv's color_ignore_orientation)
} mmdeploy_image_mode_t;

// Reads a JPEG, PNG, WebP, BMP or PNM file; the content decides, not the name.
// MMDEPLOY_E_FILE_NOT_EXIST, MMDEPLOY_E_FAIL for a damaged or empty file, MMDEPLOY_E_NOT_SUPPORTED
// for another kind, MMDEPLOY_E_OUT_OF_RANGE beyond 2^30 pixels.
MMDEPLOY_API int mmdeploy_image_read(const char *path, mmdeploy_image_mode_t mode,
                                     mmdeploy_image_t *image);
MMDEPLOY_API int mmdeploy_image_decode(const void *data, size_t size, mmdeploy_image_mode_t mode,
                                       mmdeploy_image_t *image);

// A copy of pixels as 8-bit BGR. BGR, RGB, GRAYSCALE and BGRA of type UINT8 are accepted.
MMDEPLOY_API int mmdeploy_image_create(const mmdeploy_mat_t *mat, mmdeploy_image_t *image);

// The pixels, packed, for the task functions; borrowed from |image|. NULL for NULL.
MMDEPLOY_API const mmdeploy_mat_t *mmdeploy_image_mat(mmdeploy_image_t image);

// Writes by the extension of |path|: .jpg/.jpeg (|quality| 1..100, 0 = 95), .png, .webp. Atomic.
MMDEPLOY_API int mmdeploy_image_write(mmdeploy_image_t image, const char *path, int quality);

MMDEPLOY_API void mmdeploy_image_destroy(mmdeploy_image_t image);

// One line of a classification picture.
typedef struct mmdeploy_draw_label_t {
  const char *text;  // class name, UTF-8 in any script
  float score;       // 0..1, the length of the bar
} mmdeploy_draw_label_t;

// Draws a panel with one line and bar an answer over the top left of the picture, the first one
// highlighted. Sizes follow the picture; a picture too small for text is enlarged first, so the
// result may have other sides than before.
MMDEPLOY_API int mmdeploy_draw_classification(mmdeploy_image_t image,
                                              const mmdeploy_draw_label_t *labels, int count);

//===--- results of any task ------------------------------------------------===//

// One thing to draw. Zero-initialise, then set what there is: pointers that are NULL and counts of
// 0 draw nothing. Everything is in pixels of the picture and may lie outside; what is not finite is
// left out.
typedef struct mmdeploy_draw_object_t {
  int color;         // number of the colour: the class, or the track
  const char *text;  // UTF-8 in any script
  float score;       // stands behind the text; below 0 = none
  const mmdeploy_rect_t *bbox;
  const float *rbbox;  // centre x, centre y, width, height, angle in radians (rotated_detector.h)
  const mmdeploy_point_t *polygon;
  int polygon_size;
  const uint8_t *mask;  // bytes that are not 0 are inside; |mask_height| packed rows
  int mask_left, mask_top, mask_width, mask_height;
  const mmdeploy_point_t *keypoints;
  const float *keypoint_scores;  // NULL = all are seen
  int keypoint_count;
} mmdeploy_draw_object_t;

// How to draw. Zero-initialise for the defaults.
typedef struct mmdeploy_draw_options_t {
  // "cityscapes", "voc", "ade20k", "coco", "generated", or the colours of the classes themselves,
  // "#RRGGBB,#RRGGBB,…"; NULL = by class_count.
  const char *palette;
  int class_count;       // 19, 21, 150, 80 mean the palettes above; others a generated one
  const char *skeleton;  // "coco", "coco-wholebody", "hand", "mpii", "crowdpose", "aic", "ap10k",
                         // "animalpose"; NULL = by the number of points
  const int *links;      // 2 x |link_count| numbers of points to join, instead of |skeleton|
  int link_count;
  float keypoint_threshold;  // points below it are left out (0 = 0.3; below 0 = none)
  float opacity;             // of masks and label maps, 0..1 (0 = 0.5)
  float font;                // size of captions in pixels (0 = by the picture)
} mmdeploy_draw_options_t;

// Draws masks and their outlines, boxes, polygons, skeletons and captions; the first object comes
// on top. NULL |options| = defaults. Only captions need cairo and pango.
MMDEPLOY_API int mmdeploy_draw_objects(mmdeploy_image_t image,
                                       const mmdeploy_draw_object_t *objects, int count,
                                       const mmdeploy_draw_options_t *options);

// Mixes the picture with the colours of a label map of its size; negative labels stay clear.
MMDEPLOY_API int mmdeploy_draw_segmentation(mmdeploy_image_t image, const int *labels, int width,
                                            int height, const mmdeploy_draw_options_t *options);

// Red, green, blue of class |index|; |palette| and |class_count| as above.
MMDEPLOY_API int mmdeploy_draw_color(const char *palette, int class_count, int index, uint8_t *rgb);

//===--- videos ---------------------------------------------------------------===//

// FFmpeg's libraries are opened with the first video. Frames equal those of cv2.VideoCapture.
typedef struct mmdeploy_video *mmdeploy_video_t;

typedef struct mmdeploy_video_info_t {
  int width, height;    // of the frames as they are given, rotation applied
  double frame_rate;    // per second; 0 = unknown
  int64_t frame_count;  // as the file tells, which may be wrong; 0 = unknown
} mmdeploy_video_info_t;

// Opens a video file, an address ("rtsp://…") or a camera ("/dev/video0", "camera:0").
MMDEPLOY_API int mmdeploy_video_open(const char *path, mmdeploy_video_t *video);
MMDEPLOY_API int mmdeploy_video_get_info(mmdeploy_video_t video, mmdeploy_video_info_t *info);

// The next frame, which is the caller's; NULL at the end.
MMDEPLOY_API int mmdeploy_video_read(mmdeploy_video_t video, mmdeploy_image_t *frame);
MMDEPLOY_API void mmdeploy_video_close(mmdeploy_video_t video);

typedef struct mmdeploy_video_writer *mmdeploy_video_writer_t;

// Writes H.264 (MPEG-4 where that is missing) into the container that the extension of |path| names
// (.mp4, .mkv, .avi, .mov). The file appears with mmdeploy_video_writer_finish.
MMDEPLOY_API int mmdeploy_video_writer_create(const char *path, double frame_rate,
                                              mmdeploy_video_writer_t *writer);
// The first frame decides the size; others are cut or filled up with black.
MMDEPLOY_API int mmdeploy_video_writer_write(mmdeploy_video_writer_t writer,
                                             mmdeploy_image_t frame);
MMDEPLOY_API int mmdeploy_video_writer_finish(mmdeploy_video_writer_t writer);
// Without finish before, nothing remains.
MMDEPLOY_API void mmdeploy_video_writer_destroy(mmdeploy_video_writer_t writer);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_MEDIA_H
