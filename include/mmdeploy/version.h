// SPDX-License-Identifier: Apache-2.0
//
// Versions at build time. mmdeploy_version_string (ext.h) tells that of the library in use.
#ifndef MMDEPLOY_VERSION_H
#define MMDEPLOY_VERSION_H

#define MMDEPLOY_VERSION "0.1.0"
#define MMDEPLOY_VERSION_MAJOR 0
#define MMDEPLOY_VERSION_MINOR 1
#define MMDEPLOY_VERSION_PATCH 0

// Releases of the original whose package format is written for 0.x and for 1.x configs, and whose C
// API is implemented.
#define MMDEPLOY_COMPAT_0X_VERSION "0.14.0"
#define MMDEPLOY_COMPAT_1X_VERSION "1.3.1"

#endif  // MMDEPLOY_VERSION_H
