// SPDX-License-Identifier: Apache-2.0
//
// `mmdeploy run classifier`: what is in these pictures?
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mmdeploy/classifier.h"
#include "mmdeploy/ext.h"
#include "tools/mmdeploy/arguments.h"
#include "tools/mmdeploy/cli.h"
#include "tools/mmdeploy/inputs.h"
#include "tools/mmdeploy/json.h"
#include "tools/mmdeploy/library.h"
#include "tools/mmdeploy/terminal.h"

#define COMMAND "run classifier"
#define MAX_DRAWN 16
#define NAME_SIZE 256

typedef struct options_t {
  bool json;
  const char *draw;
  int topk;  // 0 = as many as the package gives
  const char *device;
  int threads;
} options_t;

typedef struct run_t {
  options_t options;
  const cli_media_t *media;
  mmdeploy_model_t model;
  mmdeploy_classifier_t classifier;
  cli_inputs_t inputs;
  bool draws_into_folder;
  size_t failed;
} run_t;

static int fail(void) {
  cli_error(COMMAND ": %s", cli_last_error());
  return CLI_FAILED;
}

//===--- set-up ------------------------------------------------------------===//

static int check_task(mmdeploy_model_t model, const char *package) {
  const char *task = NULL;
  if (mmdeploy_model_get_info(model, "task", &task) != 0) return CLI_OK;
  if (!*task || strcmp(task, "Classifier") == 0) return CLI_OK;
  cli_error(COMMAND ": %s: the package is for the task '%s', not 'Classifier'", package, task);
  return CLI_FAILED;
}

static int create_classifier(run_t *run, const char *package) {
  mmdeploy_context_t context = NULL;
  if (mmdeploy_model_create_by_path(package, &run->model) != 0) return fail();
  const int status = check_task(run->model, package);
  if (status != CLI_OK) return status;
  int code = mmdeploy_context_create_by_device(run->options.device, 0, &context);
  if (!code) code = mmdeploy_context_set_threads(context, run->options.threads);
  if (!code) code = mmdeploy_classifier_create_v2(run->model, context, &run->classifier);
  mmdeploy_context_destroy(context);
  return code ? fail() : CLI_OK;
}

// Like mkdir -p.
static int make_folder(const char *path) {
  char part[4096];
  if (strlen(path) >= sizeof part) {
    cli_error(COMMAND ": --draw: the path is too long");
    return CLI_FAILED;
  }
  for (size_t i = 1; i <= strlen(path); ++i) {
    if (path[i] && path[i] != '/') continue;
    snprintf(part, sizeof part, "%.*s", (int)i, path);
    if (mkdir(part, 0777) == 0 || errno == EEXIST) continue;
    cli_error(COMMAND ": --draw %s: cannot make the folder: %s", path, strerror(errno));
    return CLI_FAILED;
  }
  if (cli_is_folder(path)) return CLI_OK;
  cli_error(COMMAND ": --draw %s: is no folder", path);
  return CLI_FAILED;
}

// OUT is a folder, unless it is named like a picture and there is only one.
static int prepare_drawing(run_t *run, const cli_arguments_t *arguments) {
  const char *out = run->options.draw;
  if (!out) return CLI_OK;
  run->draws_into_folder = cli_is_folder(out) || !cli_is_writable_picture(out);
  if (!run->draws_into_folder && run->inputs.count > 1) {
    return cli_arguments_refuse(
        arguments, "argument --draw: '%s' is one picture, but %zu are to be drawn; name a folder",
        out, run->inputs.count);
  }
  return run->draws_into_folder ? make_folder(out) : CLI_OK;
}

//===--- results -----------------------------------------------------------===//

static const char *label_text(const run_t *run, int label_id, char buffer[NAME_SIZE]) {
  const char *name = mmdeploy_model_class_name(run->model, label_id);
  if (name) return name;
  snprintf(buffer, NAME_SIZE, "class %d", label_id);
  return buffer;
}

static void print_json(const run_t *run, const char *input,
                       const mmdeploy_classification_t *answers, int count) {
  printf("{\"input\": ");
  cli_json_string(stdout, input);
  printf(", \"task\": \"classifier\", \"results\": [");
  for (int i = 0; i < count; ++i) {
    const char *name = mmdeploy_model_class_name(run->model, answers[i].label_id);
    printf("%s{\"label_id\": %d, ", i ? ", " : "", answers[i].label_id);
    if (name) {
      printf("\"label\": ");
      cli_json_string(stdout, name);
      printf(", ");
    }
    printf("\"score\": ");
    cli_json_float(stdout, answers[i].score);
    putchar('}');
  }
  puts("]}");
}

static void print_text(const run_t *run, const char *input,
                       const mmdeploy_classification_t *answers, int count) {
  char buffer[NAME_SIZE];
  cli_print_clean(stdout, input);
  putchar('\n');
  for (int i = 0; i < count; ++i) {
    const mmdeploy_classification_t *answer = &answers[i];
    printf("%s  %.4f  %5d  ", i ? "" : cli_style(stdout, CLI_STYLE_BOLD), (double)answer->score,
           answer->label_id);
    cli_print_clean(stdout, label_text(run, answer->label_id, buffer));
    printf("%s\n", i ? "" : cli_style(stdout, CLI_STYLE_RESET));
  }
}

//===--- drawing -----------------------------------------------------------===//

// OUT/name.ext; inputs of the same name in other folders get a number.
static void picture_path(const run_t *run, size_t index, char *path, size_t size) {
  const char *out = run->options.draw;
  if (!run->draws_into_folder) {
    snprintf(path, size, "%s", out);
    return;
  }
  const char *base = cli_base_name(run->inputs.paths[index]);
  size_t same = 0;
  for (size_t i = 0; i < index; ++i) same += strcmp(cli_base_name(run->inputs.paths[i]), base) == 0;
  const char *dot = strrchr(base, '.');
  const int stem = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
  const char *extension = cli_is_writable_picture(base) ? base + stem : ".png";
  char number[24] = "";
  if (same) snprintf(number, sizeof number, "-%zu", same);
  snprintf(path, size, "%s%s%.*s%s%s", out, out[strlen(out) - 1] == '/' ? "" : "/", stem, base,
           number, extension);
}

static bool is_same_file(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int draw(const run_t *run, size_t index, mmdeploy_image_t image,
                const mmdeploy_classification_t *answers, int count) {
  mmdeploy_draw_label_t labels[MAX_DRAWN];
  char names[MAX_DRAWN][NAME_SIZE];
  char path[8192];
  if (count > MAX_DRAWN) count = MAX_DRAWN;
  for (int i = 0; i < count; ++i) {
    labels[i].text = label_text(run, answers[i].label_id, names[i]);
    labels[i].score = answers[i].score;
  }
  picture_path(run, index, path, sizeof path);
  if (is_same_file(path, run->inputs.paths[index])) {
    cli_error(COMMAND ": --draw %s: %s is the input itself, which is not overwritten",
              run->options.draw, path);
    return CLI_FAILED;
  }
  if (run->media->draw_classification(image, labels, count) != 0) return fail();
  return run->media->write(image, path, 0) == 0 ? CLI_OK : fail();
}

//===--- pictures ----------------------------------------------------------===//

static int classify(const run_t *run, size_t index, mmdeploy_image_t image) {
  const char *input = run->inputs.paths[index];
  mmdeploy_classification_t *answers = NULL;
  int *counts = NULL;
  if (mmdeploy_classifier_apply(run->classifier, run->media->mat(image), 1, &answers, &counts) !=
      0) {
    cli_error(COMMAND ": %s: %s", input, cli_last_error());
    return CLI_FAILED;
  }
  int count = counts[0];
  if (run->options.topk && count > run->options.topk) count = run->options.topk;
  cli_progress_clear();
  if (run->options.json) {
    print_json(run, input, answers, count);
  } else {
    print_text(run, input, answers, count);
  }
  const int status = run->options.draw ? draw(run, index, image, answers, count) : CLI_OK;
  mmdeploy_classifier_release_result(answers, counts, 1);
  return status;
}

static int process(const run_t *run, size_t index) {
  mmdeploy_image_t image = NULL;
  if (run->media->read(run->inputs.paths[index], MMDEPLOY_IMAGE_COLOR, &image) != 0) return fail();
  const int status = classify(run, index, image);
  run->media->destroy(image);
  return status;
}

// A picture that fails does not stop the others.
static int process_all(run_t *run) {
  char note[48];
  const double begin = cli_seconds();
  for (size_t i = 0; i < run->inputs.count; ++i) {
    if (process(run, i) != CLI_OK) ++run->failed;
    const double seconds = cli_seconds() - begin;
    snprintf(note, sizeof note, "%.1f images/s", seconds > 0 ? (double)(i + 1) / seconds : 0.0);
    if (i + 1 < run->inputs.count) cli_progress_show("classify", i + 1, run->inputs.count, note);
  }
  cli_progress_clear();
  if (run->inputs.count > 1 && cli_is_terminal(stderr)) {
    fprintf(stderr, "%zu images, %s\n", run->inputs.count, note);
  }
  return run->failed ? CLI_FAILED : CLI_OK;
}

static int run_all(run_t *run, const cli_arguments_t *arguments, char **words, int word_count) {
  int status = CLI_OK;
  if (!cli_inputs_expand(COMMAND, words + 1, (size_t)word_count - 1, &run->inputs))
    return CLI_FAILED;
  status = prepare_drawing(run, arguments);
  if (status != CLI_OK) return status;
  run->media = cli_media_open();
  if (!run->media) {
    cli_error(COMMAND ": pictures need libmmdeploy_media: %s", cli_library_error());
    return CLI_FAILED;
  }
  status = create_classifier(run, words[0]);
  return status == CLI_OK ? process_all(run) : status;
}

static int run_classifier(int argc, char **argv) {
  static const cli_word_t words[] = {
      {.name = "PACKAGE", .help = "Model package: a folder or a zip archive."},
      {.name = "IMG", .repeated = true, .help = "Pictures: files, folders, or globs in quotes."},
  };
  run_t run = {.options = {.device = "cpu"}};
  const cli_option_t options[] = {
      {.name = "json",
       .kind = CLI_OPTION_FLAG,
       .value = &run.options.json,
       .help = "Print one JSON object a picture and line."},
      {.name = "draw",
       .kind = CLI_OPTION_TEXT,
       .value = &run.options.draw,
       .metavar = "OUT",
       .help = "Write annotated pictures into this folder, or one picture to this file."},
      {.name = "topk",
       .kind = CLI_OPTION_INT,
       .value = &run.options.topk,
       .metavar = "N",
       .min = 1,
       .max = 1000000,
       .help = "Most answers a picture. (default: as many as the package gives)"},
      {.name = "device",
       .kind = CLI_OPTION_TEXT,
       .value = &run.options.device,
       .metavar = "DEVICE",
       .help = "Device to run on. (default: cpu)"},
      {.name = "threads",
       .kind = CLI_OPTION_INT,
       .value = &run.options.threads,
       .metavar = "N",
       .min = 0,
       .max = 1024,
       .help = "Threads; 0: all processors. (default: 0)"},
  };
  const cli_arguments_t arguments = {
      .command = COMMAND,
      .summary = cli_run_classifier.summary,
      .words = words,
      .word_count = sizeof words / sizeof *words,
      .options = options,
      .option_count = sizeof options / sizeof *options,
  };
  int word_count = 0, status = CLI_OK;
  if (!cli_arguments_parse(&arguments, argc, argv, &word_count, &status)) return status;
  status = run_all(&run, &arguments, argv, word_count);
  mmdeploy_classifier_destroy(run.classifier);
  mmdeploy_model_destroy(run.model);
  cli_inputs_deinit(&run.inputs);
  return status;
}

const cli_command_t cli_run_classifier = {
    .name = "run classifier",
    .summary = "Say what is in pictures, with a classification package.",
    .run = run_classifier,
};
