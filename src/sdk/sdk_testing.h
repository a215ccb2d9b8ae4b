// SPDX-License-Identifier: Apache-2.0
//
// For tests of the public API: cmocka, checks of codes and messages, pictures and the tiny packages
// of tests/packages. Uses public headers only, so tests that link the shared library use it too.
#ifndef MMD_SDK_SDK_TESTING_H_
#define MMD_SDK_SDK_TESTING_H_

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmdeploy/classifier.h"
#include "mmdeploy/ext.h"

#define SDK_PACKAGES MMD_SOURCE_DIR "/tests/packages/"
#define SDK_TINY SDK_PACKAGES "tiny"  // backend reference, 16 classes, five answers a picture
#define SDK_TINY_ZIP SDK_PACKAGES "tiny.zip"
#define SDK_TINY_ORT SDK_PACKAGES "tiny_onnxruntime.zip"

enum { SDK_CLASSES = 16, SDK_TOPK = 5 };

// |call| must succeed.
#define assert_success(call) sdk_assert_success((call), #call, __FILE__, __LINE__)

// |call| must return |code|, which is also the last error of this thread; its message must contain
// |part|.
#define assert_fails(call, code, part)                                   \
  do {                                                                   \
    mmdeploy_clear_last_error();                                         \
    sdk_assert_fails((call), (code), (part), #call, __FILE__, __LINE__); \
  } while (0)

static inline void sdk_assert_success(int code, const char *call, const char *file, int line) {
  if (code == MMDEPLOY_SUCCESS) return;
  print_error("%s:\n  %d: %s\n", call, code, mmdeploy_last_error_message());
  _fail(file, line);
}

static inline void sdk_assert_fails(int code, int wanted, const char *part, const char *call,
                                    const char *file, int line) {
  const char *message = mmdeploy_last_error_message();
  if (code == wanted && mmdeploy_last_error_code() == wanted && strstr(message, part) &&
      !strchr(message, '\n'))
    return;
  print_error("%s:\n  expected %d: ...%s...\n  found %d (kept: %d): %s\n", call, wanted, part, code,
              mmdeploy_last_error_code(), message);
  _fail(file, line);
}

//===--- pictures ----------------------------------------------------------===//

static inline size_t sdk_row_count(int height, mmdeploy_pixel_format_t format) {
  const int is_yuv = format == MMDEPLOY_PIXEL_FORMAT_NV12 || format == MMDEPLOY_PIXEL_FORMAT_NV21;
  return (size_t)height + (is_yuv ? (size_t)height / 2 : 0);
}

static inline size_t sdk_channels(mmdeploy_pixel_format_t format) {
  static const size_t channels[] = {3, 3, 1, 1, 1, 4};
  return channels[format];
}

// Soft random pixels of the exact size that the format needs; freed with free(mat.data). |channel|
// is wrong on purpose.
static inline mmdeploy_mat_t sdk_make_mat(int height, int width, mmdeploy_pixel_format_t format,
                                          unsigned seed) {
  const size_t row = (size_t)width * sdk_channels(format), rows = sdk_row_count(height, format);
  uint8_t *data = malloc(row * rows);
  assert_non_null(data);
  unsigned state = seed * 2654435761u + 1;
  const unsigned slope = 1 + seed % 5;
  for (size_t i = 0; i < row * rows; ++i) {
    state = state * 1664525u + 1013904223u;
    data[i] = (uint8_t)((i / row) * slope + (i % row) * (slope + 2) / 3 + (state >> 27));
  }
  return (mmdeploy_mat_t){data, height, width, 2, format, MMDEPLOY_DATA_TYPE_UINT8, NULL};
}

static inline mmdeploy_mat_t sdk_make_bgr(int height, int width, unsigned seed) {
  return sdk_make_mat(height, width, MMDEPLOY_PIXEL_FORMAT_BGR, seed);
}

//===--- handles -----------------------------------------------------------===//

static inline mmdeploy_model_t sdk_open_model(const char *path) {
  mmdeploy_model_t model = NULL;
  assert_success(mmdeploy_model_create_by_path(path, &model));
  assert_non_null(model);
  return model;
}

static inline mmdeploy_classifier_t sdk_open_classifier(const char *path) {
  mmdeploy_classifier_t classifier = NULL;
  assert_success(mmdeploy_classifier_create_by_path(path, "cpu", 0, &classifier));
  assert_non_null(classifier);
  return classifier;
}

// The answers for one picture.
typedef struct sdk_answers_t {
  int count;
  mmdeploy_classification_t items[SDK_CLASSES];
} sdk_answers_t;

static inline sdk_answers_t sdk_classify(mmdeploy_classifier_t classifier,
                                         const mmdeploy_mat_t *mat) {
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  sdk_answers_t answers = {0};
  assert_success(mmdeploy_classifier_apply(classifier, mat, 1, &results, &counts));
  assert_in_range(counts[0], 1, SDK_CLASSES);
  answers.count = counts[0];
  memcpy(answers.items, results, (size_t)counts[0] * sizeof *results);
  mmdeploy_classifier_release_result(results, counts, 1);
  return answers;
}

static inline void sdk_assert_answers(const sdk_answers_t *wanted,
                                      const mmdeploy_classification_t *found, int count,
                                      double tolerance) {
  assert_int_equal(count, wanted->count);
  for (int i = 0; i < count; ++i) {
    assert_int_equal(found[i].label_id, wanted->items[i].label_id);
    assert_float_equal(found[i].score, wanted->items[i].score, tolerance);
  }
}

// The bytes of a file, with a zero behind them; freed with free.
static inline char *sdk_read_file(const char *path, size_t *out_size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *out_size = (size_t)ftell(file);
  rewind(file);
  char *bytes = malloc(*out_size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *out_size, file), *out_size);
  bytes[*out_size] = 0;
  fclose(file);
  return bytes;
}

#endif  // MMD_SDK_SDK_TESTING_H_
