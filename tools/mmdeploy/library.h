// SPDX-License-Identifier: Apache-2.0
//
// The sister libraries, opened on first use.
#ifndef MMDEPLOY_TOOLS_LIBRARY_H_
#define MMDEPLOY_TOOLS_LIBRARY_H_

#include <stdbool.h>

#include "mmdeploy/convert.h"
#include "mmdeploy/media.h"

// X(field, function, result, parameters)
#define CLI_MEDIA_FUNCTIONS(X)                                                                   \
  X(read, mmdeploy_image_read, int, (const char *, mmdeploy_image_mode_t, mmdeploy_image_t *))   \
  X(mat, mmdeploy_image_mat, const mmdeploy_mat_t *, (mmdeploy_image_t))                         \
  X(write, mmdeploy_image_write, int, (mmdeploy_image_t, const char *, int))                     \
  X(destroy, mmdeploy_image_destroy, void, (mmdeploy_image_t))                                   \
  X(decode, mmdeploy_image_decode, int,                                                          \
    (const void *, size_t, mmdeploy_image_mode_t, mmdeploy_image_t *))                           \
  X(create, mmdeploy_image_create, int, (const mmdeploy_mat_t *, mmdeploy_image_t *))            \
  X(draw_classification, mmdeploy_draw_classification, int,                                      \
    (mmdeploy_image_t, const mmdeploy_draw_label_t *, int))                                      \
  X(draw_objects, mmdeploy_draw_objects, int,                                                    \
    (mmdeploy_image_t, const mmdeploy_draw_object_t *, int, const mmdeploy_draw_options_t *))    \
  X(draw_segmentation, mmdeploy_draw_segmentation, int,                                          \
    (mmdeploy_image_t, const int *, int, int, const mmdeploy_draw_options_t *))                  \
  X(video_open, mmdeploy_video_open, int, (const char *, mmdeploy_video_t *))                    \
  X(video_info, mmdeploy_video_get_info, int, (mmdeploy_video_t, mmdeploy_video_info_t *))       \
  X(video_read, mmdeploy_video_read, int, (mmdeploy_video_t, mmdeploy_image_t *))                \
  X(video_close, mmdeploy_video_close, void, (mmdeploy_video_t))                                 \
  X(writer_create, mmdeploy_video_writer_create, int,                                            \
    (const char *, double, mmdeploy_video_writer_t *))                                           \
  X(writer_write, mmdeploy_video_writer_write, int, (mmdeploy_video_writer_t, mmdeploy_image_t)) \
  X(writer_finish, mmdeploy_video_writer_finish, int, (mmdeploy_video_writer_t))                 \
  X(writer_destroy, mmdeploy_video_writer_destroy, void, (mmdeploy_video_writer_t))

#define CLI_CONVERT_FUNCTIONS(X)                                                        \
  X(count, mmdeploy_command_count, int, (void))                                         \
  X(name, mmdeploy_command_name, const char *, (int))                                   \
  X(summary, mmdeploy_command_summary, const char *, (int))                             \
  X(usage, mmdeploy_command_usage, int, (int, const char *, char **))                   \
  X(help, mmdeploy_command_help, int, (int, const char *, char **))                     \
  X(parse, mmdeploy_command_parse, int, (int, int, char **, int *, mmdeploy_value_t *)) \
  X(run, mmdeploy_command_run, int,                                                     \
    (int, mmdeploy_value_t, const mmdeploy_command_callbacks_t *, mmdeploy_value_t *, int *))

#define X(field, function, result, parameters) result(*field) parameters;
typedef struct cli_media_t {
  CLI_MEDIA_FUNCTIONS(X)
} cli_media_t;
typedef struct cli_convert_t {
  CLI_CONVERT_FUNCTIONS(X)
} cli_convert_t;
#undef X

// NULL when the library is missing or does not fit; cli_library_error tells why.
const cli_media_t *cli_media_open(void);
const cli_convert_t *cli_convert_open(void);
const char *cli_library_error(void);

// Whether the library's file can be opened, and its path ("" = not found).
const char *cli_library_path(const char *name);

#endif  // MMDEPLOY_TOOLS_LIBRARY_H_
