// SPDX-License-Identifier: Apache-2.0
//
// Model packages: a directory, or a zip archive of one, with deploy.json, pipeline.json and the
// network files.
#ifndef MMDEPLOY_SRC_APIS_C_MODEL_H_
#define MMDEPLOY_SRC_APIS_C_MODEL_H_

#include "mmdeploy/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mmdeploy_model *mmdeploy_model_t;

// Opens the package at |path|. Reads deploy.json only; network files are read when a task handle is
// created. MMDEPLOY_E_FILE_NOT_EXIST when there is nothing at |path|, MMDEPLOY_E_FAIL when it is no
// package; the message tells a directory without deploy.json, a network file and a damaged archive
// apart.
MMDEPLOY_API int mmdeploy_model_create_by_path(const char *path, mmdeploy_model_t *model);

// Opens a package from the bytes of a zip archive, which are copied. MMDEPLOY_E_FAIL for NULL, 0
// and other bytes.
MMDEPLOY_API int mmdeploy_model_create(const void *buffer, int size, mmdeploy_model_t *model);

// Drops the caller's reference; handles created from the model stay valid.
MMDEPLOY_API void mmdeploy_model_destroy(mmdeploy_model_t model);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_SRC_APIS_C_MODEL_H_
