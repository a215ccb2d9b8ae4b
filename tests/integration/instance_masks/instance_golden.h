// SPDX-License-Identifier: Apache-2.0
//
// The goldens of SOLO as packages. |golden| is "0.x/solov2".
#ifndef MMD_TESTS_INTEGRATION_INSTANCE_MASKS_INSTANCE_GOLDEN_H_
#define MMD_TESTS_INTEGRATION_INSTANCE_MASKS_INSTANCE_GOLDEN_H_

#include <stdbool.h>

// A package in |work| by the deploy config |deploy|; false and a note when that fails.
bool instance_golden_convert(const char *golden, const char *deploy, const char *work);

// What the package finds in the photo, beside PyTorch's masks. Notes what differs.
void instance_golden_check(const char *golden, const char *package);

#endif  // MMD_TESTS_INTEGRATION_INSTANCE_MASKS_INSTANCE_GOLDEN_H_
