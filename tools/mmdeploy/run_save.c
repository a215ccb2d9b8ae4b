// SPDX-License-Identifier: Apache-2.0
//
// --save: the JSON of a picture and the arrays that JSON cannot hold, as .npy.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

#define PATH_SIZE 8192

// A file under its final name only when it is complete.
typedef struct out_t {
  char path[PATH_SIZE], partial[PATH_SIZE + 32];
  FILE *stream;
} out_t;

static bool open_out(const run_t *run, const run_frame_t *frame, const char *extension,
                     out_t *out) {
  char stem[4096];
  run_frame_stem(run, frame, stem, sizeof stem);
  snprintf(out->path, sizeof out->path, "%s/%s%s", run->options.save, stem, extension);
  snprintf(out->partial, sizeof out->partial, "%s.%ld.partial", out->path, (long)getpid());
  out->stream = fopen(out->partial, "wb");
  if (out->stream) return true;
  cli_error("%s: --save: %s: %s", run->task->command, out->path, strerror(errno));
  return false;
}

static bool close_out(const run_t *run, out_t *out) {
  errno = 0;
  bool is_good = !ferror(out->stream);
  is_good = fclose(out->stream) == 0 && is_good;
  is_good = is_good && rename(out->partial, out->path) == 0;
  if (is_good) return true;
  cli_error("%s: --save: %s: %s", run->task->command, out->path,
            errno ? strerror(errno) : "cannot be written");
  (void)unlink(out->partial);
  return false;
}

// NumPy's format 1.0; the head is filled up to whole lines of 64 bytes.
static void write_head(FILE *stream, const char *type, const size_t *shape, int rank) {
  char dims[128] = "", head[256];
  for (int i = 0; i < rank; ++i) {
    const size_t used = strlen(dims);
    snprintf(dims + used, sizeof dims - used, "%zu%s", shape[i],
             i + 1 < rank ? ", "
             : rank == 1  ? ","
                          : "");
  }
  const int size = snprintf(head, sizeof head,
                            "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, dims);
  const int padded = (10 + size + 1 + 63) / 64 * 64 - 10;
  const unsigned char lead[] = {
      0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)padded, (unsigned char)(padded >> 8)};
  fwrite(lead, 1, sizeof lead, stream);
  fprintf(stream, "%s%*s\n", head, padded - size - 1, "");
}

static bool save_labels(const run_t *run, const run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  const size_t shape[] = {(size_t)answer->height, (size_t)answer->width};
  out_t out;
  if (!open_out(run, frame, ".mask.npy", &out)) return false;
  write_head(out.stream, "<i4", shape, 2);
  for (size_t i = 0; i < shape[0] * shape[1]; ++i) {
    const uint32_t label = (uint32_t)answer->labels[i];
    const unsigned char bytes[] = {(unsigned char)label, (unsigned char)(label >> 8),
                                   (unsigned char)(label >> 16), (unsigned char)(label >> 24)};
    fwrite(bytes, 1, sizeof bytes, out.stream);
  }
  return close_out(run, &out);
}

// The row |y| of the picture, 1 where the object is.
static void paint_row(const run_item_t *item, int y, int width, unsigned char *row) {
  memset(row, 0, (size_t)width);
  const long line = (long)y - item->mask_top;
  if (!item->mask || line < 0 || line >= item->mask_height) return;
  const uint8_t *mask = item->mask + (size_t)line * (size_t)item->mask_width;
  for (int i = 0; i < item->mask_width; ++i) {
    const long x = (long)item->mask_left + i;
    if (x >= 0 && x < width) row[x] = mask[i] != 0;
  }
}

static bool has_masks(const run_answer_t *answer) {
  for (size_t i = 0; i < answer->count; ++i) {
    if (answer->items[i].mask) return true;
  }
  return false;
}

static bool save_masks(const run_t *run, const run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  const int width = frame->mat.width, height = frame->mat.height;
  const size_t shape[] = {answer->count, (size_t)height, (size_t)width};
  unsigned char *row = malloc((size_t)width);
  out_t out;
  if (!row || !open_out(run, frame, ".instance_masks.npy", &out)) {
    free(row);
    return false;
  }
  write_head(out.stream, "|u1", shape, 3);
  for (size_t i = 0; i < answer->count; ++i) {
    for (int y = 0; y < height; ++y) {
      paint_row(&answer->items[i], y, width, row);
      fwrite(row, 1, (size_t)width, out.stream);
    }
  }
  free(row);
  return close_out(run, &out);
}

static bool save_png(const run_t *run, const run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  const mmdeploy_mat_t mat = {
      .data = answer->picture,
      .height = answer->height,
      .width = answer->width,
      .channel = answer->channels,
      .format = answer->channels == 1 ? MMDEPLOY_PIXEL_FORMAT_GRAYSCALE : MMDEPLOY_PIXEL_FORMAT_RGB,
      .type = MMDEPLOY_DATA_TYPE_UINT8};
  mmdeploy_image_t image = NULL;
  char stem[4096], path[PATH_SIZE];
  run_frame_stem(run, frame, stem, sizeof stem);
  snprintf(path, sizeof path, "%s/%s.image.png", run->options.save, stem);
  int code = run->media->create(&mat, &image);
  if (!code) code = run->media->write(image, path, 0);
  if (code) cli_error("%s: --save: %s", run->task->command, cli_last_error());
  run->media->destroy(image);
  return !code;
}

static bool save_picture(const run_t *run, const run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  const size_t shape[] = {(size_t)answer->height, (size_t)answer->width, (size_t)answer->channels};
  out_t out;
  if (!open_out(run, frame, ".image.npy", &out)) return false;
  write_head(out.stream, "|u1", shape, 3);
  fwrite(answer->picture, 1, shape[0] * shape[1] * shape[2], out.stream);
  return close_out(run, &out) && save_png(run, frame);
}

static bool save_json(const run_t *run, const run_frame_t *frame) {
  out_t out;
  if (!open_out(run, frame, ".json", &out)) return false;
  run_print_json(out.stream, run, frame);
  return close_out(run, &out);
}

bool run_save_frame(const run_t *run, run_frame_t *frame) {
  const run_answer_t *answer = &frame->answer;
  bool is_good = save_json(run, frame);
  if (is_good && answer->labels) is_good = save_labels(run, frame);
  if (is_good && has_masks(answer)) is_good = save_masks(run, frame);
  if (is_good && answer->picture) is_good = save_picture(run, frame);
  return is_good;
}
