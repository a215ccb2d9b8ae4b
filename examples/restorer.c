// SPDX-License-Identifier: Apache-2.0
//
// Restores a picture, for example in a higher resolution, and writes it.
//
//     restorer PACKAGE IMAGE OUTPUT
#include <stdio.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/restorer.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

// The result is a picture as any other; its format is RGB.
static int write_picture(const mmdeploy_mat_t *mat, const char *path) {
  mmdeploy_image_t image = NULL;
  int code = report(mmdeploy_image_create(mat, &image));
  if (!code) code = report(mmdeploy_image_write(image, path, 0));
  if (!code) printf("%s: %dx%d\n", path, mat->width, mat->height);
  mmdeploy_image_destroy(image);
  return code;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE OUTPUT\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_restorer_t restorer = NULL;
  mmdeploy_mat_t *restored = NULL;
  int code = report(mmdeploy_image_read(argv[2], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) code = report(mmdeploy_restorer_create_by_path(argv[1], "cpu", 0, &restorer));
  if (!code)
    code = report(mmdeploy_restorer_apply(restorer, mmdeploy_image_mat(image), 1, &restored));
  if (!code) code = write_picture(restored, argv[3]);
  // After a failure outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_restorer_release_result(restored, 1);
  mmdeploy_restorer_destroy(restorer);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
