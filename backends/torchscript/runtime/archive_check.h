// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_TORCHSCRIPT_RUNTIME_ARCHIVE_CHECK_H_
#define MMD_BACKENDS_TORCHSCRIPT_RUNTIME_ARCHIVE_CHECK_H_

#include <stddef.h>

#include "base/status.h"

// libtorch checks no sums, and a damaged pickle can crash it. Looks whether all entries lie within
// the file and compares the checksums of stored ones, but not of tensors, whose damage is wrong
// numbers at worst.
mmd_status_t ts_archive_check(const void *data, size_t size) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TORCHSCRIPT_RUNTIME_ARCHIVE_CHECK_H_
