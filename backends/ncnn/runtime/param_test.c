// SPDX-License-Identifier: Apache-2.0
//
// Each allocation fails once while the text of a net is read. What is refused and what is read of
// it is tested with the engine (tests/integration/engines/ncnn_*_test.c).
#include "backends/ncnn/runtime/param.h"
#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

typedef struct text_t {
  char *data;
  size_t size;
} text_t;

static mmd_status_t read_once(void *context) {
  const text_t *text = context;
  ncnn_param_t param;
  mmd_status_t status = ncnn_param_read(text->data, text->size, "net", &param);
  ncnn_param_deinit(&param);
  return status;
}

static void short_memory_is_survived(void **state) {
  static const char *const paths[] = {MMD_TEST_FILE("tests/corpus/param/meta"),
                                      MMD_TEST_FILE("tests/corpus/param/plain")};
  (void)state;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) {
    text_t text = {0};
    mmd_assert_ok(mmd_file_read(paths[i], 0, &text.data, &text.size));
    mmd_test_sweep(read_once, &text);
    mmd_free(text.data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(short_memory_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
