// SPDX-License-Identifier: Apache-2.0
#include "convert/media.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dynlib.h"
#include "base/file.h"
#include "base/thread.h"

#define LIBRARY "libmmdeploy_media.so.0"

// X(function, result, parameters)
#define MEDIA_FUNCTIONS(X)                                                               \
  X(mmdeploy_image_read, int, (const char *, mmdeploy_image_mode_t, mmdeploy_image_t *)) \
  X(mmdeploy_image_create, int, (const mmdeploy_mat_t *, mmdeploy_image_t *))            \
  X(mmdeploy_image_mat, const mmdeploy_mat_t *, (mmdeploy_image_t))                      \
  X(mmdeploy_image_write, int, (mmdeploy_image_t, const char *, int))                    \
  X(mmdeploy_image_destroy, void, (mmdeploy_image_t))                                    \
  X(mmdeploy_last_error_message, const char *, (void))                                   \
  X(mmdeploy_draw_classification, int, (mmdeploy_image_t, const mmdeploy_draw_label_t *, int))

typedef struct media_t {
  mmd_dynlib_t *library;
#define X(function, result, parameters) result(*function) parameters;
  MEDIA_FUNCTIONS(X)
#undef X
} media_t;

static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;
static media_t g_media;

// Beside this library, or in ../lib of a program that it is linked into: so a relocated
// installation finds its own. The loader's path comes last.
static mmd_status_t open_library(mmd_dynlib_t **out_library) {
  static const char *const places[] = {LIBRARY, "../lib/" LIBRARY};
  char *self = mmd_dynlib_path_of((const void *)&g_media);
  char *directory = self ? mmd_path_directory(self) : NULL;
  char *path = NULL;
  for (size_t i = 0; directory && !path && i < sizeof places / sizeof *places; ++i) {
    path = mmd_path_join(directory, places[i]);
    if (path && mmd_path_exists(path)) break;
    mmd_free(path);
    path = NULL;
  }
  mmd_status_t status = mmd_dynlib_open(path ? path : LIBRARY, out_library);
  mmd_free(path);
  mmd_free(directory);
  mmd_free(self);
  return mmd_status_annotate(status, "pictures need libmmdeploy_media");
}

static mmd_status_t load(media_t *media) {
  MMD_TRY(open_library(&media->library));
  mmd_status_t status = NULL;
#define X(function, result, parameters) \
  if (!status) status = mmd_dynlib_symbol(media->library, #function, &media->function);
  MEDIA_FUNCTIONS(X)
#undef X
  if (status) {
    mmd_dynlib_close(media->library);
    memset(media, 0, sizeof *media);
  }
  return status;
}

static mmd_status_t get_media(const media_t **out_media) {
  mmd_status_t status = NULL;
  mmd_mutex_lock(&g_mutex);
  if (!g_media.library) status = load(&g_media);
  mmd_mutex_unlock(&g_mutex);
  *out_media = &g_media;
  return status;
}

// "mmdeploy_image_read: a.jpg: …" without the function's name.
static const char *without_function(const char *message) {
  const size_t size = strspn(message, "abcdefghijklmnopqrstuvwxyz0123456789_");
  return mmd_str_starts_with(message, "mmdeploy_") && message[size] == ':' ? message + size + 2
                                                                           : message;
}

// The message of the public API's last error as a status.
static mmd_status_t from_code(int code) {
  static const mmd_code_t codes[] = {MMD_OK,
                                     MMD_INVALID_ARGUMENT,
                                     MMD_NOT_SUPPORTED,
                                     MMD_OUT_OF_RANGE,
                                     MMD_OUT_OF_MEMORY,
                                     MMD_NOT_FOUND,
                                     MMD_IO};
  if (code == 0) return NULL;
  const mmd_code_t ours =
      code > 0 && code < (int)(sizeof codes / sizeof *codes) ? codes[code] : MMD_INTERNAL;
  return MMD_ERROR(ours, "%s", without_function(g_media.mmdeploy_last_error_message()));
}

static void release_image(void *image) {
  g_media.mmdeploy_image_destroy(image);
}

mmd_status_t mmd_media_read(const char *path, mmdeploy_image_mode_t mode, mmd_image_t *out_image) {
  const media_t *media = NULL;
  mmdeploy_image_t image = NULL;
  memset(out_image, 0, sizeof *out_image);
  MMD_TRY(get_media(&media));
  MMD_TRY(from_code(media->mmdeploy_image_read(path, mode, &image)));
  const mmdeploy_mat_t *mat = media->mmdeploy_image_mat(image);
  mmd_status_t status = mmd_image_borrow(mat->data, mat->height, mat->width, 0,
                                         (mmd_pixel_format_t)mat->format, MMD_U8, out_image);
  if (!status) {
    status = mmd_storage_borrow(mat->data, mmd_image_byte_size(out_image), release_image, image,
                                &out_image->storage);
  }
  if (status) {
    media->mmdeploy_image_destroy(image);
    memset(out_image, 0, sizeof *out_image);
  }
  return status;
}

#define MAX_LABELS 16

mmd_status_t mmd_media_draw_classification(const mmd_image_t *image, const mmd_value_t *answers,
                                           const char *path) {
  const media_t *media = NULL;
  MMD_TRY(get_media(&media));
  mmdeploy_draw_label_t labels[MAX_LABELS];
  char names[MAX_LABELS][32];
  int count = 0;
  for (size_t i = 0; i < mmd_array_size(answers) && count < MAX_LABELS; ++i, ++count) {
    const mmd_value_t *answer = mmd_array_at(answers, i);
    snprintf(names[count], sizeof names[count], "class %lld",
             (long long)mmd_value_get_int(mmd_object_get(answer, "label_id"), -1));
    labels[count].text = mmd_value_get_string(mmd_object_get(answer, "label"), names[count]);
    labels[count].score = (float)mmd_value_get_float(mmd_object_get(answer, "score"), 0);
  }
  const mmdeploy_mat_t mat = {.data = (uint8_t *)(uintptr_t)image->data,
                              .height = image->height,
                              .width = image->width,
                              .channel = mmd_pixel_channels(image->format),
                              .format = (mmdeploy_pixel_format_t)image->format,
                              .type = MMDEPLOY_DATA_TYPE_UINT8};
  mmdeploy_image_t canvas = NULL;
  MMD_TRY(from_code(media->mmdeploy_image_create(&mat, &canvas)));
  mmd_status_t status = from_code(media->mmdeploy_draw_classification(canvas, labels, count));
  if (!status) status = from_code(media->mmdeploy_image_write(canvas, path, 0));
  media->mmdeploy_image_destroy(canvas);
  return status;
}
