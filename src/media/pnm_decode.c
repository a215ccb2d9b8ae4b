// SPDX-License-Identifier: Apache-2.0
//
// P1 to P6. Oddities are OpenCV's: samples of text files are scaled to 255, those of binary files
// are not, and of 16-bit samples the high byte counts.
#include "base/alloc.h"
#include "media/codec.h"

typedef struct pnm_t {
  const uint8_t *at, *end;
  bool text, bits, color;
  unsigned max;
  size_t width, height;
} pnm_t;

static mmd_status_t truncated(void) {
  return MMD_ERROR(MMD_CORRUPT, "the PNM file is truncated");
}

static bool is_space(uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static void skip_space(pnm_t *self) {
  while (self->at < self->end) {
    if (*self->at == '#') {
      while (self->at < self->end && *self->at != '\n' && *self->at != '\r') ++self->at;
    } else if (is_space(*self->at)) {
      ++self->at;
    } else {
      return;
    }
  }
}

// At most |digits| digits; samples of P1 need no space between them.
static mmd_status_t read_number(pnm_t *self, unsigned digits, unsigned *out_number) {
  unsigned number = 0, used = 0;
  skip_space(self);
  if (self->at == self->end) return truncated();
  for (; self->at < self->end && is_digit(*self->at) && used < digits; ++self->at, ++used) {
    number = number * 10 + (unsigned)(*self->at - '0');
    if (number > 100000000) return MMD_ERROR(MMD_OUT_OF_RANGE, "PNM file: a number is too large");
  }
  if (used == 0) return MMD_ERROR(MMD_CORRUPT, "damaged PNM file: a number is missing");
  *out_number = number;
  return NULL;
}

static mmd_status_t read_header(pnm_t *self) {
  unsigned width, height;
  const unsigned kind = (unsigned)(self->at[1] - '0');
  self->at += 2;
  self->text = kind <= 3;
  self->bits = kind == 1 || kind == 4;
  self->color = kind == 3 || kind == 6;
  MMD_TRY(read_number(self, 9, &width));
  MMD_TRY(read_number(self, 9, &height));
  self->max = 1;
  if (!self->bits) MMD_TRY(read_number(self, 9, &self->max));
  if (self->max == 0 || self->max > 65535) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "PNM file: the largest sample is %u; 1 to 65535 are allowed",
                     self->max);
  }
  if (!self->text) {
    if (self->at == self->end) return truncated();
    ++self->at;  // one white space before the samples
  }
  self->width = width;
  self->height = height;
  return NULL;
}

static mmd_status_t read_text_row(pnm_t *self, size_t count, uint8_t *samples) {
  for (size_t i = 0; i < count; ++i) {
    unsigned sample;
    MMD_TRY(read_number(self, self->bits ? 1 : 9, &sample));
    if (sample > self->max) sample = self->max;
    if (self->bits) {
      samples[i] = sample ? 0 : 255;
    } else {
      samples[i] = (uint8_t)(self->max > 255 ? sample >> 8 : sample * 255 / self->max);
    }
  }
  return NULL;
}

static mmd_status_t read_binary_row(pnm_t *self, size_t count, uint8_t *samples) {
  const size_t width = self->max > 255 ? 2 : 1;
  const size_t bytes = self->bits ? (count + 7) / 8 : count * width;
  if ((size_t)(self->end - self->at) < bytes) return truncated();
  for (size_t i = 0; i < count; ++i) {
    if (self->bits) {
      samples[i] = self->at[i / 8] >> (7 - i % 8) & 1 ? 0 : 255;
    } else {
      samples[i] = self->at[i * width];
    }
  }
  self->at += bytes;
  return NULL;
}

// Samples of a row, RGB or gray, to BGR or gray.
static void store_row(const mmd_decode_t *request, const pnm_t *self, const uint8_t *samples,
                      uint8_t *dst) {
  for (size_t x = 0; x < self->width; ++x) {
    const uint8_t *p = samples + (self->color ? x * 3 : x);
    const uint8_t red = p[0], green = self->color ? p[1] : red, blue = self->color ? p[2] : red;
    if (request->gray) {
      *dst++ = mmd_decode_gray(blue, green, red);
      continue;
    }
    *dst++ = blue;
    *dst++ = green;
    *dst++ = red;
  }
}

// Every sample takes at least a bit or a digit, so a short file cannot ask for much memory.
static mmd_status_t check_length(const pnm_t *self) {
  const uint64_t samples = (uint64_t)self->width * self->height * (self->color ? 3 : 1);
  const uint64_t bytes = self->bits && !self->text ? samples / 8 : samples;
  return bytes > (uint64_t)(self->end - self->at) ? truncated() : NULL;
}

mmd_status_t mmd_pnm_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                            int *inout_orientation) {
  (void)inout_orientation;
  pnm_t self = {.at = request->data, .end = request->data + request->size};
  MMD_TRY(read_header(&self));
  MMD_TRY(check_length(&self));
  MMD_TRY(mmd_decode_create_bitmap(request, self.width, self.height, out_bitmap));
  const size_t count = self.width * (self.color ? 3 : 1);
  uint8_t *samples = mmd_alloc_uninit(count);
  MMD_TRY_ALLOC(samples);
  mmd_status_t status = NULL;
  for (size_t y = 0; y < self.height && !status; ++y) {
    status =
        self.text ? read_text_row(&self, count, samples) : read_binary_row(&self, count, samples);
    if (!status) store_row(request, &self, samples, mmd_bitmap_row(out_bitmap, y));
  }
  mmd_free(samples);
  return status;
}
