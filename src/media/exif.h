// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_MEDIA_EXIF_H_
#define MMD_MEDIA_EXIF_H_

#include <stddef.h>
#include <stdint.h>

// The orientation, 1 to 8, that an EXIF block (beginning with its TIFF header) tells; 1 when it
// tells none or is damaged.
int mmd_exif_orientation(const uint8_t *data, size_t size);

#endif  // MMD_MEDIA_EXIF_H_
