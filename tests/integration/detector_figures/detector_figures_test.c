// SPDX-License-Identifier: Apache-2.0
// The nodes of detectors at full size; README.md says how.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mmdeploy/convert.h"
#include "mmdeploy/ext.h"

#define TESTDATA MMD_SOURCE_DIR "/tests/integration/detector_figures/testdata/"
#define CONFIGS MMD_SOURCE_DIR "/configs/mmdet/"
#define PHOTO MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/photos/chelsea.jpg"

enum { MAX_PATH = 1024, MAX_WORDS = 16, MAX_TEXT = 65536 };

typedef struct model_t {
  const char *name, *deploy;
  long most;  // nodes
} model_t;

#define DYNAMIC CONFIGS "detection/detection_onnxruntime_dynamic.py"
#define STATIC CONFIGS "detection/detection_onnxruntime_static.py"

static const model_t g_models[] = {
    {"retinanet_r50", DYNAMIC, 748 * 8 / 10},
    {"retinanet_r50", STATIC, 748 * 8 / 10},
    {"faster_rcnn_r50", DYNAMIC, 982 * 8 / 10},
    {"faster_rcnn_r50", STATIC, 982 * 8 / 10},
    {"mask_rcnn_r50", CONFIGS "instance-seg/instance-seg_onnxruntime_dynamic.py", 1152 * 8 / 10},
    {"yolox_nano", DYNAMIC, 460},
    {"yolox_nano", STATIC, 420},
};

typedef struct text_t {
  char data[MAX_TEXT];
  size_t size;
} text_t;

static void take_text(void *user, const char *piece) {
  text_t *text = user;
  const size_t size = strlen(piece);
  assert_true(text->size + size < MAX_TEXT);
  memcpy(text->data + text->size, piece, size + 1);
  text->size += size;
}

static int find_command(const char *name) {
  for (int i = 0; i < mmdeploy_command_count(); ++i) {
    if (strcmp(mmdeploy_command_name(i), name) == 0) return i;
  }
  fail_msg("there is no command '%s'", name);
  return -1;
}

// |words| up to NULL; what it prints is in |text|.
static void run(const char *name, const char *const *words, text_t *text) {
  const mmdeploy_command_callbacks_t callbacks = {
      .struct_size = sizeof callbacks, .user = text, .text = take_text};
  const int command = find_command(name);
  char *copies[MAX_WORDS];
  int count = 0, wants_help = 0, exit_status = -1;
  mmdeploy_value_t options = NULL;
  text->size = 0;
  for (; words[count]; ++count) {
    assert_true(count < MAX_WORDS);
    copies[count] = strdup(words[count]);
    assert_non_null(copies[count]);
  }
  int code = mmdeploy_command_parse(command, count, copies, &wants_help, &options);
  if (!code) code = mmdeploy_command_run(command, options, &callbacks, NULL, &exit_status);
  mmdeploy_value_destroy(options);
  while (count) free(copies[--count]);
  if (code || exit_status) fail_msg("%s %s: %s", name, words[1], mmdeploy_last_error_message());
}

static void convert(const model_t *model, const char *work, text_t *text) {
  char config[MAX_PATH], checkpoint[MAX_PATH];
  snprintf(config, sizeof config, TESTDATA "%s.py", model->name);
  snprintf(checkpoint, sizeof checkpoint, TESTDATA "%s.pth", model->name);
  run("convert",
      (const char *[]){model->deploy, config, checkpoint, PHOTO, "--work-dir", work, "--verify",
                       "none", NULL},
      text);
}

static const char *line_of(const text_t *text, const char *word) {
  char start[32];
  snprintf(start, sizeof start, "\n%s ", word);
  const char *line = strstr(text->data, start);
  if (!line) fail_msg("no line '%s' in: %s", word, text->data);
  return line + strlen(start);
}

// "inspect" says "opsets  ai.onnx 11" and "nodes  385".
static void count(const model_t *model) {
  static text_t text;
  char work[MAX_PATH], file[MAX_PATH + 32];
  snprintf(work, sizeof work, MMD_WORK_DIR "/%s", model->name);
  convert(model, work, &text);
  snprintf(file, sizeof file, "%s/end2end.onnx", work);
  run("inspect", (const char *[]){file, NULL}, &text);
  const char *opsets = line_of(&text, "opsets");
  opsets += strspn(opsets, " ");
  if (strncmp(opsets, "ai.onnx 11\n", 11) != 0)
    fail_msg("%s: operators of other sets: %.40s", model->name, opsets);
  const long nodes = strtol(line_of(&text, "nodes"), NULL, 10);
  print_message("%s, %s: %ld nodes, at most %ld\n", model->name, strrchr(model->deploy, '/') + 1,
                nodes, model->most);
  assert_in_range(nodes, 100, model->most);
  assert_int_equal(unlink(file), 0);
}

static void node_counts(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof g_models / sizeof *g_models; ++i) count(&g_models[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(node_counts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
