// SPDX-License-Identifier: Apache-2.0
//
// matrix_package COLUMN MODEL FOLDER: one cell of the support table, a golden of mmcls or mmdet as
// a package of the backend COLUMN ("openvino", "openvino-fp16") in FOLDER, beside PyTorch's
// answers. matrix_package COLUMN: whether the engine is there. Exits with 0 when all is well;
// otherwise the first line of the standard error says why not.
#include <math.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/sanitizer.h"
#include "formats/npy/npy.h"
#include "tests/integration/detectors/detector_boxes.h"
#include "tests/integration/detectors/detector_golden.h"
#include "tests/integration/instance_masks/instance_golden.h"
#include "value/json.h"

#define CLASSIFIERS MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/"
#define CONFIGS MMD_SOURCE_DIR "/tests/matrix/configs/"

enum { PHOTOS = 2 };

typedef struct cell_t {
  const char *column, *model, *folder;
  double tolerance;  // relative to the largest number
} cell_t;

static const char *deploy_config(char path[DETECTOR_MAX_PATH], const cell_t *cell,
                                 const char *task) {
  detector_path(path, CONFIGS "%s_%s.py", task, cell->column);
  if (!mmd_path_exists(path)) fail_msg("there is no deploy config for this task");
  return path;
}

//===--- classifiers -------------------------------------------------------===//

static const char *const g_photos[PHOTOS] = {CLASSIFIERS "photos/chelsea.jpg",
                                             CLASSIFIERS "photos/coffee.png"};

static bool convert_classifier(const cell_t *cell) {
  char deploy[DETECTOR_MAX_PATH], config[DETECTOR_MAX_PATH], checkpoint[DETECTOR_MAX_PATH];
  detector_path(config, CLASSIFIERS "%s/config.py", cell->model);
  detector_path(checkpoint, CLASSIFIERS "%s/checkpoint.pth", cell->model);
  const char *const words[] = {deploy_config(deploy, cell, "classification"),
                               config,
                               checkpoint,
                               g_photos[0],
                               "--work-dir",
                               cell->folder,
                               "--dump-info",
                               "--verify",
                               "none",
                               NULL};
  return detector_command(cell->model, "convert", words);
}

// The network's numbers beside those of the golden.
static void check_numbers(const cell_t *cell) {
  char from[DETECTOR_MAX_PATH], to[DETECTOR_MAX_PATH], tolerance[32];
  mmd_value_t *arrays = NULL, *renamed = mmd_value_object();
  detector_path(from, CLASSIFIERS "%s/arrays.npz", cell->model);
  detector_path(to, "%s/reference.npz", cell->folder);
  snprintf(tolerance, sizeof tolerance, "%g", cell->tolerance);
  assert_null(mmd_npz_read_file(from, &arrays));
  assert_null(
      mmd_object_take(renamed, "input", mmd_value_retain(mmd_object_get(arrays, "input_0"))));
  assert_null(
      mmd_object_take(renamed, "output", mmd_value_retain(mmd_object_get(arrays, "output_0"))));
  assert_null(mmd_npz_write_file(to, renamed));
  mmd_value_release(renamed);
  mmd_value_release(arrays);
  const char *const words[] = {cell->folder, "--reference", to, "--tolerance", tolerance, NULL};
  detector_command(cell->model, "parity", words);
}

// The best label and the scores in their order; labels of nearly equal scores may change places.
static void check_answer(const cell_t *cell, const mmd_value_t *photo,
                         const mmdeploy_classification_t *results, int count) {
  const mmd_value_t *top = mmd_object_get(photo, "top5");
  const int label = (int)mmd_value_get_int(mmd_object_get(photo, "label"), -1);
  if (count < 1 || results[0].label_id != label) {
    detector_note(cell->model, "label %d, expected %d", count < 1 ? -1 : results[0].label_id,
                  label);
    return;
  }
  for (int i = 0; i < count && i < (int)mmd_array_size(top); ++i) {
    const double score = mmd_value_get_float(mmd_array_at(mmd_array_at(top, (size_t)i), 1), NAN);
    if (!(fabs((double)results[i].score - score) <= cell->tolerance))
      detector_note(cell->model, "score %d is %.6f, expected %.6f", i, (double)results[i].score,
                    score);
  }
}

static void classify(const cell_t *cell, mmdeploy_classifier_t classifier, const mmd_value_t *truth,
                     int index) {
  mmdeploy_image_t image = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_image_read(g_photos[index], MMDEPLOY_IMAGE_COLOR, &image));
  if (mmdeploy_classifier_apply(classifier, mmdeploy_image_mat(image), 1, &results, &counts)) {
    detector_note(cell->model, "%s", mmdeploy_last_error_message());
  } else {
    check_answer(cell, mmd_array_at(mmd_object_get(truth, "photos"), (size_t)index), results,
                 counts[0]);
  }
  mmdeploy_classifier_release_result(results, counts, 1);
  mmdeploy_image_destroy(image);
}

static void check_answers(const cell_t *cell) {
  char path[DETECTOR_MAX_PATH];
  mmd_value_t *truth = NULL;
  mmdeploy_classifier_t classifier = NULL;
  detector_path(path, CLASSIFIERS "%s/results.json", cell->model);
  assert_null(mmd_json_read_file(path, &truth));
  if (mmdeploy_classifier_create_by_path(cell->folder, "cpu", 0, &classifier)) {
    detector_note(cell->model, "%s", mmdeploy_last_error_message());
  } else {
    for (int i = 0; i < PHOTOS; ++i) classify(cell, classifier, truth, i);
  }
  mmdeploy_classifier_destroy(classifier);
  mmd_value_release(truth);
}

static void check_classifier(const cell_t *cell) {
  if (!convert_classifier(cell)) return;
  check_numbers(cell);
  check_answers(cell);
}

//===--- detectors ---------------------------------------------------------===//

static void check_detector(const cell_t *cell, const char *golden) {
  char deploy[DETECTOR_MAX_PATH];
  const char *task = detector_golden_says(golden, "mask_head") ? "instance-seg" : "detection";
  if (detector_golden_convert(golden, deploy_config(deploy, cell, task), cell->folder))
    detector_golden_check(golden, cell->folder, 1);
}

static void check_instances(const cell_t *cell, const char *golden) {
  char deploy[DETECTOR_MAX_PATH];
  if (instance_golden_convert(golden, deploy_config(deploy, cell, "instance-seg"), cell->folder))
    instance_golden_check(golden, cell->folder);
}

//===--- main --------------------------------------------------------------===//

// What is behind |prefix| in the model's name, or NULL.
static const char *behind(const char *model, const char *prefix) {
  return strncmp(model, prefix, strlen(prefix)) == 0 ? model + strlen(prefix) : NULL;
}

static void check(const cell_t *cell) {
  const char *solo = behind(cell->model, "solo/"), *golden = behind(cell->model, "mmdet/");
  assert_null(mmd_path_make_directories(cell->folder));
  if (solo) {
    check_instances(cell, solo);
  } else if (golden) {
    check_detector(cell, golden);
  } else {
    check_classifier(cell);
  }
}

static int check_engine(const char *column) {
  char backend[64];
  const char *version = NULL, *library = NULL;
  snprintf(backend, sizeof backend, "%.*s", (int)strcspn(column, "-"), column);
  if (MMD_HAS_SANITIZER && strcmp(backend, "openvino") == 0) {
    fprintf(stderr, "cannot be loaded by a program with sanitizers\n");
    return 1;
  }
  if (!mmdeploy_backend_info(backend, &version, &library)) {
    printf("%s\n", version ? version : "");
    return 0;
  }
  fprintf(stderr, "%s\n", mmdeploy_last_error_message());
  return 1;
}

int main(int argc, char **argv) {
  if (argc == 2) return check_engine(argv[1]);
  if (argc != 4) {
    fprintf(stderr, "usage: matrix_package COLUMN [MODEL FOLDER]\n");
    return 2;
  }
  const cell_t cell = {.column = argv[1], .model = argv[2], .folder = argv[3], .tolerance = 1e-3};
  check(&cell);
  return detector_failures() ? 1 : 0;
}
