// SPDX-License-Identifier: Apache-2.0
//
// Pictures from and to files, and drawing of results: libmmdeploy_media, which libmmdeploy itself
// never needs.
//
// Decoding gives what cv2.imread gives: 8-bit BGR (or gray), EXIF orientation applied, CMYK and
// 16-bit files converted, alpha dropped. Errors are codes of common.h with a message in
// mmdeploy_last_error_message (ext.h).
#ifndef MMDEPLOY_MEDIA_H
#define MMDEPLOY_MEDIA_H

#include <stddef.h>

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

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_MEDIA_H
