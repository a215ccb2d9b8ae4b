// SPDX-License-Identifier: Apache-2.0
//
// The row loops in plain C, for processors without a vector variant and as the yardstick of tests.
#define ROWS_NAME mmd_rows_generic
#include "kernels/rows.inc"
