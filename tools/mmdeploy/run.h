// SPDX-License-Identifier: Apache-2.0
//
// What the files of `mmdeploy run TASK` share. A task turns pictures into answers, which all look
// alike, so that printing, drawing, saving and tiling are written once.
//
//   run_command.c  options, the list of tasks      run_output.c   JSON lines and text
//   run_source.c   pictures, videos, cameras       run_draw.c     annotated pictures and videos
//   run_stream.c   workers, results in order       run_save.c     arrays
//   run_tasks.c    tasks of one package            run_tile.c     large pictures in pieces
//   run_pairs.c    tasks of two packages           run_profile.c  the profiler's table and trace
//   run_video.c    the video recognizer            run_answer.c   memory of answers
//   run_classes.c  names of classes, wanted ones   run_join.c, run_shape.c  objects of several
//   tiles
#ifndef MMDEPLOY_TOOLS_RUN_H_
#define MMDEPLOY_TOOLS_RUN_H_

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mmdeploy/common.h"
#include "mmdeploy/ext.h"
#include "mmdeploy/model.h"
#include "mmdeploy/pipeline.h"
#include "tools/mmdeploy/arguments.h"
#include "tools/mmdeploy/cli.h"
#include "tools/mmdeploy/inputs.h"
#include "tools/mmdeploy/library.h"

#define RUN_NAME_SIZE 256
#define RUN_ERROR_SIZE 2048

//===--- answers -----------------------------------------------------------===//

typedef enum run_field_t {
  RUN_LABEL = 1,  // label_id
  RUN_SCORE = 2,
  RUN_BBOX = 4,
  RUN_RBOX = 8,
  RUN_TRACK = 16,
} run_field_t;

// One object, text, person or class. Arrays are freed with free().
typedef struct run_item_t {
  unsigned fields;  // of run_field_t: which of the next are set
  int label_id;
  float score;
  mmdeploy_rect_t bbox;
  float rbox[5];
  unsigned track_id;
  mmdeploy_point_t *polygon;
  int polygon_size;
  char *text;
  mmdeploy_point_t *keypoints;
  float *keypoint_scores;
  int keypoint_count;
  uint8_t *mask;  // 255 inside
  int mask_left, mask_top, mask_width, mask_height;
  int tile;  // which tile it was found in
} run_item_t;

// What is said of one picture.
typedef struct run_answer_t {
  run_item_t *items;
  size_t count, capacity;
  int *labels;  // a label map of |height| x |width|
  int class_count;
  uint8_t *picture;  // a restored picture, RGB or gray
  int channels;
  int width, height;  // of labels or picture
} run_answer_t;

// The new item is zero; NULL when memory is short.
run_item_t *run_answer_add(run_answer_t *answer);
void run_item_deinit(run_item_t *item);
void run_answer_deinit(run_answer_t *answer);
// A copy, or NULL (for NULL, too).
void *run_copy(const void *data, size_t count, size_t size);
// Drops what scores less than |threshold|, and all but the first |most| (0 = keeps all).
void run_answer_limit(run_answer_t *answer, float threshold, int most);
// Best first; the order of equals stays.
void run_answer_sort(run_answer_t *answer);

//===--- the run -----------------------------------------------------------===//

typedef struct run_options_t {
  bool json;
  const char *draw, *save, *device, *bbox, *tile, *profile, *palette, *skeleton, *detector;
  const char *classes, *class_names;
  const char *score_thr_text;
  float score_thr;  // below 0 = the package's
  int topk, threads, batch, streams, frames;
  int clip_len, frame_interval, num_clips;
  int det_label;
} run_options_t;

typedef struct run_t run_t;

typedef struct run_task_t {
  const char *command;  // "run detector"
  const char *summary;
  const char *name;         // "detector", of the JSON
  const char *packages[2];  // tasks of the packages: "Detector"
  const char *words[2];     // "PACKAGE"
  unsigned features;        // of run_feature_t
  // Makes run->handles from run->models. Gives a code of the library.
  int (*create)(run_t *run);
  // Answers, zero before, for pictures of one input. Gives a code of the library.
  int (*apply)(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers);
  void (*destroy)(run_t *run);
  // NULL, or what happens before the first frame of a video.
  int (*restart)(run_t *run);
  // NULL, or what is left to do for the objects of a picture in tiles, when they are joined.
  int (*complete)(run_t *run, const mmdeploy_mat_t *mat, run_answer_t *answer);
} run_task_t;

typedef enum run_feature_t {
  RUN_FEATURE_TOPK = 1,
  RUN_FEATURE_SCORE = 2,  // --score-thr
  RUN_FEATURE_TILE = 4,
  RUN_FEATURE_BBOX = 8,      // --bbox, --detector
  RUN_FEATURE_CLIP = 16,     // whole videos; --clip-len …
  RUN_FEATURE_ORDERED = 32,  // pictures depend on those before: one stream, one picture a call
  RUN_FEATURE_PALETTE = 64,
  RUN_FEATURE_SKELETON = 128,
  RUN_FEATURE_CLASSES = 256,  // --classes, --class-names
} run_feature_t;

// A picture on its way through.
typedef struct run_frame_t {
  size_t input;    // index of run->inputs
  int64_t number;  // of the frame in a video, of the picture in a stream of them; -1 = a picture
  bool is_still;   // a numbered picture
  double rate;     // frames a second of the video
  mmdeploy_image_t image;
  mmdeploy_mat_t mat;
  run_answer_t answer;
  mmdeploy_image_t drawn;      // NULL = not to be drawn
  char error[RUN_ERROR_SIZE];  // "" = none
} run_frame_t;

typedef struct run_boxes_t {
  mmdeploy_rect_t *boxes;
  int count;
} run_boxes_t;

typedef struct run_tile_t {
  int width, height, overlap;  // 0 = no tiles
} run_tile_t;

// What --class-names and --classes say.
typedef struct run_classes_t {
  char *text;          // the file, cut into lines
  const char **names;  // NULL = the package's
  int name_count;
  int *wanted;  // NULL = all
  int wanted_count;
} run_classes_t;

struct run_t {
  const run_task_t *task;
  const cli_arguments_t *arguments;
  run_options_t options;
  const cli_media_t *media;
  mmdeploy_model_t models[2];
  mmdeploy_context_t context;
  mmdeploy_profiler_t profiler;
  char profile_text[4096];  // where the profiler writes
  mmdeploy_call_t call;
  void *handles[2];
  void *state;  // the task's own
  cli_inputs_t inputs;
  run_boxes_t boxes;
  run_tile_t tile;
  run_classes_t classes;
  bool draws_into_folder;
  struct run_film_t *film;  // the video that is written
};

// Keeps the library's last error in |error|, behind |subject| if there is one.
void run_keep_error(char error[RUN_ERROR_SIZE], const char *subject);
// The class of the first package with that model, or NULL.
const char *run_class_name(const run_t *run, int label_id);
int run_class_count(const run_t *run);  // that have names
// Behind the packages; a status of the command line.
int run_classes_read(run_t *run);
void run_classes_deinit(run_classes_t *classes);
void run_classes_keep(const run_classes_t *classes, run_answer_t *answer);
// Answers of one frame or tile, filtered as the options say.
int run_apply(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers);

extern const run_task_t run_classifier, run_detector, run_segmentor, run_restorer,
    run_text_detector, run_text_recognizer, run_rotated_detector, run_pose_detector, run_pose,
    run_pose_tracker, run_ocr, run_video_recognizer;

//===--- sources -----------------------------------------------------------===//

typedef struct run_source_t run_source_t;

run_source_t *run_source_create(run_t *run);
void run_source_destroy(run_source_t *source);
// Up to |capacity| frames of one input, pixels of videos included; 0 at the end. From one thread at
// a time.
int run_source_next(run_source_t *source, run_frame_t *frames, int capacity);
// Reads the picture of a frame that is no frame of a video.
bool run_source_load(const run_t *run, run_frame_t *frame);
// What is known of the number of frames in all; 0 = nothing.
uint64_t run_source_total(const run_source_t *source);
typedef struct run_stdin_t run_stdin_t;  // standard input, in run_stdin.c

run_stdin_t *run_stdin_create(void);
void run_stdin_destroy(run_stdin_t *input);
// The next picture with its pixels, or the reason why not. False behind the last one.
bool run_stdin_next(const run_t *run, run_stdin_t *input, run_frame_t *frame);
void run_source_stop(void);  // no more frames; from anywhere, signal handlers too

//===--- results -----------------------------------------------------------===//

int run_stream_all(run_t *run);

void run_print_json(FILE *stream, const run_t *run, const run_frame_t *frame);
void run_print_text(FILE *stream, const run_t *run, const run_frame_t *frame);
void run_frame_stem(const run_t *run, const run_frame_t *frame, char *stem, size_t size);

bool run_make_folder(const char *command, const char *option, const char *path);
int run_draw_prepare(run_t *run);
// Draws into frame->drawn; from any thread.
void run_draw_frame(const run_t *run, run_frame_t *frame);
// Writes what was drawn; frames come in order.
bool run_draw_write(run_t *run, run_frame_t *frame);
bool run_draw_finish(run_t *run);  // the last video

bool run_save_frame(const run_t *run, run_frame_t *frame);

bool run_tile_parse(run_t *run, int *out_status);
int run_tile_apply(run_t *run, const mmdeploy_mat_t *mat, run_answer_t *answer);

bool run_profile_start(run_t *run);
bool run_profile_finish(run_t *run);

#endif  // MMDEPLOY_TOOLS_RUN_H_
