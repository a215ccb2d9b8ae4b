// SPDX-License-Identifier: Apache-2.0
//
// Every golden from config, checkpoint and photo file to label and score; README.md says how.
#include <stdbool.h>

#include "base/alloc.h"
#include "base/file.h"
#include "mmdeploy/convert.h"
#include "mmdeploy/media.h"
#include "sdk/sdk_testing.h"
#include "tests/support/mmd_test_engine.h"
#include "value/json.h"

#define GOLDENS MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/"
#define TOLERANCE 1e-3

enum { PHOTOS = 2, GOLDEN_COUNT = 21, MAX_PATH = 1024 };

static mmdeploy_image_t g_images[PHOTOS];
static mmdeploy_mat_t g_mats[PHOTOS];
static int g_failures;

static void note(const char *where, const char *what) {
  print_error("%s: %s\n", where, what);
  ++g_failures;
}

MMD_PRINTF(2, 3) static void print_path(char path[MAX_PATH], const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const int size = vsnprintf(path, MAX_PATH, fmt, args);
  va_end(args);
  assert_in_range(size, 1, MAX_PATH - 1);
}

//===--- conversion --------------------------------------------------------===//

static int find_command(const char *name) {
  for (int i = 0; i < mmdeploy_command_count(); ++i) {
    if (strcmp(mmdeploy_command_name(i), name) == 0) return i;
  }
  fail_msg("there is no command '%s'", name);
  return -1;
}

static bool convert(const char *golden, const char *backend, const char *shape,
                    const char *work_dir) {
  char deploy[MAX_PATH], config[MAX_PATH], checkpoint[MAX_PATH];
  char image[] = GOLDENS "photos/chelsea.jpg", work[MAX_PATH];
  char word_work_dir[] = "--work-dir", word_dump[] = "--dump-info", word_verify[] = "--verify",
       none[] = "none";
  print_path(deploy, MMD_SOURCE_DIR "/configs/%.*s/classification_%s%s%s.py",
             (int)strcspn(golden, "/"), golden, backend, *shape ? "_" : "", shape);
  print_path(config, GOLDENS "%s/config.py", golden);
  print_path(checkpoint, GOLDENS "%s/checkpoint.pth", golden);
  print_path(work, "%s", work_dir);
  char *words[] = {deploy, config,    checkpoint,  image, word_work_dir,
                   work,   word_dump, word_verify, none};
  const int command = find_command("convert");
  int wants_help = 0, exit_status = -1;
  mmdeploy_value_t options = NULL;
  int code = mmdeploy_command_parse(command, (int)(sizeof words / sizeof *words), words,
                                    &wants_help, &options);
  if (!code) code = mmdeploy_command_run(command, options, NULL, NULL, &exit_status);
  mmdeploy_value_destroy(options);
  if (!code && !exit_status) return true;
  note(work_dir, mmdeploy_last_error_message());
  return false;
}

//===--- comparison --------------------------------------------------------===//

static void compare_best(const char *where, const mmd_value_t *photo, mmdeploy_model_t model,
                         const mmdeploy_classification_t *best) {
  char text[512];
  const int label = (int)mmd_value_get_int(mmd_object_get(photo, "label"), -1);
  const double score = mmd_value_get_float(mmd_object_get(photo, "score"), -1);
  const char *name = mmd_value_get_string(mmd_object_get(photo, "class"), ""), *ours;
  if (best->label_id != label ||
      !(best->score >= score - TOLERANCE && best->score <= score + TOLERANCE)) {
    snprintf(text, sizeof text, "label %d, score %.6f; the original has %d, %.6f", best->label_id,
             (double)best->score, label, score);
    note(where, text);
  }
  // A bare state_dict has no names; the original falls back to ImageNet's, whatever the model was
  // trained on.
  ours = mmdeploy_model_class_name(model, label);
  if (ours && strcmp(ours, name) != 0) note(where, "the class has another name");
}

// The scores in their order: labels of nearly equal scores may change places. Heads whose topk is
// (1,) give the best alone.
static void compare_top(const char *where, const mmd_value_t *photo,
                        const mmdeploy_classification_t *results, int count) {
  const mmd_value_t *top = mmd_object_get(photo, "top5");
  if (count != 1 && count != (int)mmd_array_size(top)) {
    note(where, "another number of answers");
    return;
  }
  for (int i = 0; i < count; ++i) {
    const double score = mmd_value_get_float(mmd_array_at(mmd_array_at(top, (size_t)i), 1), -1);
    if (!(results[i].score >= score - TOLERANCE && results[i].score <= score + TOLERANCE))
      note(where, "a score of the best five differs");
  }
}

static void check_run(const char *where, const mmd_value_t *photos, mmdeploy_model_t model,
                      mmdeploy_classifier_t classifier, int first, int count) {
  mmdeploy_classification_t *results = NULL, *next;
  int *counts = NULL;
  if (mmdeploy_classifier_apply(classifier, &g_mats[first], count, &results, &counts)) {
    note(where, mmdeploy_last_error_message());
    return;
  }
  next = results;
  for (int i = 0; i < count; next += counts[i++]) {
    const mmd_value_t *photo = mmd_array_at(photos, (size_t)(first + i));
    if (counts[i] < 1) {
      note(where, "no answer");
      continue;
    }
    compare_best(where, photo, model, next);
    compare_top(where, photo, next, counts[i]);
  }
  mmdeploy_classifier_release_result(results, counts, count);
}

static void check_package(const char *golden, const char *path) {
  char results_path[MAX_PATH];
  mmdeploy_model_t model = NULL;
  mmdeploy_classifier_t classifier = NULL;
  mmd_value_t *truth = NULL;
  print_path(results_path, GOLDENS "%s/results.json", golden);
  assert_null(mmd_json_read_file(results_path, &truth));
  const mmd_value_t *photos = mmd_object_get(truth, "photos");
  assert_int_equal(mmd_array_size(photos), PHOTOS);
  if (mmdeploy_model_create_by_path(path, &model) ||
      mmdeploy_classifier_create(model, "cpu", 0, &classifier)) {
    note(path, mmdeploy_last_error_message());
  } else {
    for (int i = 0; i < PHOTOS; ++i) check_run(path, photos, model, classifier, i, 1);
    check_run(path, photos, model, classifier, 0, PHOTOS);
  }
  mmdeploy_classifier_destroy(classifier);
  mmdeploy_model_destroy(model);
  mmd_value_release(truth);
}

// The deploy configs of a backend, NULL behind the last one.
typedef const char *shapes_t[3];
static const shapes_t g_both = {"dynamic", "static", NULL};
static const shapes_t g_nameless = {"", NULL, NULL};  // one deploy config for all
static const shapes_t g_openvino = {"dynamic-224x224", NULL, NULL};

static int check_codebase(const char *codebase, const char *backend, const shapes_t shapes) {
  char folder[MAX_PATH], golden[MAX_PATH], work[MAX_PATH];
  char **names = NULL;
  size_t count = 0;
  print_path(folder, GOLDENS "%s", codebase);
  assert_null(mmd_path_list(folder, &names, &count));
  for (size_t i = 0; i < count; ++i) {
    print_path(golden, "%s/%s", codebase, names[i]);
    for (const char *const *shape = shapes; *shape; ++shape) {
      print_path(work, MMD_WORK_DIR "/%s-%s-%s", golden, backend, *shape);
      if (convert(golden, backend, *shape, work)) check_package(golden, work);
    }
    mmd_free(names[i]);
  }
  mmd_free(names);
  return (int)count;
}

static void check_backend(const char *backend, const shapes_t shapes) {
  g_failures = 0;
  const int count =
      check_codebase("mmcls", backend, shapes) + check_codebase("mmpretrain", backend, shapes);
  assert_in_range(count, GOLDEN_COUNT, 1000);
  assert_int_equal(g_failures, 0);
}

static void reference_backend(void **state) {
  (void)state;
  check_backend("reference", g_both);
}

static void onnxruntime_backend(void **state) {
  (void)state;
  mmd_test_need_engine("onnxruntime");
  check_backend("onnxruntime", g_both);
}

static void openvino_backend(void **state) {
  (void)state;
  mmd_test_need_engine("openvino");
  check_backend("openvino", g_openvino);
}

static void torchscript_backend(void **state) {
  (void)state;
  mmd_test_need_engine("torchscript");
  check_backend("torchscript", g_nameless);
}

static int read_photos(void **state) {
  static const char *const paths[PHOTOS] = {GOLDENS "photos/chelsea.jpg",
                                            GOLDENS "photos/coffee.png"};
  (void)state;
  for (int i = 0; i < PHOTOS; ++i) {
    assert_success(mmdeploy_image_read(paths[i], MMDEPLOY_IMAGE_COLOR, &g_images[i]));
    g_mats[i] = *mmdeploy_image_mat(g_images[i]);
  }
  return 0;
}

static int drop_photos(void **state) {
  (void)state;
  for (int i = 0; i < PHOTOS; ++i) mmdeploy_image_destroy(g_images[i]);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reference_backend),
      cmocka_unit_test(onnxruntime_backend),
      cmocka_unit_test(openvino_backend),
      cmocka_unit_test(torchscript_backend),
  };
  return cmocka_run_group_tests(tests, read_photos, drop_photos);
}
