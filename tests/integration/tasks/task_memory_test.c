// SPDX-License-Identifier: Apache-2.0
//
// Memory of the process: level over 10^4 calls (10^5 with the argument "long", of the packages that
// are named behind it, if any), and the weights of a network once for eight handles. Sanitizers
// keep memory of their own: there only the calls run.
#include <unistd.h>

#include "base/sanitizer.h"
#include "sdk/sdk_testing.h"
#include "tests/integration/tasks/task_files.h"
#include "tests/support/mmd_test_engine.h"
#include "tests/support/mmd_test_skip.h"

enum { HANDLES = 8, WARM_UP = 40, MAY_GROW = 1 << 20 };

// One of each head, small networks.
static const char *const packages[] = {
    "detection_retinanet",   "instance-seg_mask-rcnn", "pose_res18",
    "pose_simcc_1x",         "restoration_srcnn",      "rotated-detection_retinanet",
    "segmentation_fcn",      "text-detection_dbnet",   "text-detection_panet",
    "text-detection_psenet", "text-recognition_crnn",  "video_tsn",
};
enum { PACKAGES = sizeof packages / sizeof *packages };

static int g_calls = MMD_HAS_SANITIZER ? 200 : 10000;
static char **g_names;  // of the packages; NULL: all
static int g_name_count;

static bool is_wanted(const char *package) {
  for (int i = 0; i < g_name_count; ++i) {
    if (strcmp(g_names[i], package) == 0) return true;
  }
  return !g_name_count;
}

static long resident(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

//===--- calls -------------------------------------------------------------===//

// Pictures of two sizes by turns.
static void call(task_runner_t *runner, const task_case_t *item, int index) {
  task_answer_t answers[TASK_MAX_PICTURES];
  mmdeploy_mat_t mats[TASK_MAX_PICTURES];
  memcpy(mats, item->mats, sizeof mats);
  if (item->photo_count == 1 && index % 2) mats[0].height -= mats[0].height / 8;
  assert_success(task_runner_run(runner, mats, item->photo_count, answers));
  for (size_t i = 0; i < task_answer_count(runner, item->photo_count); ++i)
    task_answer_deinit(&answers[i]);
}

static void memory_is_level(void **state) {
  (void)state;
  mmd_test_need_engine("onnxruntime");
  for (size_t p = 0; p < PACKAGES; ++p) {
    task_case_t item;
    const int count = g_calls / (g_name_count ? g_name_count : (int)PACKAGES) + 1;
    if (!is_wanted(packages[p])) continue;
    task_case_open(packages[p], &item);
    task_runner_t *runner = task_open(&item, NULL, 1);
    for (int i = 0; i < WARM_UP; ++i) call(runner, &item, i);
    const long before = resident();
    for (int i = 0; i < count; ++i) call(runner, &item, i);
    const long grown = resident() - before;
    print_message("%-30s %6d calls, %+ld KB\n", packages[p], count, grown / 1024);
    if (!MMD_HAS_SANITIZER) assert_true(grown < MAY_GROW);
    task_runner_close(runner);
    task_case_close(&item);
  }
}

//===--- weights -----------------------------------------------------------===//

#define DEPLOY                                                                               \
  "{\"version\": \"1.3.1\", \"task\": \"TextRecognizer\", \"models\": [{\"name\": \"rec\", " \
  "\"net\": \"rec.onnx\", \"weights\": \"\", \"backend\": \"%s\", \"precision\": \"FP32\", " \
  "\"batch_size\": 1, \"dynamic_shape\": true}], \"customs\": [\"dict.txt\"]}"
#define PIPELINE                                                                                  \
  "{\"pipeline\": {\"input\": [\"img\"], \"output\": [\"post\"], \"tasks\": [{\"type\": "         \
  "\"Task\", \"module\": \"Transform\", \"name\": \"pre\", \"input\": [\"img\"], \"output\": "    \
  "[\"prep\"], \"transforms\": [{\"type\": \"LoadImageFromFile\"}, {\"type\": "                   \
  "\"DefaultFormatBundle\"}, {\"type\": \"Collect\", \"keys\": [\"img\"], \"meta_keys\": []}]}, " \
  "{\"type\": \"Task\", \"module\": \"Net\", \"name\": \"rec\", \"is_batched\": true, "           \
  "\"input\": [\"prep\"], \"output\": [\"infer\"], \"input_map\": {\"img\": \"x\"}, "             \
  "\"output_map\": {\"output\": \"softmax_11.tmp_0\"}}, {\"type\": \"Task\", \"module\": "        \
  "\"mmocr\", \"name\": \"post\", \"component\": \"CTCConvertor\", \"params\": {\"dict_file\": "  \
  "\"dict.txt\"}, \"input\": [\"prep\", \"infer\"], \"output\": [\"post\"]}]}}"

static void write_text(const char *folder, const char *name, const char *text, const char *word) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, text, word);
  fclose(file);
}

// A package over the real recognition network of 10.9 MB.
static void check_sharing(const char *net, const char *backend) {
  char folder[] = "/tmp/mmd-weights-XXXXXX", path[1024];
  const task_spec_t spec = {.task = "TextRecognizer"};
  mmdeploy_model_t model = NULL;
  task_runner_t *runners[HANDLES] = {NULL};
  long size[HANDLES];
  assert_non_null(mkdtemp(folder));
  write_text(folder, "deploy.json", DEPLOY, backend);
  write_text(folder, "pipeline.json", PIPELINE, "");
  write_text(folder, "dict.txt", "a\nb\n%s", "c\n");
  snprintf(path, sizeof path, "%s/rec.onnx", folder);
  assert_int_equal(symlink(net, path), 0);
  assert_success(mmdeploy_model_create_by_path(folder, &model));
  for (int i = 0; i < HANDLES; ++i) {
    assert_success(task_runner_open(&spec, model, 1, &runners[i]));
    size[i] = resident();
  }
  const long grown = size[HANDLES - 1] - size[0];
  print_message("%s: %d more handles, %+ld KB\n", backend, HANDLES - 1, grown / 1024);
  // Seven copies of the weights would be 76 MB.
  if (!MMD_HAS_SANITIZER) assert_true(grown < 4 << 20);
  mmdeploy_model_destroy(model);  // before the handles
  for (int i = 0; i < HANDLES; ++i) task_runner_close(runners[i]);
  mmd_test_remove_tree(folder);
}

static void handles_share_weights(void **state) {
  (void)state;
  char net[1024];
  snprintf(net, sizeof net, "%s/networks/ppocrv4_rec.onnx", mmd_test_assets());
  if (access(net, R_OK) != 0) mmd_test_skip(net);
  check_sharing(net, "reference");
  mmd_test_need_engine("onnxruntime");
  check_sharing(net, "onnxruntime");
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "long") == 0) {
    g_calls *= 10;
    g_names = argv + 2;
    g_name_count = argc - 2;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(handles_share_weights),
                                     cmocka_unit_test(memory_is_level)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
