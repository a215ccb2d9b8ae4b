// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: the tools by their words, a package's boxes in a picture, and the
// comparison with PyTorch's.
#ifndef MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_BOXES_H_
#define MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_BOXES_H_

#include <stdbool.h>

#include "mmdeploy/convert.h"
#include "mmdeploy/detector.h"
#include "mmdeploy/media.h"
#include "sdk/sdk_testing.h"

enum { DETECTOR_MAX_BOXES = 4096, DETECTOR_MAX_PATH = 1024 };

typedef struct detector_box_t {
  double corners[4], score;
  int label;
  bool is_matched;
} detector_box_t;

typedef struct detector_boxes_t {
  int count;
  int width, height;  // of the picture
  detector_box_t items[DETECTOR_MAX_BOXES];
} detector_boxes_t;

// Writes a path and gives it back; one that is too long fails the test.
const char *detector_path(char path[DETECTOR_MAX_PATH], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

// Prints what differs, and counts.
void detector_note(const char *where, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int detector_failures(void);

// "convert --head" and its like with |words| up to NULL; false and a note when it fails.
bool detector_command(const char *where, const char *name, const char *const *words);

// What the package finds in |count| times the picture at |path|, in one call; false and a note when
// that fails. The boxes of each must be the same.
bool detector_find(const char *package, const char *path, int count, detector_boxes_t *out_boxes);

// Cuts boxes at the picture's edges, as the SDK does; those that lie outside go.
void detector_clip(detector_boxes_t *boxes, int width, int height);

// Leaves boxes out whose width or height is not above |least| pixels.
void detector_drop_small(detector_boxes_t *boxes, double least);

// Notes what breaks the rule; |expected| is best first.
void detector_compare(const char *where, const detector_boxes_t *expected, detector_boxes_t *found);

#endif  // MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_BOXES_H_
