// SPDX-License-Identifier: Apache-2.0
//
// What does this line of text say? The picture shows the line and nothing else.
//
//     text_recognizer PACKAGE IMAGE
#include <stdio.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/text_recognizer.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static void print_text(const mmdeploy_text_recognition_t *text) {
  printf("%s\n", text->text);
  // |length| counts characters; in UTF-8 one may take several bytes.
  for (int i = 0; i < text->length; ++i) printf("%s%.4f", i ? " " : "", (double)text->score[i]);
  printf("\n");
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_text_recognizer_t recognizer = NULL;
  mmdeploy_text_recognition_t *text = NULL;
  int code = report(mmdeploy_image_read(argv[2], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) code = report(mmdeploy_text_recognizer_create_by_path(argv[1], "cpu", 0, &recognizer));
  if (!code)
    code = report(mmdeploy_text_recognizer_apply(recognizer, mmdeploy_image_mat(image), 1, &text));
  if (!code) print_text(text);
  // After a failure outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_text_recognizer_release_result(text, 1);
  mmdeploy_text_recognizer_destroy(recognizer);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
