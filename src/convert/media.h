// SPDX-License-Identifier: Apache-2.0
//
// libmmdeploy_media, opened on first use: a conversion without pictures never loads it.
#ifndef MMD_CONVERT_MEDIA_H_
#define MMD_CONVERT_MEDIA_H_

#include "mmdeploy/media.h"
#include "tensor/image.h"
#include "value/value.h"

// Decodes the picture at |path|. The image owns its pixels.
mmd_status_t mmd_media_read(const char *path, mmdeploy_image_mode_t mode,
                            mmd_image_t *out_image) MMD_MUST_USE;

// Writes |image| to |path| with the answers of a classifier ([{"label_id", "label"?, "score"}, …])
// drawn on it.
mmd_status_t mmd_media_draw_classification(const mmd_image_t *image, const mmd_value_t *answers,
                                           const char *path) MMD_MUST_USE;

#endif  // MMD_CONVERT_MEDIA_H_
