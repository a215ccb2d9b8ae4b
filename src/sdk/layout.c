// SPDX-License-Identifier: Apache-2.0
//
// The layouts that programs built against the original rely on, checked at compile time.
#include <stddef.h>

#include "mmdeploy/classifier.h"
#include "mmdeploy/common.h"

#define CHECK_SIZE(type, lp64, ilp32)                                      \
  _Static_assert(sizeof(type) == (sizeof(void *) == 8 ? (lp64) : (ilp32)), \
                 #type " has another size")
#define CHECK_OFFSET(type, field, lp64, ilp32)                                      \
  _Static_assert(offsetof(type, field) == (sizeof(void *) == 8 ? (lp64) : (ilp32)), \
                 #type "." #field " lies elsewhere")

CHECK_SIZE(mmdeploy_pixel_format_t, 4, 4);
CHECK_SIZE(mmdeploy_data_type_t, 4, 4);
CHECK_SIZE(mmdeploy_status_t, 4, 4);
CHECK_SIZE(mmdeploy_context_type_t, 4, 4);
CHECK_SIZE(mmdeploy_mat_t, 40, 28);
CHECK_OFFSET(mmdeploy_mat_t, height, 8, 4);
CHECK_OFFSET(mmdeploy_mat_t, width, 12, 8);
CHECK_OFFSET(mmdeploy_mat_t, channel, 16, 12);
CHECK_OFFSET(mmdeploy_mat_t, format, 20, 16);
CHECK_OFFSET(mmdeploy_mat_t, type, 24, 20);
CHECK_OFFSET(mmdeploy_mat_t, device, 32, 24);
CHECK_SIZE(mmdeploy_rect_t, 16, 16);
CHECK_OFFSET(mmdeploy_rect_t, top, 4, 4);
CHECK_OFFSET(mmdeploy_rect_t, right, 8, 8);
CHECK_OFFSET(mmdeploy_rect_t, bottom, 12, 12);
CHECK_SIZE(mmdeploy_point_t, 8, 8);
CHECK_SIZE(mmdeploy_classification_t, 8, 8);
CHECK_OFFSET(mmdeploy_classification_t, score, 4, 4);

_Static_assert(MMDEPLOY_STATUS_COUNT == 7, "status codes are part of the ABI");
_Static_assert(MMDEPLOY_PIXEL_FORMAT_COUNT == 6, "pixel formats are part of the ABI");
_Static_assert(MMDEPLOY_DATA_TYPE_COUNT == 4, "data types are part of the ABI");
