// SPDX-License-Identifier: Apache-2.0
//
// Masks of a package beside PyTorch's.
#ifndef MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_MASKS_H_
#define MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_MASKS_H_

// Where the file |goldens| of testdata/make_masks.py has the model |name|: of its best 90 % of
// boxes 98 % are found, and their masks overlap by 0.99. Notes what differs.
void detector_compare_masks(const char *package, const char *picture, const char *goldens,
                            const char *name);

#endif  // MMD_TESTS_INTEGRATION_DETECTORS_DETECTOR_MASKS_H_
