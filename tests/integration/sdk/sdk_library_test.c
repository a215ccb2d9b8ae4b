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

static void private_functions_are_not_found_by_name(void **state) {
  (void)state;
  void *library = open_library("libmmdeploy.so.0");
  // The sister libraries bind to these by version; dlsym finds a name whatever its version is, so
  // only what nobody needs can be looked for.
  assert_null(dlsym(library, "mmd_null_argument"));
  assert_null(
      dlsym(library, "mmdeploy_text_detector_apply_async_v2"));  // a comment in the original
  assert_non_null(dlsym(library, "mmdeploy_classifier_apply_async"));
  dlclose(library);
}

// Every function of the original's headers, by the committed list.
static void all_functions_of_the_original_are_there(void **state) {
  (void)state;
  size_t size;
  int count = 0;
  char *text = sdk_read_file(MMD_SOURCE_DIR "/tests/abi/mmdeploy_original.txt", &size);
  void *library = open_library("libmmdeploy.so.1");
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    if (*line == '#') continue;
    if (!dlsym(library, line)) fail_msg("%s is missing", line);
    ++count;
  }
  assert_int_equal(count, 143);
  dlclose(library);
  free(text);
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
      cmocka_unit_test(private_functions_are_not_found_by_name),
      cmocka_unit_test(all_functions_of_the_original_are_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
