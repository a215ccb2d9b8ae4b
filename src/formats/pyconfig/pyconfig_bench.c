// SPDX-License-Identifier: Apache-2.0
//
// Reads the config files whose paths stand on stdin, one a line. For each it prints "J <json>" or
// "E <message>", then "P ok" or what is wrong with printing and reading back; with --time the best
// time of eight reads. scripts/compare_configs.py builds on it.
#include <stdio.h>
#include <string.h>

#include "base/thread.h"
#include "formats/pyconfig/pyconfig.h"
#include "value/json.h"

static void print_failure(const char *what, mmd_status_t status) {
  printf("%s %s\n", what, mmd_status_message(status));
  mmd_status_free(status);
}

static void check_printing(const mmd_value_t *config, const mmd_str_t *json) {
  mmd_str_t text = {0}, second = {0};
  mmd_value_t *again = NULL;
  mmd_status_t status = mmd_pyconfig_print(config, &text);
  if (!status) {
    status = mmd_pyconfig_parse(mmd_str_text(&text), text.size, "printed.py", NULL, &again);
  }
  if (!status) status = mmd_json_write(again, 0, &second);
  if (status)
    print_failure("P", status);
  else
    puts(mmd_str_equal(mmd_str_text(json), mmd_str_text(&second)) ? "P ok" : "P differs");
  mmd_str_deinit(&text);
  mmd_str_deinit(&second);
  mmd_value_release(again);
}

static void dump(const char *path) {
  mmd_value_t *config = NULL;
  mmd_str_t json = {0};
  mmd_status_t status = mmd_pyconfig_read(path, NULL, &config);
  if (!status) status = mmd_json_write(config, 0, &json);
  if (status) {
    print_failure("E", status);
  } else {
    printf("J %s\n", mmd_str_text(&json));
    check_printing(config, &json);
  }
  mmd_str_deinit(&json);
  mmd_value_release(config);
}

static void time_reading(const char *path) {
  uint64_t best = UINT64_MAX;
  for (int i = 0; i < 8; ++i) {
    mmd_value_t *config = NULL;
    const uint64_t start = mmd_time_ns();
    mmd_status_ignore(mmd_pyconfig_read(path, NULL, &config));
    mmd_value_release(config);
    const uint64_t taken = mmd_time_ns() - start;
    if (taken < best) best = taken;
  }
  printf("%.3f ms %s\n", (double)best / 1e6, path);
}

int main(int argc, char **argv) {
  char line[4096];
  const bool timed = argc > 1 && strcmp(argv[1], "--time") == 0;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    if (timed)
      time_reading(line);
    else
      dump(line);
  }
  return 0;
}
