// SPDX-License-Identifier: Apache-2.0
//
// The goldens of mmdet as packages. |golden| is "0.x/retinanet".
#ifndef MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_GOLDEN_H_
#define MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_GOLDEN_H_

#include <stdbool.h>

// Whether |word| is in its model config.
bool detector_golden_says(const char *golden, const char *word);

// A package in |work| by the deploy config |deploy|; false and a note when that fails.
bool detector_golden_convert(const char *golden, const char *deploy, const char *work);

// What the package finds in |count| times the photo, boxes and masks, beside PyTorch's. Notes what
// differs.
void detector_golden_check(const char *golden, const char *package, int count);

#endif  // MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_GOLDEN_H_
