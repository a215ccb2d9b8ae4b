// SPDX-License-Identifier: Apache-2.0
//
// Pictures on standard input, one behind the other: each one is found by its own end, so that it
// goes on its way before the next one comes.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/mmdeploy/run.h"

#define MAX_PICTURE ((size_t)1 << 30)

struct run_stdin_t {
  uint8_t *data;
  size_t size, capacity;
  bool is_ended, is_interrupted;
  size_t at;          // of the picture, up to where its end was looked for
  bool is_in_pixels;  // of a JPEG: behind a start of scan
  int64_t count;      // pictures so far
};

run_stdin_t *run_stdin_create(void) {
  return calloc(1, sizeof(run_stdin_t));
}

void run_stdin_destroy(run_stdin_t *input) {
  if (input) free(input->data);
  free(input);
}

//===--- where a picture ends ----------------------------------------------===//

enum { SIGNATURE = 12 };  // bytes that tell a format

typedef enum scan_t {
  SCAN_MORE,     // not in what was read
  SCAN_FOUND,    // at |at|
  SCAN_UNKNOWN,  // all that comes is taken for one picture
} scan_t;

static uint32_t big_endian(const uint8_t *p, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | p[i];
  return value;
}

// Restart markers and stuffed zeros are part of the pixels.
static bool ends_pixels(uint8_t marker) {
  return marker != 0 && marker != 0xff && (marker < 0xd0 || marker > 0xd7);
}

static scan_t scan_pixels(run_stdin_t *in) {
  while (in->at + 1 < in->size) {
    const uint8_t *found = memchr(in->data + in->at, 0xff, in->size - 1 - in->at);
    in->at = found ? (size_t)(found - in->data) : in->size - 1;
    if (!found) break;
    if (ends_pixels(found[1])) {
      in->is_in_pixels = false;
      return SCAN_FOUND;
    }
    ++in->at;
  }
  return SCAN_MORE;
}

static scan_t scan_jpeg(run_stdin_t *in) {
  for (;;) {
    if (in->is_in_pixels && scan_pixels(in) == SCAN_MORE) return SCAN_MORE;
    if (in->at + 2 > in->size) return SCAN_MORE;
    const uint8_t *p = in->data + in->at;
    if (p[0] != 0xff) return SCAN_UNKNOWN;
    if (p[1] == 0xff) {
      ++in->at;
    } else if (p[1] == 0xd8 || p[1] == 0x01) {
      in->at += 2;
    } else if (p[1] == 0xd9) {
      in->at += 2;
      return SCAN_FOUND;
    } else if (in->at + 4 > in->size) {
      return SCAN_MORE;
    } else {
      in->is_in_pixels = p[1] == 0xda;
      in->at += 2 + big_endian(p + 2, 2);
    }
  }
}

static scan_t scan_png(run_stdin_t *in) {
  if (in->at == 0) in->at = 8;
  while (in->at + 8 <= in->size) {
    const uint8_t *p = in->data + in->at;
    if (big_endian(p, 4) > MAX_PICTURE) return SCAN_UNKNOWN;
    in->at += (size_t)12 + big_endian(p, 4);
    if (memcmp(p + 4, "IEND", 4) == 0) return SCAN_FOUND;
  }
  return SCAN_MORE;
}

static size_t little_endian(const uint8_t *p) {
  return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static scan_t scan_webp(run_stdin_t *in) {
  const size_t size = little_endian(in->data + 4);
  in->at = 8 + size + size % 2;
  return size <= MAX_PICTURE && in->at > SIGNATURE ? SCAN_FOUND : SCAN_UNKNOWN;
}

static scan_t scan_bmp(run_stdin_t *in) {
  in->at = little_endian(in->data + 2);
  return in->at > SIGNATURE ? SCAN_FOUND : SCAN_UNKNOWN;
}

static bool begins_with(const run_stdin_t *in, const char *bytes, size_t count) {
  return in->size >= SIGNATURE && memcmp(in->data, bytes, count) == 0;
}

static scan_t scan(run_stdin_t *in) {
  if (begins_with(in, "\xff\xd8\xff", 3)) return scan_jpeg(in);
  if (begins_with(in, "\x89PNG\r\n\x1a\n", 8)) return scan_png(in);
  if (begins_with(in, "RIFF", 4) && memcmp(in->data + 8, "WEBP", 4) == 0) return scan_webp(in);
  if (begins_with(in, "BM", 2)) return scan_bmp(in);
  return in->size < SIGNATURE ? SCAN_MORE : SCAN_UNKNOWN;
}

//===--- reading -----------------------------------------------------------===//

// False when memory is short.
static bool read_some(run_stdin_t *in) {
  if (in->size == in->capacity) {
    const size_t capacity = in->capacity ? 2 * in->capacity : (size_t)1 << 16;
    uint8_t *larger = realloc(in->data, capacity);
    if (!larger) return false;
    in->data = larger;
    in->capacity = capacity;
  }
  const ssize_t got = read(STDIN_FILENO, in->data + in->size, in->capacity - in->size);
  if (got > 0) {
    in->size += (size_t)got;
  } else {
    in->is_ended = true;
    in->is_interrupted = got < 0 && errno == EINTR;
  }
  return true;
}

// Reads one picture, or what there is when its end is not found.
static bool read_picture(run_stdin_t *in, size_t *out_size) {
  scan_t state = SCAN_MORE;
  in->at = 0;
  in->is_in_pixels = false;
  for (;;) {
    if (state == SCAN_MORE) state = scan(in);
    const bool is_there = state == SCAN_FOUND && in->at <= in->size;
    if (is_there || in->is_ended || in->size >= MAX_PICTURE) break;
    if (!read_some(in)) return false;
  }
  *out_size = state == SCAN_FOUND && in->at < in->size ? in->at : in->size;
  return true;
}

// Whether a picture follows. What is none is left alone behind one.
static bool has_more(run_stdin_t *in) {
  while (in->size < SIGNATURE && !in->is_ended) {
    if (!read_some(in)) return false;
  }
  in->at = 0;
  in->is_in_pixels = false;
  return in->size >= SIGNATURE && scan(in) != SCAN_UNKNOWN;
}

static int decode(const run_t *run, run_stdin_t *in, run_frame_t *frame) {
  size_t size = 0;
  if (in->count && !has_more(in)) return 0;
  if (!read_picture(in, &size)) return MMDEPLOY_E_OUT_OF_MEMORY;
  if (in->is_interrupted) return 0;
  const int code = run->media->decode(in->data, size, MMDEPLOY_IMAGE_COLOR, &frame->image);
  if (size) memmove(in->data, in->data + size, in->size - size);
  in->size -= size;
  return code;
}

bool run_stdin_next(const run_t *run, run_stdin_t *in, run_frame_t *frame) {
  const int code = decode(run, in, frame);
  if (!code && !frame->image) return false;
  if (code) {
    run_keep_error(frame->error, "standard input");
  } else {
    frame->mat = *run->media->mat(frame->image);
  }
  // A single picture has no number.
  if (in->count || has_more(in)) {
    frame->number = in->count;
    frame->is_still = true;
  }
  ++in->count;
  return true;
}
