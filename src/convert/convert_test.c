// SPDX-License-Identifier: Apache-2.0
//
// The command `convert` from end to end, on the goldens of codebases/mmcls/models/testdata.
#include <math.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "convert/commands.h"
#include "convert/media.h"
#include "formats/npy/npy.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

#define GOLDENS MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/"
#define CONFIGS MMD_SOURCE_DIR "/configs/"
#define CHELSEA GOLDENS "photos/chelsea.jpg"
#define NOWHERE "/nonexistent/picture.jpg"

//===--- calling -----------------------------------------------------------===//

typedef struct outcome_t {
  mmd_status_t status;
  int exit_status;
  mmd_str_t text;
  mmd_value_t *result;
} outcome_t;

static void take_text(void *user, const char *text) {
  outcome_t *outcome = user;
  mmd_assert_ok(mmd_str_append(&outcome->text, text));
}

// |words| ends with NULL.
static mmd_value_t *parse(const mmd_command_t *command, const char *const *words) {
  char *argv[64];
  int argc = 0;
  bool help = false;
  mmd_value_t *options = NULL;
  for (; words[argc]; ++argc) argv[argc] = (char *)(uintptr_t)words[argc];
  mmd_assert_ok(mmd_options_parse_args(command->options, argc, argv, &help, &options));
  return options;
}

static mmd_status_t run_parsed(const mmd_command_t *command, const mmd_value_t *options,
                               mmd_command_context_t *context) {
  alignas(max_align_t) unsigned char buffer[4096];
  assert_true(command->options->struct_size <= sizeof buffer);
  MMD_TRY(mmd_options_read(command->options, options, command->name, true, buffer));
  return command->run(buffer, context);
}

static outcome_t run(const mmd_command_t *command, const char *const *words) {
  outcome_t outcome = {.result = mmd_value_object()};
  const mmdeploy_command_callbacks_t callbacks = {.user = &outcome, .text = take_text};
  mmd_command_context_t context = {.callbacks = &callbacks, .result = outcome.result};
  mmd_value_t *options = parse(command, words);
  outcome.status = run_parsed(command, options, &context);
  outcome.exit_status = context.exit_status;
  mmd_value_release(options);
  return outcome;
}

static void drop(outcome_t *outcome) {
  mmd_status_free(outcome->status);
  mmd_str_deinit(&outcome->text);
  mmd_value_release(outcome->result);
}

//===--- files -------------------------------------------------------------===//

static bool has_file(const char *directory, const char *name) {
  char *path = mmd_path_join(directory, name);
  const bool exists = mmd_path_exists(path);
  mmd_free(path);
  return exists;
}

// |expected| ends with NULL and is sorted.
static void assert_files(const char *directory, const char *const *expected) {
  char **names = NULL;
  size_t count = 0, wanted = 0;
  mmd_assert_ok(mmd_path_list(directory, &names, &count));
  while (expected[wanted]) ++wanted;
  for (size_t i = 0; i < count; ++i) {
    if (i >= wanted || strcmp(names[i], expected[i]) != 0) {
      fail_msg("%s is there, %s is expected", names[i], i < wanted ? expected[i] : "nothing");
    }
  }
  assert_int_equal(count, wanted);
  for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
  mmd_free(names);
}

static mmd_value_t *read_json(const char *directory, const char *name) {
  char *path = mmd_path_join(directory, name);
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_json_read_file(path, &value));
  mmd_free(path);
  return value;
}

static void assert_verdict(const char *directory, const char *verdict) {
  mmd_value_t *detail = read_json(directory, "detail.json");
  assert_string_equal(mmd_value_get_string(mmd_object_get(detail, "verification"), ""), verdict);
  mmd_value_release(detail);
}

//===--- goldens -----------------------------------------------------------===//

typedef struct golden_t {
  const char *codebase, *name;
  char config[1024], checkpoint[1024], folder[1024];
} golden_t;

static golden_t golden_of(const char *codebase, const char *name) {
  golden_t golden = {.codebase = codebase, .name = name};
  snprintf(golden.folder, sizeof golden.folder, GOLDENS "%s/%s", codebase, name);
  snprintf(golden.config, sizeof golden.config, GOLDENS "%s/%s/config.py", codebase, name);
  snprintf(golden.checkpoint, sizeof golden.checkpoint, GOLDENS "%s/%s/checkpoint.pth", codebase,
           name);
  return golden;
}

typedef void (*golden_fn)(const golden_t *golden);

static void for_all_goldens(golden_fn fn) {
  static const char *const codebases[] = {"mmcls", "mmpretrain"};
  size_t seen = 0;
  for (size_t i = 0; i < 2; ++i) {
    char **names = NULL;
    size_t count = 0;
    char folder[1024];
    snprintf(folder, sizeof folder, GOLDENS "%s", codebases[i]);
    mmd_assert_ok(mmd_path_list(folder, &names, &count));
    for (size_t k = 0; k < count; ++k) {
      const golden_t golden = golden_of(codebases[i], names[k]);
      fn(&golden);
      ++seen;
      mmd_free(names[k]);
    }
    mmd_free(names);
  }
  assert_true(seen >= 18);
}

static void deploy_config(const golden_t *golden, const char *backend, const char *kind,
                          char out_path[1024]) {
  snprintf(out_path, 1024, CONFIGS "%s/classification_%s_%s.py", golden->codebase, backend, kind);
}

//===--- without verification ----------------------------------------------===//

// No backend can be found, and the picture is not there: both must not matter.
static void convert_unverified(const golden_t *golden) {
  static const char *const kinds[] = {"static", "dynamic"};
  static const char *const files[] = {"deploy.json", "detail.json", "end2end.onnx", "pipeline.json",
                                      NULL};
  for (size_t i = 0; i < 2; ++i) {
    char deploy[1024];
    char *directory = mmd_test_make_directory();
    deploy_config(golden, "onnxruntime", kinds[i], deploy);
    outcome_t outcome =
        run(&mmd_convert_command,
            (const char *const[]){deploy, golden->config, golden->checkpoint, NOWHERE, "--work-dir",
                                  directory, "--dump-info", "--verify", "none", "--log-level",
                                  "ERROR", NULL});
    if (outcome.status) print_error("%s %s %s\n", golden->codebase, golden->name, kinds[i]);
    mmd_assert_ok(outcome.status);
    assert_int_equal(outcome.exit_status, 0);
    assert_files(directory, files);
    assert_verdict(directory, "not verified");
    assert_non_null(strstr(mmd_str_text(&outcome.text), "All process success."));
    assert_null(strstr(mmd_str_text(&outcome.text), "Parity"));
    assert_string_equal(mmd_value_get_string(mmd_object_get(outcome.result, "net"), ""),
                        "end2end.onnx");
    drop(&outcome);
    mmd_test_remove_tree(directory);
    mmd_free(directory);
  }
}

static void test_unverified(void **state) {
  (void)state;
  char *path = mmd_strdup(getenv("MMDEPLOY_PLUGIN_PATH"));
  setenv("MMDEPLOY_PLUGIN_PATH", "/nonexistent", 1);
  for_all_goldens(convert_unverified);
  if (path) setenv("MMDEPLOY_PLUGIN_PATH", path, 1);
  mmd_free(path);
}

static void test_without_info(void **state) {
  (void)state;
  const golden_t golden = golden_of("mmcls", "clshead");
  char deploy[1024];
  char *directory = mmd_test_make_directory();
  deploy_config(&golden, "reference", "dynamic", deploy);
  outcome_t outcome = run(&mmd_convert_command,
                          (const char *const[]){deploy, golden.config, golden.checkpoint, NOWHERE,
                                                "--work-dir", directory, "--verify", "none", NULL});
  mmd_assert_ok(outcome.status);
  assert_files(directory, (const char *const[]){"end2end.onnx", NULL});
  drop(&outcome);
  // A folder that is not there yet is made, with those above it; export writes the net only.
  char *inner = mmd_path_join(directory, "a/b");
  outcome = run(&mmd_export_command, (const char *const[]){deploy, golden.config, golden.checkpoint,
                                                           NOWHERE, "--work-dir", inner, NULL});
  mmd_assert_ok(outcome.status);
  assert_files(inner, (const char *const[]){"end2end.onnx", NULL});
  assert_non_null(strstr(mmd_str_text(&outcome.text), "torch2onnx finished"));
  drop(&outcome);
  mmd_free(inner);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

// One name a line, whatever the lines hold.
static void test_class_file(void **state) {
  (void)state;
  static const char names[] =
      "cat\r\ndog, a hound\n\nA\0B\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\nlast";
  const golden_t golden = golden_of("mmcls", "clshead");
  char deploy[1024];
  char *directory = mmd_test_make_directory(), *file = mmd_path_join(directory, "names.txt");
  mmd_assert_ok(mmd_file_write(file, names, sizeof names - 1));
  deploy_config(&golden, "reference", "dynamic", deploy);
  outcome_t outcome = run(
      &mmd_convert_command,
      (const char *const[]){deploy, golden.config, golden.checkpoint, NOWHERE, "--work-dir",
                            directory, "--dump-info", "--verify", "none", "--classes", file, NULL});
  mmd_assert_ok(outcome.status);
  mmd_value_t *detail = read_json(directory, "detail.json");
  const mmd_value_t *classes = mmd_object_get(detail, "classes");
  assert_int_equal(mmd_array_size(classes), 16);
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 0), ""), "cat");
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 1), ""), "dog, a hound");
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 2), "?"), "");
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 15), ""), "last");
  mmd_value_release(detail);
  drop(&outcome);
  mmd_free(file);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

//===--- with verification -------------------------------------------------===//

// Set where a missing engine or library is an error, as in the project's own checks.
static bool assets_are_required(void) {
  const char *required = getenv("MMDEPLOY_REQUIRE_ASSETS");
  return required && strcmp(required, "1") == 0;
}

static void need_media(void) {
  mmd_image_t image = {0};
  mmd_status_t status = mmd_media_read(CHELSEA, MMDEPLOY_IMAGE_COLOR, &image);
  mmd_image_deinit(&image);
  if (!status) return;
  if (assets_are_required()) fail_msg("%s", mmd_status_message(status));
  print_message("skipped: %s\n", mmd_status_message(status));
  mmd_status_free(status);
  skip();
}

// The first answer of parity.json against what the codebase's own inference said about the photo.
static void assert_answer(const golden_t *golden, const char *directory) {
  mmd_value_t *report = read_json(directory, "parity.json");
  mmd_value_t *expected = read_json(golden->folder, "results.json");
  const mmd_value_t *top = mmd_object_get_path(report, "cases.0.top5");
  assert_true(mmd_value_get_bool(mmd_object_get(report, "passed"), false));
  assert_int_equal(mmd_value_get_int(mmd_object_get_path(top, "0.label_id"), -1),
                   mmd_value_get_int(mmd_object_get_path(expected, "photos.0.label"), -2));
  const double score = mmd_value_get_float(mmd_object_get_path(top, "0.score"), 0);
  const double wanted = mmd_value_get_float(mmd_object_get_path(expected, "photos.0.score"), 1);
  if (!(fabs(score - wanted) <= 1e-3))
    fail_msg("%s: score %g found, %g expected", golden->folder, score, wanted);
  mmd_value_release(expected);
  mmd_value_release(report);
}

static void convert_verified(const golden_t *golden, const char *backend, const char *kind) {
  char deploy[1024], picture[64];
  char *directory = mmd_test_make_directory();
  deploy_config(golden, backend, kind, deploy);
  snprintf(picture, sizeof picture, "output_%s.jpg", backend);
  outcome_t outcome =
      run(&mmd_convert_command,
          (const char *const[]){deploy, golden->config, golden->checkpoint, CHELSEA, "--work-dir",
                                directory, "--dump-info", "--log-level", "ERROR", NULL});
  if (outcome.status) print_error("%s %s\n", golden->codebase, golden->name);
  mmd_assert_ok(outcome.status);
  assert_int_equal(outcome.exit_status, 0);
  assert_files(directory, (const char *const[]){"deploy.json", "detail.json", "end2end.onnx",
                                                picture, "parity.json", "pipeline.json", NULL});
  assert_verdict(directory, "passed");
  assert_answer(golden, directory);
  assert_non_null(strstr(mmd_str_text(&outcome.text), "Parity: passed"));
  drop(&outcome);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

static void convert_for_reference(const golden_t *golden) {
  convert_verified(golden, "reference", "dynamic");
}

static void test_verified(void **state) {
  (void)state;
  need_media();
  for_all_goldens(convert_for_reference);
}

static void convert_for_onnxruntime(const golden_t *golden) {
  convert_verified(golden, "onnxruntime", "static");
}

static void test_verified_with_onnxruntime(void **state) {
  (void)state;
  if (!getenv("MMDEPLOY_ONNXRUNTIME_LIBRARY")) {
    if (assets_are_required()) fail_msg("MMDEPLOY_ONNXRUNTIME_LIBRARY is not set");
    skip();
  }
  need_media();
  for_all_goldens(convert_for_onnxruntime);
}

// The codebase's arrays under the names of the network's input and output.
static char *write_reference(const golden_t *golden, const char *directory) {
  mmd_value_t *arrays = NULL, *renamed = mmd_value_object();
  char source[1100];
  char *path = mmd_path_join(directory, "torch.npz");
  snprintf(source, sizeof source, "%s/arrays.npz", golden->folder);
  mmd_assert_ok(mmd_npz_read_file(source, &arrays));
  mmd_assert_ok(
      mmd_object_take(renamed, "input", mmd_value_retain(mmd_object_get(arrays, "input_0"))));
  mmd_assert_ok(
      mmd_object_take(renamed, "output", mmd_value_retain(mmd_object_get(arrays, "output_0"))));
  mmd_assert_ok(mmd_npz_write_file(path, renamed));
  mmd_value_release(arrays);
  mmd_value_release(renamed);
  return path;
}

static void test_tolerance(void **state) {
  (void)state;
  need_media();
  const golden_t golden = golden_of("mmcls", "resnet18");
  static const struct {
    const char *tolerance, *verdict, *text;
    int exit_status;
  } cases[] = {{"1e-4", "passed", "Parity: passed", 0}, {"0", "failed", "Parity: FAILED", 3}};
  for (size_t i = 0; i < 2; ++i) {
    char deploy[1024];
    char *directory = mmd_test_make_directory();
    char *npz = write_reference(&golden, directory);
    deploy_config(&golden, "reference", "static", deploy);
    outcome_t outcome =
        run(&mmd_convert_command,
            (const char *const[]){deploy, golden.config, golden.checkpoint, CHELSEA, "--work-dir",
                                  directory, "--dump-info", "--reference", npz, "--tolerance",
                                  cases[i].tolerance, NULL});
    mmd_assert_ok(outcome.status);
    assert_int_equal(outcome.exit_status, cases[i].exit_status);
    assert_non_null(strstr(mmd_str_text(&outcome.text), cases[i].text));
    assert_verdict(directory, cases[i].verdict);
    assert_true(has_file(directory, "deploy.json") && has_file(directory, "end2end.onnx"));  // kept
    drop(&outcome);
    mmd_free(npz);
    mmd_test_remove_tree(directory);
    mmd_free(directory);
  }
}

// The skeleton computes nothing: the package is kept and marked.
static void test_null_fails_parity(void **state) {
  (void)state;
  need_media();
  const golden_t golden = golden_of("mmcls", "clshead");
  char deploy[1024];
  char *directory = mmd_test_make_directory();
  deploy_config(&golden, "null", "static", deploy);
  outcome_t outcome = run(&mmd_convert_command,
                          (const char *const[]){deploy, golden.config, golden.checkpoint, CHELSEA,
                                                "--work-dir", directory, "--dump-info", NULL});
  mmd_assert_ok(outcome.status);
  assert_int_equal(outcome.exit_status, 3);
  assert_true(has_file(directory, "end2end.null"));
  assert_verdict(directory, "failed");
  drop(&outcome);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

// Test pictures stand in for IMG; the layers are compared on the first.
static void test_layers_and_pictures(void **state) {
  (void)state;
  need_media();
  const golden_t golden = golden_of("mmpretrain", "resnet18");
  char deploy[1024];
  char *directory = mmd_test_make_directory();
  deploy_config(&golden, "reference", "dynamic", deploy);
  outcome_t outcome =
      run(&mmd_convert_command,
          (const char *const[]){deploy, golden.config, golden.checkpoint, NOWHERE, "--work-dir",
                                directory, "--verify", "layers", "--test-img",
                                GOLDENS "photos/coffee.png", CHELSEA, NULL});
  mmd_assert_ok(outcome.status);
  mmd_value_t *report = read_json(directory, "parity.json");
  assert_int_equal(mmd_array_size(mmd_object_get(report, "cases")), 2);
  assert_non_null(
      strstr(mmd_value_get_string(mmd_object_get_path(report, "cases.0.input"), ""), "coffee.png"));
  assert_true(mmd_array_size(mmd_object_get(report, "layers")) > 20);
  assert_files(directory,
               (const char *const[]){"end2end.onnx", "output_reference.jpg", "parity.json", NULL});
  mmd_value_release(report);
  drop(&outcome);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

//===--- folders that cannot be written ------------------------------------===//

static void fail_into(const char *work_dir, mmd_code_t code, const char *part) {
  const golden_t golden = golden_of("mmcls", "clshead");
  char deploy[1024];
  deploy_config(&golden, "reference", "dynamic", deploy);
  outcome_t outcome =
      run(&mmd_convert_command,
          (const char *const[]){deploy, golden.config, golden.checkpoint, NOWHERE, "--work-dir",
                                work_dir, "--dump-info", "--verify", "none", NULL});
  mmd_status_t status = outcome.status;
  outcome.status = NULL;
  mmd_assert_fails(status, code, part);
  drop(&outcome);
}

static void test_unwritable(void **state) {
  (void)state;
  char *directory = mmd_test_make_directory();
  char *file = mmd_path_join(directory, "file"), *below = mmd_path_join(file, "work");
  mmd_assert_ok(mmd_file_write(file, "x", 1));
  fail_into(below, MMD_IO, file);
  fail_into(file, MMD_IO, file);
  fail_into("/proc/no_such_folder/work", MMD_NOT_FOUND, "/proc/no_such_folder");
  assert_files(directory, (const char *const[]){"file", NULL});
  mmd_free(below);
  mmd_free(file);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

// A disk that is full for files of more than some bytes: too full for the net.
static void test_full(void **state) {
  (void)state;
  char *directory = mmd_test_make_directory();
  struct rlimit old, small;
  getrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, SIG_IGN);
  small = old;
  small.rlim_cur = 2000;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  fail_into(directory, MMD_IO, "end2end.onnx");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_files(directory, (const char *const[]){NULL});
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

// The last description cannot be written: what was made before it goes away.
static void test_description_in_the_way(void **state) {
  (void)state;
  static const char *const names[] = {"deploy.json", "detail.json", "pipeline.json"};
  for (size_t i = 0; i < 3; ++i) {
    char *directory = mmd_test_make_directory();
    char *folder = mmd_path_join(directory, names[i]);
    mmd_assert_ok(mmd_path_make_directories(folder));
    fail_into(directory, MMD_IO, names[i]);
    assert_files(directory, (const char *const[]){names[i], NULL});
    mmd_free(folder);
    mmd_test_remove_tree(directory);
    mmd_free(directory);
  }
}

//===--- wrong arguments ---------------------------------------------------===//

static void test_refused(void **state) {
  (void)state;
  const golden_t golden = golden_of("mmcls", "clshead"), other = golden_of("mmcls", "resnet50");
  char deploy[1024];
  char *directory = mmd_test_make_directory();
  deploy_config(&golden, "reference", "dynamic", deploy);
  char *outside = mmd_test_make_directory(), *names = mmd_path_join(outside, "names.txt");
  mmd_assert_ok(mmd_file_write(names, "cat\ndog\n", 8));
  const char *common[] = {"--work-dir", directory, "--verify", "none", NULL};
  const struct {
    const char *deploy, *config, *checkpoint, *option, *value, *part;
  } cases[] = {
      {"/nonexistent/deploy.py", golden.config, golden.checkpoint, NULL, NULL,
       "/nonexistent/deploy.py"},
      {deploy, "/nonexistent/model.py", golden.checkpoint, NULL, NULL, "/nonexistent/model.py"},
      {deploy, golden.config, "/nonexistent/model.pth", NULL, NULL, "/nonexistent/model.pth"},
      {deploy, golden.config, other.checkpoint, NULL, NULL, "checkpoint.pth"},
      {deploy, golden.config, golden.checkpoint, "--device", "cuda:0", "--device cuda:0"},
      {deploy, golden.config, golden.checkpoint, "--classes", names, "2 class names"},
      {deploy, golden.config, golden.checkpoint, "--cfg-options",
       "data.test.pipeline.1.type=Rezise", "Rezise"},
      {deploy, golden.config, golden.checkpoint, "--classes", "/nonexistent/names.txt",
       "/nonexistent/names.txt"},
      {deploy, golden.config, golden.checkpoint, "--dump-after", "no_such_pass", "no_such_pass"},
      {deploy, golden.config, golden.checkpoint, "--plugin", "/nonexistent/p.so",
       "/nonexistent/p.so"},
      {deploy, golden.config, golden.checkpoint, "--quant", NULL, "--quant"},
      {deploy, golden.config, golden.checkpoint, "--cfg-options", "model.backbone.type=NoSuchNet",
       "NoSuchNet"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    const char *words[16] = {cases[i].deploy, cases[i].config, cases[i].checkpoint, NOWHERE};
    size_t count = 4;
    for (size_t k = 0; common[k]; ++k) words[count++] = common[k];
    if (cases[i].option) words[count++] = cases[i].option;
    if (cases[i].value) words[count++] = cases[i].value;
    outcome_t outcome = run(&mmd_convert_command, words);
    if (!outcome.status) fail_msg("case %zu succeeds", i);
    const char *message = mmd_status_message(outcome.status);
    if (!strstr(message, cases[i].part) || strchr(message, '\n'))
      fail_msg("case %zu: %s", i, message);
    drop(&outcome);
    assert_files(directory, (const char *const[]){NULL});
  }
  mmd_test_remove_tree(outside);
  mmd_test_remove_tree(directory);
  mmd_free(names);
  mmd_free(outside);
  mmd_free(directory);
}

// The picture is read before anything is written.
static void test_no_picture(void **state) {
  (void)state;
  need_media();
  const golden_t golden = golden_of("mmcls", "clshead");
  char deploy[1024];
  char *directory = mmd_test_make_directory();
  deploy_config(&golden, "reference", "dynamic", deploy);
  outcome_t outcome = run(&mmd_convert_command,
                          (const char *const[]){deploy, golden.config, golden.checkpoint, NOWHERE,
                                                "--work-dir", directory, "--dump-info", NULL});
  assert_non_null(outcome.status);
  assert_non_null(strstr(mmd_status_message(outcome.status), NOWHERE));
  assert_files(directory, (const char *const[]){NULL});
  drop(&outcome);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

//===--- short memory ------------------------------------------------------===//

typedef struct sweep_t {
  mmd_value_t *options;
  const char *directory;
} sweep_t;

// A failed conversion leaves nothing; one that fails behind its last file leaves a whole package.
static mmd_status_t convert_short(void *context) {
  static const char *const files[] = {"deploy.json", "detail.json", "end2end.onnx",
                                      "pipeline.json"};
  const sweep_t *sweep = context;
  mmd_command_context_t command = {.result = mmd_value_object()};
  mmd_status_t status = command.result ? run_parsed(&mmd_convert_command, sweep->options, &command)
                                       : mmd_status_no_memory();
  mmd_value_release(command.result);
  int present = 0;
  for (size_t i = 0; i < 4; ++i) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", sweep->directory, files[i]);
    present += remove(path) == 0;
  }
  if (present != 0 && present != 4) fail_msg("%d of 4 files are left", present);
  // Nothing else may lie there, such as a temporary file: then the folder is empty and can go.
  if (remove(sweep->directory) != 0 && present) fail_msg("there are other files");
  return status;
}

static void test_short_memory(void **state) {
  (void)state;
  const golden_t golden = golden_of("mmcls", "clshead");
  char deploy[1024];
  char *directory = mmd_test_make_directory(), *work_dir = mmd_path_join(directory, "work");
  deploy_config(&golden, "reference", "dynamic", deploy);
  const char *const words[] = {deploy,       golden.config, golden.checkpoint, NOWHERE,
                               "--work-dir", work_dir,      "--dump-info",     "--verify",
                               "none",       "--log-level", "CRITICAL",        NULL};
  sweep_t sweep = {.options = parse(&mmd_convert_command, words), .directory = work_dir};
  mmd_assert_ok(convert_short(&sweep));  // what stays for good is made here
  mmd_test_sweep(convert_short, &sweep);
  mmd_value_release(sweep.options);
  mmd_free(work_dir);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

static void ignore_log(mmd_log_level_t level, const char *message, void *user) {
  (void)level;
  (void)message;
  (void)user;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unverified),
      cmocka_unit_test(test_without_info),
      cmocka_unit_test(test_class_file),
      cmocka_unit_test(test_verified),
      cmocka_unit_test(test_verified_with_onnxruntime),
      cmocka_unit_test(test_tolerance),
      cmocka_unit_test(test_null_fails_parity),
      cmocka_unit_test(test_layers_and_pictures),
      cmocka_unit_test(test_unwritable),
      cmocka_unit_test(test_full),
      cmocka_unit_test(test_description_in_the_way),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_no_picture),
      cmocka_unit_test(test_short_memory),
  };
  mmd_log_set_callback(ignore_log, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
