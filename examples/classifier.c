// SPDX-License-Identifier: Apache-2.0
//
// What is in these pictures? All of them are classified in one batch.
//
//     classifier PACKAGE IMAGE...
//
// PACKAGE is a folder (or a zip archive of it) that `mmdeploy convert --dump-info` made. MMDeploy's
// own packages work too.
#include <stdio.h>
#include <stdlib.h>

#include "mmdeploy/classifier.h"
#include "mmdeploy/ext.h"    // error messages and class names; the original SDK does not have them
#include "mmdeploy/media.h"  // reads picture files; leave it out if you bring your own pixels

// Every function that returns an int gives MMDEPLOY_SUCCESS or a code; the message says what
// happened.
static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

// Answers lie one after the other: those of the first picture, then those of the second, and so on.
static void print_answers(mmdeploy_model_t model, char **paths, int path_count,
                          const mmdeploy_classification_t *results, const int *counts) {
  for (int i = 0; i < path_count; ++i) {
    printf("%s\n", paths[i]);
    for (int k = 0; k < counts[i]; ++k, ++results) {
      const char *name = mmdeploy_model_class_name(model, results->label_id);
      printf("  %.4f  %d  %s\n", (double)results->score, results->label_id, name ? name : "");
    }
  }
}

static int classify(mmdeploy_model_t model, char **paths, int path_count,
                    const mmdeploy_mat_t *mats) {
  mmdeploy_classifier_t classifier = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  int code = report(mmdeploy_classifier_create(model, "cpu", 0, &classifier));
  if (code == MMDEPLOY_SUCCESS) {
    // A handle is made once and then used for any number of calls, from any number of threads.
    code = report(mmdeploy_classifier_apply(classifier, mats, path_count, &results, &counts));
  }
  if (code == MMDEPLOY_SUCCESS) print_answers(model, paths, path_count, results, counts);
  // After a failure the outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_classifier_release_result(results, counts, path_count);
  mmdeploy_classifier_destroy(classifier);
  return code;
}

// Pixels stay in the images; |mats| only points to them. The caller frees both.
static int read_images(char **paths, int path_count, mmdeploy_image_t *images,
                       mmdeploy_mat_t *mats) {
  for (int i = 0; i < path_count; ++i) {
    const int code = report(mmdeploy_image_read(paths[i], MMDEPLOY_IMAGE_COLOR, &images[i]));
    if (code != MMDEPLOY_SUCCESS) return code;
    mats[i] = *mmdeploy_image_mat(images[i]);
  }
  return MMDEPLOY_SUCCESS;
}

static int run(const char *package, char **paths, int path_count, mmdeploy_image_t *images,
               mmdeploy_mat_t *mats) {
  mmdeploy_model_t model = NULL;
  int code = read_images(paths, path_count, images, mats);
  if (code == MMDEPLOY_SUCCESS) code = report(mmdeploy_model_create_by_path(package, &model));
  if (code == MMDEPLOY_SUCCESS) code = classify(model, paths, path_count, mats);
  mmdeploy_model_destroy(model);
  return code;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE...\n", argv[0]);
    return 2;
  }
  const int count = argc - 2;
  mmdeploy_image_t *images = calloc((size_t)count, sizeof *images);
  mmdeploy_mat_t *mats = calloc((size_t)count, sizeof *mats);
  int code = MMDEPLOY_E_OUT_OF_MEMORY;
  if (images && mats) code = run(argv[1], argv + 2, count, images, mats);
  for (int i = 0; images && i < count; ++i) mmdeploy_image_destroy(images[i]);
  free(mats);
  free(images);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
