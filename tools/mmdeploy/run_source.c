// SPDX-License-Identifier: Apache-2.0
//
// Where frames come from: picture files, standard input, videos, cameras.
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

struct run_source_t {
  run_t *run;
  size_t next_input;
  mmdeploy_video_t video;  // being read; NULL = none
  run_stdin_t *pictures;   // likewise
  size_t video_input;      // of both
  int64_t next_frame;
  double rate;
  _Atomic uint64_t total;  // 0 = unknown
};

static volatile sig_atomic_t g_is_stopped;

void run_source_stop(void) {
  g_is_stopped = 1;
}

run_source_t *run_source_create(run_t *run) {
  run_source_t *source = calloc(1, sizeof *source);
  if (!source) return NULL;
  source->run = run;
  atomic_init(&source->total, run->inputs.count);
  return source;
}

void run_source_destroy(run_source_t *source) {
  if (!source) return;
  if (source->video) source->run->media->video_close(source->video);
  run_stdin_destroy(source->pictures);
  free(source);
}

uint64_t run_source_total(const run_source_t *source) {
  return source->total;
}

static const char *path_of(const run_source_t *source, size_t input) {
  return source->run->inputs.paths[input];
}

static void start_frame(run_frame_t *frame, size_t input, int64_t number) {
  memset(frame, 0, sizeof *frame);
  frame->input = input;
  frame->number = number;
}

//===--- pictures ----------------------------------------------------------===//

bool run_source_load(const run_t *run, run_frame_t *frame) {
  if (frame->image || *frame->error) return !*frame->error;
  if (run->media->read(run->inputs.paths[frame->input], MMDEPLOY_IMAGE_COLOR, &frame->image) != 0) {
    run_keep_error(frame->error, NULL);
    return false;
  }
  frame->mat = *run->media->mat(frame->image);
  return true;
}

// Of standard input; 0 at its end.
static int read_pictures(run_source_t *source, run_frame_t *frames, int capacity) {
  int count = 0;
  while (count < capacity && source->pictures && !g_is_stopped) {
    start_frame(&frames[count], source->video_input, -1);
    if (run_stdin_next(source->run, source->pictures, &frames[count])) {
      if (frames[count++].is_still) source->total = 0;
    } else {
      run_stdin_destroy(source->pictures);
      source->pictures = NULL;
    }
  }
  return count;
}

//===--- videos ------------------------------------------------------------===//

static bool open_video(run_source_t *source, size_t input, run_frame_t *frame) {
  mmdeploy_video_info_t info = {0};
  const cli_media_t *media = source->run->media;
  start_frame(frame, input, 0);
  int code = media->video_open(path_of(source, input), &source->video);
  if (!code) code = media->video_info(source->video, &info);
  if (code) {
    run_keep_error(frame->error, NULL);
    return false;
  }
  source->video_input = input;
  source->next_frame = 0;
  source->rate = info.frame_rate;
  const int limit = source->run->options.frames;
  uint64_t count = info.frame_count > 0 ? (uint64_t)info.frame_count : 0;
  if (limit && (!count || (uint64_t)limit < count)) count = (uint64_t)limit;
  const uint64_t known = source->total;
  source->total = count && known ? known + count - 1 : 0;
  return true;
}

static void close_video(run_source_t *source) {
  source->run->media->video_close(source->video);
  source->video = NULL;
}

// False at the end of the video.
static bool read_frame(run_source_t *source, run_frame_t *frame) {
  const run_t *run = source->run;
  const int limit = run->options.frames;
  start_frame(frame, source->video_input, source->next_frame);
  frame->rate = source->rate;
  if (limit && source->next_frame >= limit) return false;
  if (run->media->video_read(source->video, &frame->image) != 0) {
    run_keep_error(frame->error, NULL);
    close_video(source);
    return true;
  }
  if (!frame->image) return false;
  frame->mat = *run->media->mat(frame->image);
  ++source->next_frame;
  return true;
}

static int read_frames(run_source_t *source, run_frame_t *frames, int capacity) {
  int count = 0;
  while (count < capacity && source->video) {
    if (read_frame(source, &frames[count])) {
      ++count;
    } else {
      close_video(source);
    }
  }
  return count;
}

//===--- clips -------------------------------------------------------------===//

// Which frames of |total| make the clips. The original's sampling.
static void sample(const run_options_t *options, int64_t total, int64_t *out_indices) {
  const int64_t span = (int64_t)options->clip_len * options->frame_interval;
  const double step = (double)(total - span + 1) / options->num_clips;
  for (int clip = 0; clip < options->num_clips; ++clip) {
    const int64_t start = total <= span - 1 ? 0 : (int64_t)(clip * step + step / 2);
    const int64_t interval = total <= span - 1 ? 1 : options->frame_interval;
    for (int i = 0; i < options->clip_len; ++i) *out_indices++ = (i * interval + start) % total;
  }
}

// Hands a picture to all places that want it; the first one owns it.
static void place(const run_t *run, mmdeploy_image_t image, int64_t number, const int64_t *indices,
                  int count, run_frame_t *frames) {
  bool is_owned = false;
  for (int i = 0; i < count; ++i) {
    if (indices[i] != number) continue;
    frames[i].mat = *run->media->mat(image);
    frames[i].image = is_owned ? NULL : image;
    is_owned = true;
  }
  if (!is_owned) run->media->destroy(image);
}

static void drop_images(const run_t *run, run_frame_t *frames, int count) {
  for (int i = 0; i < count; ++i) {
    run->media->destroy(frames[i].image);
    frames[i].image = NULL;
  }
}

// Reads the whole video and keeps what is wanted. |*out_total| is the number of its frames.
static int read_clips_of(const run_t *run, const char *path, const int64_t *indices, int count,
                         run_frame_t *frames, int64_t *out_total) {
  mmdeploy_video_t video = NULL;
  *out_total = 0;
  int code = run->media->video_open(path, &video);
  while (!code) {
    mmdeploy_image_t image = NULL;
    code = run->media->video_read(video, &image);
    if (code || !image) break;
    place(run, image, (*out_total)++, indices, count, frames);
  }
  run->media->video_close(video);
  return code;
}

// What a file tells of its length may be wrong: then it is read again.
static int read_video_clips(const run_t *run, const char *path, int64_t *indices, int count,
                            run_frame_t *frames) {
  mmdeploy_video_t video = NULL;
  mmdeploy_video_info_t info = {0};
  int code = run->media->video_open(path, &video);
  if (!code) code = run->media->video_info(video, &info);
  run->media->video_close(video);
  int64_t total = info.frame_count > 0 ? info.frame_count : 1, found = 0;
  for (int round = 0; !code && round < 3 && total != found; ++round) {
    if (round) total = found;
    sample(&run->options, total, indices);
    code = read_clips_of(run, path, indices, count, frames, &found);
    if (!code && found == total) return 0;
    drop_images(run, frames, count);
    if (!found) return MMDEPLOY_E_FAIL;
  }
  return code ? code : MMDEPLOY_E_FAIL;
}

static int read_folder_clips(const run_t *run, const char *path, int64_t *indices, int count,
                             run_frame_t *frames) {
  cli_inputs_t pictures = {0};
  char *word = (char *)(uintptr_t)path;  // only read
  if (!cli_inputs_expand(run->task->command, &word, 1, &pictures)) return MMDEPLOY_E_FAIL;
  sample(&run->options, (int64_t)pictures.count, indices);
  int code = 0;
  for (size_t i = 0; i < pictures.count && !code; ++i) {
    bool is_wanted = false;
    for (int k = 0; k < count; ++k) is_wanted = is_wanted || indices[k] == (int64_t)i;
    mmdeploy_image_t image = NULL;
    if (is_wanted) code = run->media->read(pictures.paths[i], MMDEPLOY_IMAGE_COLOR, &image);
    if (image) place(run, image, (int64_t)i, indices, count, frames);
  }
  cli_inputs_deinit(&pictures);
  return code;
}

static int next_clips(run_source_t *source, run_frame_t *frames, int capacity) {
  const run_t *run = source->run;
  if (source->next_input == run->inputs.count) return 0;
  const size_t input = source->next_input++;
  const char *path = path_of(source, input);
  int64_t *indices = malloc((size_t)capacity * sizeof *indices);
  for (int i = 0; i < capacity; ++i) start_frame(&frames[i], input, -1);
  int code = MMDEPLOY_E_OUT_OF_MEMORY;
  if (indices) {
    code = cli_is_folder(path) ? read_folder_clips(run, path, indices, capacity, frames)
                               : read_video_clips(run, path, indices, capacity, frames);
  }
  free(indices);
  if (code) {
    drop_images(run, frames, capacity);
    snprintf(frames->error, sizeof frames->error, "%s: cannot be read", path);
    if (*cli_last_error()) run_keep_error(frames->error, NULL);
  }
  return capacity;
}

//===--- all ---------------------------------------------------------------===//

int run_source_next(run_source_t *source, run_frame_t *frames, int capacity) {
  const run_t *run = source->run;
  int count = 0;
  if (g_is_stopped) return 0;
  if (run->task->features & RUN_FEATURE_CLIP) return next_clips(source, frames, capacity);
  while (count < capacity) {
    if (source->video) {
      count = read_frames(source, frames, capacity);
      if (count) return count;
    }
    if (source->pictures) {
      count = read_pictures(source, frames, capacity);
      if (count) return count;
    }
    if (source->next_input == run->inputs.count) return count;
    const size_t input = source->next_input;
    const bool is_stdin = strcmp(path_of(source, input), "-") == 0;
    if (is_stdin && count) return count;
    if (is_stdin && (source->pictures = run_stdin_create())) {
      source->video_input = input;
      ++source->next_input;
    } else if (!cli_is_video(path_of(source, input))) {
      start_frame(&frames[count++], input, -1);
      ++source->next_input;
    } else if (count) {
      return count;
    } else {
      ++source->next_input;
      if (!open_video(source, input, &frames[0])) return 1;
    }
  }
  return count;
}
