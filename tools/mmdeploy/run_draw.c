// SPDX-License-Identifier: Apache-2.0
//
// Annotated pictures and videos.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

#define MAX_DRAWN_LABELS 16
#define PATH_SIZE 8192

// The video that is being written.
struct run_film_t {
  size_t input;
  mmdeploy_video_writer_t writer;
  bool is_broken;  // which was said
};

//===--- where to ----------------------------------------------------------===//

// Like mkdir -p.
bool run_make_folder(const char *command, const char *option, const char *path) {
  char part[4096];
  if (strlen(path) >= sizeof part) {
    cli_error("%s: %s: the path is too long", command, option);
    return false;
  }
  for (size_t i = 1; i <= strlen(path); ++i) {
    if (path[i] && path[i] != '/') continue;
    snprintf(part, sizeof part, "%.*s", (int)i, path);
    if (mkdir(part, 0777) == 0 || errno == EEXIST) continue;
    cli_error("%s: %s %s: cannot make the folder: %s", command, option, path, strerror(errno));
    return false;
  }
  if (cli_is_folder(path)) return true;
  cli_error("%s: %s %s: is no folder", command, option, path);
  return false;
}

// OUT is a folder, unless it is named like a picture or video and there is only one.
int run_draw_prepare(run_t *run) {
  const char *out = run->options.draw;
  if (!out) return CLI_OK;
  const bool is_video = run->inputs.count == 1 && cli_is_video(run->inputs.paths[0]) &&
                        !(run->task->features & RUN_FEATURE_CLIP);
  const bool is_file = is_video ? cli_is_video(out) : cli_is_writable_picture(out);
  run->draws_into_folder = cli_is_folder(out) || !is_file;
  if (!run->draws_into_folder && run->inputs.count > 1) {
    return cli_arguments_refuse(
        run->arguments,
        "argument --draw: '%s' is one picture, but %zu are to be drawn; name a folder", out,
        run->inputs.count);
  }
  if (!run->draws_into_folder) return CLI_OK;
  return run_make_folder(run->task->command, "--draw", out) ? CLI_OK : CLI_FAILED;
}

static void make_path(const run_t *run, const run_frame_t *frame, char *path, size_t size) {
  const char *out = run->options.draw;
  const char *base = cli_base_name(run->inputs.paths[frame->input]);
  char stem[4096];
  run_frame_t whole = *frame;
  if (!frame->is_still) whole.number = -1;
  if (!run->draws_into_folder) {
    snprintf(path, size, "%s", out);
    return;
  }
  run_frame_stem(run, &whole, stem, sizeof stem);
  const char *dot = strrchr(base, '.');
  const char *extension = frame->number >= 0 && !frame->is_still ? ".mp4"
                          : cli_is_writable_picture(base)        ? dot
                                                                 : ".png";
  snprintf(path, size, "%s%s%s%s", out, out[strlen(out) - 1] == '/' ? "" : "/", stem, extension);
}

static bool is_same_file(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

// Of how many pictures standard input has, nothing is known before.
static bool check_count(const run_t *run, const run_frame_t *frame) {
  if (run->draws_into_folder || frame->number <= 0) return true;
  cli_error("%s: --draw %s is one picture, but standard input has more; name a folder",
            run->task->command, run->options.draw);
  return false;
}

static bool check_path(const run_t *run, const run_frame_t *frame, const char *path) {
  if (!is_same_file(path, run->inputs.paths[frame->input])) return true;
  cli_error("%s: --draw %s: %s is the input itself, which is not overwritten", run->task->command,
            run->options.draw, path);
  return false;
}

//===--- drawing -----------------------------------------------------------===//

// Colours are those that were asked for, else those that the package has, else by the classes.
static mmdeploy_draw_options_t draw_options(const run_t *run, int class_count) {
  const char *own = NULL;
  if (!run->options.palette && mmdeploy_model_get_info(run->models[0], "palette", &own) != 0)
    mmdeploy_clear_last_error();
  return (mmdeploy_draw_options_t){.palette = run->options.palette ? run->options.palette : own,
                                   .skeleton = run->options.skeleton,
                                   .class_count = class_count};
}

static const char *label_text(const run_t *run, const run_item_t *item, char *buffer) {
  const char *name = item->fields & RUN_LABEL ? run_class_name(run, item->label_id) : item->text;
  if (name) return name;
  snprintf(buffer, RUN_NAME_SIZE, "class %d", item->label_id);
  return buffer;
}

// Classes and texts of the whole picture: a list over its corner.
static int draw_labels(const run_t *run, const run_answer_t *answer, mmdeploy_image_t image) {
  mmdeploy_draw_label_t labels[MAX_DRAWN_LABELS];
  char names[MAX_DRAWN_LABELS][RUN_NAME_SIZE];
  const int count = answer->count < MAX_DRAWN_LABELS ? (int)answer->count : MAX_DRAWN_LABELS;
  for (int i = 0; i < count; ++i) {
    labels[i].text = label_text(run, &answer->items[i], names[i]);
    labels[i].score = answer->items[i].score;
  }
  return run->media->draw_classification(image, labels, count);
}

static mmdeploy_draw_object_t object_of(const run_t *run, const run_item_t *item, size_t index,
                                        char *buffer) {
  mmdeploy_draw_object_t object = {.color = (int)index, .score = -1, .text = item->text};
  if (item->fields & RUN_LABEL) {
    object.color = item->label_id;
    object.text = label_text(run, item, buffer);
  }
  if (item->fields & RUN_TRACK) {
    object.color = (int)(item->track_id & 0xffff);
    snprintf(buffer, RUN_NAME_SIZE, "#%u", item->track_id);
    object.text = buffer;
  }
  if (object.text && !item->text && (item->fields & RUN_SCORE)) object.score = item->score;
  if (item->fields & RUN_BBOX) object.bbox = &item->bbox;
  if (item->fields & RUN_RBOX) object.rbbox = item->rbox;
  object.polygon = item->polygon;
  object.polygon_size = item->polygon_size;
  object.mask = item->mask;
  object.mask_left = item->mask_left;
  object.mask_top = item->mask_top;
  object.mask_width = item->mask_width;
  object.mask_height = item->mask_height;
  object.keypoints = item->keypoints;
  object.keypoint_scores = item->keypoint_scores;
  object.keypoint_count = item->keypoint_count;
  return object;
}

static int draw_objects(const run_t *run, const run_answer_t *answer, mmdeploy_image_t image) {
  const mmdeploy_draw_options_t options = draw_options(run, run_class_count(run));
  mmdeploy_draw_object_t *objects = malloc(answer->count * sizeof *objects + 1);
  char(*names)[RUN_NAME_SIZE] = malloc(answer->count * sizeof *names + 1);
  int code = objects && names ? 0 : MMDEPLOY_E_OUT_OF_MEMORY;
  for (size_t i = 0; i < answer->count && !code; ++i)
    objects[i] = object_of(run, &answer->items[i], i, names[i]);
  if (!code) code = run->media->draw_objects(image, objects, (int)answer->count, &options);
  free(objects);
  free(names);
  return code;
}

static bool has_places(const run_answer_t *answer) {
  for (size_t i = 0; i < answer->count; ++i) {
    const run_item_t *item = &answer->items[i];
    if ((item->fields & (RUN_BBOX | RUN_RBOX)) || item->polygon || item->keypoints) return true;
  }
  return false;
}

static int draw_picture(const run_t *run, const run_answer_t *answer, mmdeploy_image_t *out) {
  mmdeploy_mat_t mat = {
      .data = answer->picture,
      .height = answer->height,
      .width = answer->width,
      .channel = answer->channels,
      .format = answer->channels == 1 ? MMDEPLOY_PIXEL_FORMAT_GRAYSCALE : MMDEPLOY_PIXEL_FORMAT_RGB,
      .type = MMDEPLOY_DATA_TYPE_UINT8};
  return run->media->create(&mat, out);
}

void run_draw_frame(const run_t *run, run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  int code = 0;
  if (answer->picture) {
    code = draw_picture(run, answer, &frame->drawn);
  } else {
    frame->drawn = frame->image;
    if (answer->labels) {
      const mmdeploy_draw_options_t options = draw_options(run, answer->class_count);
      code = run->media->draw_segmentation(frame->drawn, answer->labels, answer->width,
                                           answer->height, &options);
    } else if (has_places(answer)) {
      code = draw_objects(run, answer, frame->drawn);
    } else if (answer->count) {
      code = draw_labels(run, answer, frame->drawn);
    }
  }
  if (code) run_keep_error(frame->error, run->inputs.paths[frame->input]);
}

//===--- writing -----------------------------------------------------------===//

static bool report(const run_t *run) {
  cli_error("%s: %s", run->task->command, cli_last_error());
  return false;
}

bool run_draw_finish(run_t *run) {
  struct run_film_t *film = run->film;
  if (!film) return true;
  const bool is_good =
      film->is_broken || run->media->writer_finish(film->writer) == 0 || report(run);
  run->media->writer_destroy(film->writer);
  free(film);
  run->film = NULL;
  return is_good;
}

static bool start_film(run_t *run, const run_frame_t *frame) {
  char path[PATH_SIZE];
  if (!run_draw_finish(run)) return false;
  if (!check_count(run, frame)) return false;
  make_path(run, frame, path, sizeof path);
  if (!check_path(run, frame, path)) return false;
  run->film = calloc(1, sizeof *run->film);
  if (!run->film) return false;
  run->film->input = frame->input;
  if (run->media->writer_create(path, frame->rate, &run->film->writer) == 0) return true;
  free(run->film);
  run->film = NULL;
  return report(run);
}

static bool write_frame(run_t *run, run_frame_t *frame) {
  if ((!run->film || run->film->input != frame->input) && !start_film(run, frame)) {
    run_source_stop();  // every frame would say the same
    return false;
  }
  if (run->film->is_broken) return false;
  if (run->media->writer_write(run->film->writer, frame->drawn) == 0) return true;
  run->film->is_broken = true;
  run_source_stop();
  return report(run);
}

bool run_draw_write(run_t *run, run_frame_t *frame) {
  char path[PATH_SIZE];
  if (frame->number >= 0 && !frame->is_still) return write_frame(run, frame);
  if (!check_count(run, frame)) return false;
  make_path(run, frame, path, sizeof path);
  if (!check_path(run, frame, path)) return false;
  return run->media->write(frame->drawn, path, 0) == 0 || report(run);
}
