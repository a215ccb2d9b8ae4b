// SPDX-License-Identifier: Apache-2.0
//
// Frames go through as many workers as there are streams; results come out in the order of the
// inputs.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

typedef struct stream_t {
  run_t *run;
  run_source_t *source;
  int capacity;  // frames a call
  pthread_mutex_t source_mutex;
  uint64_t next_turn;  // of who takes frames
  pthread_mutex_t turn_mutex;
  pthread_cond_t turn_changed;
  uint64_t turn;  // whose results come out
  uint64_t done, failed;
  double begin;
} stream_t;

void run_keep_error(char error[RUN_ERROR_SIZE], const char *subject) {
  snprintf(error, RUN_ERROR_SIZE, "%s%s%s", subject ? subject : "", subject ? ": " : "",
           cli_last_error());
}

//===--- one batch ---------------------------------------------------------===//

int run_apply(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers) {
  int code = run->task->apply(run, mats, count, answers);
  for (int i = 0; i < count && !code; ++i) {
    const bool is_person = run->task->features & RUN_FEATURE_BBOX;
    run_classes_keep(&run->classes, &answers[i]);
    run_answer_limit(&answers[i], is_person ? -1 : run->options.score_thr, run->options.topk);
  }
  return code;
}

static void apply_to_frame(run_t *run, run_frame_t *frame) {
  int code = 0;
  run_answer_deinit(&frame->answer);
  if (run->task->restart && frame->number == 0) code = run->task->restart(run);
  if (!code) {
    code = run->tile.width ? run_tile_apply(run, &frame->mat, &frame->answer)
                           : run_apply(run, &frame->mat, 1, &frame->answer);
  }
  if (code) run_keep_error(frame->error, run->inputs.paths[frame->input]);
}

// All in one call; where that fails, one by one, so that a bad picture spoils no other.
static void apply_to_batch(run_t *run, run_frame_t **frames, int count) {
  mmdeploy_mat_t *mats = malloc((size_t)count * sizeof *mats);
  run_answer_t *answers = calloc((size_t)count, sizeof *answers);
  int code = mats && answers ? 0 : MMDEPLOY_E_OUT_OF_MEMORY;
  for (int i = 0; i < count && !code; ++i) mats[i] = frames[i]->mat;
  if (!code) code = run_apply(run, mats, count, answers);
  for (int i = 0; i < count && answers; ++i) {
    if (code) run_answer_deinit(&answers[i]);
    frames[i]->answer = answers[i];
  }
  free(answers);
  free(mats);
  for (int i = 0; i < count && code; ++i) apply_to_frame(run, frames[i]);
}

static void apply_to_clips(run_t *run, run_frame_t *frames, int count) {
  mmdeploy_mat_t *mats = malloc((size_t)count * sizeof *mats);
  if (*frames->error || !mats) {
    if (!mats) snprintf(frames->error, sizeof frames->error, "out of memory");
    free(mats);
    return;
  }
  for (int i = 0; i < count; ++i) mats[i] = frames[i].mat;
  if (run->task->apply(run, mats, count, &frames->answer) != 0)
    run_keep_error(frames->error, run->inputs.paths[frames->input]);
  run_answer_limit(&frames->answer, run->options.score_thr, run->options.topk);
  free(mats);
}

static void process(run_t *run, run_frame_t *frames, int count) {
  run_frame_t **good = malloc((size_t)count * sizeof *good);
  int good_count = 0;
  if (run->task->features & RUN_FEATURE_CLIP) {
    apply_to_clips(run, frames, count);
    if (!*frames->error && run->options.draw) run_draw_frame(run, frames);
    free(good);
    return;
  }
  for (int i = 0; i < count && good; ++i) {
    if (run_source_load(run, &frames[i])) good[good_count++] = &frames[i];
  }
  if (good_count > 1 && !run->tile.width) {
    apply_to_batch(run, good, good_count);
  } else {
    for (int i = 0; i < good_count; ++i) apply_to_frame(run, good[i]);
  }
  for (int i = 0; i < good_count; ++i) {
    if (!*good[i]->error && run->options.draw) run_draw_frame(run, good[i]);
  }
  if (!good) snprintf(frames->error, sizeof frames->error, "out of memory");
  free(good);
}

//===--- results -----------------------------------------------------------===//

static void show_progress(stream_t *stream) {
  char note[48];
  const double seconds = cli_seconds() - stream->begin;
  snprintf(note, sizeof note, "%.1f images/s", seconds > 0 ? (double)stream->done / seconds : 0.0);
  cli_progress_show(stream->run->task->name, stream->done, run_source_total(stream->source), note);
}

static bool put_out(run_t *run, run_frame_t *frame) {
  cli_progress_clear();
  if (*frame->error) {
    cli_error("%s: %s", run->task->command, frame->error);
    return false;
  }
  if (run->options.json) {
    run_print_json(stdout, run, frame);
  } else {
    run_print_text(stdout, run, frame);
  }
  if (run->options.save && !run_save_frame(run, frame)) return false;
  return !frame->drawn || run_draw_write(run, frame);
}

static void free_frames(const run_t *run, run_frame_t *frames, int count) {
  for (int i = 0; i < count; ++i) {
    run_answer_deinit(&frames[i].answer);
    if (frames[i].drawn != frames[i].image) run->media->destroy(frames[i].drawn);
    run->media->destroy(frames[i].image);
  }
}

static void emit(stream_t *stream, run_frame_t *frames, int count, uint64_t turn) {
  const bool is_clip = stream->run->task->features & RUN_FEATURE_CLIP;
  pthread_mutex_lock(&stream->turn_mutex);
  while (stream->turn != turn) pthread_cond_wait(&stream->turn_changed, &stream->turn_mutex);
  for (int i = 0; i < (is_clip ? 1 : count); ++i) {
    if (!put_out(stream->run, &frames[i])) ++stream->failed;
    ++stream->done;
    show_progress(stream);
  }
  ++stream->turn;
  pthread_cond_broadcast(&stream->turn_changed);
  pthread_mutex_unlock(&stream->turn_mutex);
}

//===--- workers -----------------------------------------------------------===//

static void *work(void *argument) {
  stream_t *stream = argument;
  run_frame_t *frames = calloc((size_t)stream->capacity, sizeof *frames);
  while (frames) {
    pthread_mutex_lock(&stream->source_mutex);
    const int count = run_source_next(stream->source, frames, stream->capacity);
    const uint64_t turn = count ? stream->next_turn++ : 0;
    pthread_mutex_unlock(&stream->source_mutex);
    if (!count) break;
    process(stream->run, frames, count);
    emit(stream, frames, count, turn);
    free_frames(stream->run, frames, count);
  }
  if (!frames) cli_error("%s: out of memory", stream->run->task->command);
  free(frames);
  return NULL;
}

static int choose_capacity(const run_t *run) {
  const run_options_t *options = &run->options;
  if (run->task->features & RUN_FEATURE_CLIP) return options->clip_len * options->num_clips;
  return run->task->features & RUN_FEATURE_ORDERED ? 1 : options->batch;
}

static void run_workers(stream_t *stream) {
  const bool is_ordered = stream->run->task->features & RUN_FEATURE_ORDERED;
  const int wanted = is_ordered ? 1 : stream->run->options.streams;
  pthread_t *threads = calloc((size_t)wanted, sizeof *threads);
  int started = 0;
  // This thread is the first worker.
  while (threads && started < wanted - 1 &&
         pthread_create(&threads[started], NULL, work, stream) == 0) {
    ++started;
  }
  work(stream);
  for (int i = 0; i < started; ++i) pthread_join(threads[i], NULL);
  free(threads);
}

// The first interrupt ends the input, so that videos are finished; the second one ends the program.
static void on_interrupt(int number) {
  (void)number;
  run_source_stop();
}

static void catch_interrupts(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  action.sa_flags = (int)SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGINT, &action, NULL);
}

int run_stream_all(run_t *run) {
  stream_t stream = {.run = run, .begin = cli_seconds(), .capacity = choose_capacity(run)};
  pthread_mutex_init(&stream.source_mutex, NULL);
  pthread_mutex_init(&stream.turn_mutex, NULL);
  pthread_cond_init(&stream.turn_changed, NULL);
  stream.source = run_source_create(run);
  if (stream.source) {
    catch_interrupts();
    run_workers(&stream);
  } else {
    cli_error("%s: out of memory", run->task->command);
    ++stream.failed;
  }
  cli_progress_clear();
  if (!run_draw_finish(run)) ++stream.failed;
  if (stream.done > 1 && cli_is_terminal(stderr)) {
    const double seconds = cli_seconds() - stream.begin;
    fprintf(stderr, "%llu images, %.1f images/s\n", (unsigned long long)stream.done,
            seconds > 0 ? (double)stream.done / seconds : 0.0);
  }
  run_source_destroy(stream.source);
  pthread_cond_destroy(&stream.turn_changed);
  pthread_mutex_destroy(&stream.turn_mutex);
  pthread_mutex_destroy(&stream.source_mutex);
  return stream.failed ? CLI_FAILED : CLI_OK;
}
