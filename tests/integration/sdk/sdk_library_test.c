// SPDX-License-Identifier: Apache-2.0
//
// Both names of the library can be opened at run time, and are one library.
#include <dlfcn.h>

#include "sdk/sdk_testing.h"

typedef const char *(*text_fn)(void);

static void *open_library(const char *name) {
  char path[1024];
  snprintf(path, sizeof path, MMD_LIBRARY_DIR "/%s", name);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) fail_msg("%s", dlerror());
  return library;
}

static void both_names_are_one_library(void **state) {
  (void)state;
  static const char *const names[] = {"libmmdeploy.so", "libmmdeploy.so.0", "libmmdeploy.so.1"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    void *library = open_library(names[i]);
    text_fn version;
    *(void **)&version = dlsym(library, "mmdeploy_version_string");
    assert_non_null(version);
    assert_ptr_equal(version(), mmdeploy_version_string());
    dlclose(library);
  }
}

static void functions_of_later_releases_are_absent(void **state) {
  (void)state;
  void *library = open_library("libmmdeploy.so.0");
  assert_null(dlsym(library, "mmdeploy_classifier_apply_async"));
  dlclose(library);
}

// A program that never sets MMDEPLOY_PLUGIN_PATH finds the modules beside the library.
static void modules_are_found_without_the_variable(void **state) {
  (void)state;
  unsetenv("MMDEPLOY_PLUGIN_PATH");
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_classifier_destroy(classifier);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(modules_are_found_without_the_variable),
      cmocka_unit_test(both_names_are_one_library),
      cmocka_unit_test(functions_of_later_releases_are_absent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
