// SPDX-License-Identifier: Apache-2.0
//
// For tests on the packages of tests/tasks: photos, and the answers of the original runtime.
#ifndef MMD_TESTS_INTEGRATION_SDK_SDK_TASKS_H_
#define MMD_TESTS_INTEGRATION_SDK_SDK_TASKS_H_

#include <math.h>

#include "formats/npy/npy.h"
#include "mmdeploy/media.h"
#include "tests/integration/sdk/sdk_engine.h"
#include "value/json.h"

#define SDK_TASKS MMD_SOURCE_DIR "/tests/tasks/"

// A path below tests/tasks; valid until the next call but one.
static inline const char *sdk_task_path(const char *format, const char *a, const char *b) {
  static char paths[2][1024];
  static int turn;
  char *path = paths[turn ^= 1];
  const int size = snprintf(path, sizeof paths[0], SDK_TASKS);
  snprintf(path + size, sizeof paths[0] - (size_t)size, format, a, b);
  return path;
}

static inline const char *sdk_package_path(const char *name) {
  return sdk_task_path("packages/%s%s", name, "");
}

// What the original's runtime answers; released with mmd_value_release.
static inline mmd_value_t *sdk_read_golden(const char *name, const char *file) {
  size_t size;
  mmd_value_t *value = NULL;
  char *text = sdk_read_file(sdk_task_path("goldens/%s/%s", name, file), &size);
  assert_null(mmd_json_parse(text, size, file, &value));
  free(text);
  return value;
}

// Photo |index| of a package's meta.json.
static inline mmdeploy_image_t sdk_read_photo(const char *name, size_t index) {
  mmdeploy_image_t image = NULL;
  mmd_value_t *meta = sdk_read_golden(name, "meta.json");
  const char *photo =
      mmd_value_get_string(mmd_array_at(mmd_object_get(meta, "photos"), index), NULL);
  assert_non_null(photo);
  assert_success(
      mmdeploy_image_read(sdk_task_path("%s%s", photo, ""), MMDEPLOY_IMAGE_COLOR, &image));
  mmd_value_release(meta);
  return image;
}

static inline mmd_value_t *sdk_read_arrays(const char *name, const char *file) {
  mmd_value_t *arrays = NULL;
  assert_null(mmd_npz_read_file(sdk_task_path("goldens/%s/%s", name, file), &arrays));
  return arrays;
}

static inline const mmd_tensor_t *sdk_array(const mmd_value_t *arrays, const char *key) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(arrays, key));
  assert_non_null(tensor);
  return tensor;
}

static inline double sdk_number(const mmd_value_t *object, const char *key) {
  assert_non_null(mmd_object_get(object, key));
  return mmd_value_get_float(mmd_object_get(object, key), NAN);
}

static inline double sdk_number_at(const mmd_value_t *object, const char *key, size_t index) {
  return mmd_value_get_float(mmd_array_at(mmd_object_get(object, key), index), NAN);
}

static inline void sdk_assert_near(double found, double wanted, double tolerance,
                                   const char *what) {
  if (!(fabs(found - wanted) <= tolerance)) fail_msg("%s: %.9g, %.9g wanted", what, found, wanted);
}

#endif  // MMD_TESTS_INTEGRATION_SDK_SDK_TASKS_H_
