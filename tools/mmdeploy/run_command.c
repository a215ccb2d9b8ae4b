// SPDX-License-Identifier: Apache-2.0
//
// `mmdeploy run TASK PACKAGE INPUT…`: options, packages, handles.
#include "tools/mmdeploy/run_command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

#define MAX_OPTIONS 26
#define DEFAULT_TRACE "mmdeploy-trace.json"

static const run_task_t *const g_tasks[] = {
    &run_classifier, &run_detector,         &run_segmentor,
    &run_restorer,   &run_text_detector,    &run_text_recognizer,
    &run_ocr,        &run_rotated_detector, &run_pose_detector,
    &run_pose,       &run_pose_tracker,     &run_video_recognizer,
};

int cli_run_count(void) {
  return (int)(sizeof g_tasks / sizeof *g_tasks);
}

const char *cli_run_name(int index) {
  return g_tasks[index]->command;
}

const char *cli_run_summary(int index) {
  return g_tasks[index]->summary;
}

//===--- options -----------------------------------------------------------===//

typedef struct option_list_t {
  cli_option_t items[MAX_OPTIONS];
  size_t count;
} option_list_t;

static cli_option_t *add(option_list_t *list, const char *name, cli_option_kind_t kind, void *value,
                         const char *metavar, const char *help) {
  cli_option_t *option = &list->items[list->count++];
  *option =
      (cli_option_t){.name = name, .kind = kind, .value = value, .metavar = metavar, .help = help};
  return option;
}

static void add_text(option_list_t *list, const char *name, const char **value, const char *metavar,
                     const char *help) {
  add(list, name, CLI_OPTION_TEXT, value, metavar, help);
}

static void add_int(option_list_t *list, const char *name, int *value, int min, int max,
                    const char *help) {
  cli_option_t *option = add(list, name, CLI_OPTION_INT, value, "N", help);
  option->min = min;
  option->max = max;
}

static void list_task_options(run_options_t *options, unsigned features, option_list_t *list) {
  if (features & RUN_FEATURE_TOPK)
    add_int(list, "topk", &options->topk, 1, 1000000,
            "Most answers a picture. (default: as many as the package gives)");
  if (features & RUN_FEATURE_SCORE)
    add_text(list, "score-thr", &options->score_thr_text, "SCORE",
             "Drop answers that score less. (default: as the package says)");
  if (features & RUN_FEATURE_BBOX) {
    add_text(list, "bbox", &options->bbox, "X1,Y1,X2,Y2",
             "The box of a person; several are separated by ';'. (default: the whole picture)");
    add_text(list, "detector", &options->detector, "PACKAGE",
             "Find the persons with this detection package.");
    add_int(list, "det-label", &options->det_label, 0, 1000000,
            "The detector's class of persons. (default: 0)");
  }
  if (features & RUN_FEATURE_ORDERED) {
    add_text(list, "score-thr", &options->score_thr_text, "SCORE",
             "Least score of a detected person. (default: 0.5)");
    add_int(list, "det-label", &options->det_label, 0, 1000000,
            "The detector's class of persons. (default: 0)");
  }
  if (features & RUN_FEATURE_TILE)
    add_text(list, "tile", &options->tile, "WxH[,OVERLAP]",
             "Cut large pictures into tiles and join the answers. (default overlap: a fifth)");
  if (features & RUN_FEATURE_CLIP) {
    add_int(list, "clip-len", &options->clip_len, 1, 1024, "Frames of a clip. (default: 1)");
    add_int(list, "frame-interval", &options->frame_interval, 1, 1024,
            "From one frame of a clip to the next. (default: 1)");
    add_int(list, "num-clips", &options->num_clips, 1, 1024, "Clips of a video. (default: 8)");
  }
}

static void list_options(run_options_t *options, unsigned features, option_list_t *list) {
  add(list, "json", CLI_OPTION_FLAG, &options->json, NULL,
      "Print one JSON object a picture or frame and line.");
  add_text(list, "draw", &options->draw, "OUT",
           "Write annotated pictures and videos into this folder, or one to this file.");
  add_text(list, "save", &options->save, "DIR",
           "Write the JSON of each picture, and masks and pictures as arrays, into this folder.");
  list_task_options(options, features, list);
  if (features & RUN_FEATURE_CLASSES) {
    add_text(list, "classes", &options->classes, "CLASS[,CLASS...]",
             "Keep answers of these classes only: names or numbers. (default: all)");
    add_text(list, "class-names", &options->class_names, "FILE",
             "Text file with one class name a line. (default: the package's names)");
  }
  if (features & RUN_FEATURE_PALETTE)
    add_text(list, "palette", &options->palette, "NAME",
             "Colours: cityscapes, voc, ade20k, coco, generated, or '#RRGGBB,...'. (default: the "
             "package's, else by the classes)");
  if (features & RUN_FEATURE_SKELETON)
    add_text(list, "skeleton", &options->skeleton, "NAME",
             "Joined points: coco, coco-wholebody, hand, mpii, crowdpose, aic, ap10k, animalpose. "
             "(default: by their number)");
  if (!(features & RUN_FEATURE_CLIP))
    add_int(list, "frames", &options->frames, 1, 1000000000,
            "Most frames of a video or camera. (default: all)");
  add_text(list, "device", &options->device, "DEVICE", "Device to run on. (default: cpu)");
  add_int(list, "threads", &options->threads, 0, 1024,
          "Threads of a call; 0: all processors, shared by the streams. (default: 0)");
  if (!(features & (RUN_FEATURE_ORDERED | RUN_FEATURE_CLIP)))
    add_int(list, "batch", &options->batch, 1, 1024, "Pictures a call. (default: 1)");
  if (!(features & RUN_FEATURE_ORDERED))
    add_int(list, "streams", &options->streams, 1, 256, "Calls at the same time. (default: 1)");
  add(list, "profile", CLI_OPTION_TEXT, &options->profile, "[FILE.json]",
      "Print the times of all steps and write them for Chrome's trace viewer. (default "
      "file: " DEFAULT_TRACE ")")
      ->fallback = DEFAULT_TRACE;
}

static bool parse_score(run_t *run, int *out_status) {
  const char *text = run->options.score_thr_text;
  char *end = NULL;
  if (!text) return true;
  run->options.score_thr = strtof(text, &end);
  if (*text && !*end && run->options.score_thr >= 0 && run->options.score_thr <= 1) return true;
  *out_status = cli_arguments_refuse(
      run->arguments, "argument --score-thr: '%s' is not a number from 0 to 1", text);
  return false;
}

static bool add_box(run_t *run, const char *text) {
  mmdeploy_rect_t box, *boxes;
  char rest = 0;
  if (sscanf(text, " %f,%f,%f,%f %c", &box.left, &box.top, &box.right, &box.bottom, &rest) != 4)
    return false;
  if (!isfinite(box.left + box.top + box.right + box.bottom) || !(box.right > box.left) ||
      !(box.bottom > box.top)) {
    return false;
  }
  boxes = realloc(run->boxes.boxes, ((size_t)run->boxes.count + 1) * sizeof *boxes);
  if (!boxes) return false;
  boxes[run->boxes.count++] = box;
  run->boxes.boxes = boxes;
  return true;
}

static bool parse_boxes(run_t *run, int *out_status) {
  char *rest = NULL;
  if (!run->options.bbox) return true;
  char *copy = strdup(run->options.bbox);
  char *part = copy ? strtok_r(copy, ";", &rest) : NULL;
  bool is_good = part != NULL && !run->options.detector;
  for (; part && is_good; part = strtok_r(NULL, ";", &rest)) is_good = add_box(run, part);
  free(copy);
  if (is_good) return true;
  *out_status = cli_arguments_refuse(
      run->arguments,
      run->options.detector ? "argument --bbox: not together with --detector (it was '%s')"
                            : "argument --bbox: '%s' is not X1,Y1,X2,Y2 with X1 < X2 and Y1 < Y2",
      run->options.bbox);
  return false;
}

//===--- packages ----------------------------------------------------------===//

static int fail(const run_t *run) {
  cli_error("%s: %s", run->task->command, cli_last_error());
  return CLI_FAILED;
}

static int open_model(run_t *run, const char *package, const char *wanted,
                      mmdeploy_model_t *model) {
  const char *task = NULL;
  if (mmdeploy_model_create_by_path(package, model) != 0) return fail(run);
  if (mmdeploy_model_get_info(*model, "task", &task) != 0) return CLI_OK;
  if (!*task || strcmp(task, wanted) == 0) return CLI_OK;
  cli_error("%s: %s: the package is for the task '%s', not '%s'", run->task->command, package, task,
            wanted);
  return CLI_FAILED;
}

static int open_models(run_t *run, char **words) {
  int status = open_model(run, words[0], run->task->packages[0], &run->models[0]);
  if (status == CLI_OK && run->task->packages[1])
    status = open_model(run, words[1], run->task->packages[1], &run->models[1]);
  if (status == CLI_OK && run->options.detector)
    status = open_model(run, run->options.detector, "Detector", &run->models[1]);
  return status;
}

// Streams share the processors.
static int thread_count(const run_options_t *options) {
  if (options->threads || options->streams == 1) return options->threads;
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  return processors > options->streams ? (int)(processors / options->streams) : 1;
}

static int set_call(run_t *run) {
  char json[128] = "{", *end = json + 1;
  const run_options_t *options = &run->options;
  const size_t room = sizeof json - 1;
  int code = mmdeploy_call_create(&run->call);
  // Tiles are joined, and other classes dropped, before the best are taken.
  if (options->score_thr >= 0)
    end += snprintf(end, room, "\"score_thr\": %.9g", (double)options->score_thr);
  if (options->topk && !run->tile.width && !options->classes)
    end += snprintf(end, room - (size_t)(end - json), "%s\"topk\": %d", end == json + 1 ? "" : ", ",
                    options->topk);
  snprintf(end, sizeof json - (size_t)(end - json), "}");
  if (!code && end != json + 1) code = mmdeploy_call_set_options_json(run->call, json);
  return code;
}

static int create_handles(run_t *run) {
  int code = mmdeploy_context_create_by_device(run->options.device, 0, &run->context);
  if (!code) code = mmdeploy_context_set_threads(run->context, thread_count(&run->options));
  if (!code && !run_profile_start(run)) code = MMDEPLOY_E_FAIL;
  if (!code) code = set_call(run);
  if (!code) code = run->task->create(run);
  return code ? fail(run) : CLI_OK;
}

static void close_all(run_t *run) {
  run->task->destroy(run);
  mmdeploy_call_destroy(run->call);
  mmdeploy_context_destroy(run->context);
  mmdeploy_model_destroy(run->models[0]);
  mmdeploy_model_destroy(run->models[1]);
  cli_inputs_deinit(&run->inputs);
  free(run->boxes.boxes);
  run_classes_deinit(&run->classes);
}

//===--- the command -------------------------------------------------------===//

// Folders are the frames of a video for tasks that look at whole videos.
static bool expand_inputs(run_t *run, char **words, size_t count) {
  if (!(run->task->features & RUN_FEATURE_CLIP))
    return cli_inputs_expand(run->task->command, words, count, &run->inputs);
  return cli_inputs_copy(run->task->command, words, count, &run->inputs);
}

static int run_all(run_t *run, char **words, int word_count) {
  int status = CLI_OK;
  const int packages = run->task->packages[1] ? 2 : 1;
  if (!parse_score(run, &status) || !parse_boxes(run, &status) || !run_tile_parse(run, &status))
    return status;
  if (!expand_inputs(run, words + packages, (size_t)(word_count - packages))) return CLI_FAILED;
  status = run_draw_prepare(run);
  if (status != CLI_OK) return status;
  if (run->options.save && !run_make_folder(run->task->command, "--save", run->options.save))
    return CLI_FAILED;
  run->media = cli_media_open();
  if (!run->media) {
    cli_error("%s: pictures need libmmdeploy_media: %s", run->task->command, cli_library_error());
    return CLI_FAILED;
  }
  status = open_models(run, words);
  if (status == CLI_OK) status = run_classes_read(run);
  if (status == CLI_OK) status = create_handles(run);
  return status == CLI_OK ? run_stream_all(run) : status;
}

static int run_task(const run_task_t *task, int argc, char **argv) {
  const cli_word_t words[] = {
      {.name = task->words[0], .help = "Model package: a folder or a zip archive."},
      {.name = task->words[1], .help = "Model package of the second step."},
      {.name = task->features & RUN_FEATURE_CLIP ? "VIDEO" : "INPUT",
       .repeated = true,
       .help = task->features & RUN_FEATURE_CLIP
                   ? "Videos, or folders with the frames of one."
                   : "Pictures and videos: files, folders, globs in quotes, 'camera:0', '-' for "
                     "pictures on standard input."},
  };
  const cli_word_t single[] = {words[0], words[2]};
  run_t run = {.task = task,
               .options = {.device = "cpu",
                           .score_thr = -1,
                           .batch = 1,
                           .streams = 1,
                           .clip_len = 1,
                           .frame_interval = 1,
                           .num_clips = 8}};
  option_list_t options = {.count = 0};
  list_options(&run.options, task->features, &options);
  const cli_arguments_t arguments = {
      .command = task->command,
      .summary = task->summary,
      .words = task->packages[1] ? words : single,
      .word_count = task->packages[1] ? 3 : 2,
      .options = options.items,
      .option_count = options.count,
  };
  int word_count = 0, status = CLI_OK;
  run.arguments = &arguments;
  if (!cli_arguments_parse(&arguments, argc, argv, &word_count, &status)) return status;
  status = run_all(&run, argv, word_count);
  close_all(&run);
  // The profiler writes when nothing uses it any more.
  if (!run_profile_finish(&run) && status == CLI_OK) status = CLI_FAILED;
  return status;
}

int cli_run(int index, int argc, char **argv) {
  return run_task(g_tasks[index], argc, argv);
}
