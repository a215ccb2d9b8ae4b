// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

// jpeglib.h needs stdio.h before it.
#include <jerror.h>
#include <jpeglib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "media/codec.h"
#include "media/exif.h"

#define ROWS_AT_ONCE 16
#define MAX_SCANS \
  500  // a progressive file of a few kilobytes can hold thousands, each costing a pass over all
       // pixels
#define EXIF_HEADER "Exif\0"
#define EXIF_HEADER_SIZE 6

typedef struct jpeg_t {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  const mmd_decode_t *request;
  mmd_bitmap_t *bitmap;
  int *orientation;
  uint8_t *cmyk;  // one row
  mmd_status_t status;
  bool ended;    // the library asked for more than the file has
  bool starved;  // and pixels depended on it
  bool damaged;  // a warning was logged
} jpeg_t;

// The one way out of libjpeg: |status| says why.
static _Noreturn void leave(jpeg_t *self, mmd_status_t status) {
  self->status = status;
  longjmp(self->jump, 1);
}

static void on_error(j_common_ptr common) {
  jpeg_t *self = common->client_data;
  char message[JMSG_LENGTH_MAX];
  common->err->format_message(common, message);
  switch (common->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
      leave(self, mmd_status_no_memory());
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
      leave(self, MMD_ERROR(MMD_NOT_SUPPORTED, "this kind of JPEG: %s", message));
    case JERR_IMAGE_TOO_BIG:
      leave(self, MMD_ERROR(MMD_OUT_OF_RANGE, "JPEG: %s", message));
    default:
      if (self->ended) leave(self, MMD_ERROR(MMD_CORRUPT, "the JPEG file is truncated"));
      leave(self, MMD_ERROR(MMD_CORRUPT, "damaged JPEG file: %s", message));
  }
}

// Levels below zero are warnings about damage, others are traces.
static void on_message(j_common_ptr common, int level) {
  jpeg_t *self = common->client_data;
  if (level >= 0) return;
  if (self->ended && common->err->msg_code == JWRN_HIT_MARKER) self->starved = true;
  if (self->ended || self->damaged) return;
  self->damaged = true;
  char message[JMSG_LENGTH_MAX];
  common->err->format_message(common, message);
  MMD_LOGW("JPEG file: %s", message);
}

static void on_output(j_common_ptr common) {
  (void)common;
}

static void init_source(j_decompress_ptr jpeg) {
  (void)jpeg;
}

// All data was given at once: whoever wants more gets an end marker.
static boolean fill_source(j_decompress_ptr jpeg) {
  static const JOCTET end[] = {0xff, JPEG_EOI};
  ((jpeg_t *)jpeg->client_data)->ended = true;
  jpeg->src->next_input_byte = end;
  jpeg->src->bytes_in_buffer = sizeof end;
  return TRUE;
}

static void skip_source(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if ((size_t)count > jpeg->src->bytes_in_buffer) {
    fill_source(jpeg);
    return;
  }
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void on_progress(j_common_ptr common) {
  jpeg_t *self = common->client_data;
  if (self->jpeg.input_scan_number > MAX_SCANS) {
    leave(self, MMD_ERROR(MMD_OUT_OF_RANGE, "the JPEG file has more than %d scans", MAX_SCANS));
  }
}

// OpenCV looks at the first APP1 block alone: an orientation behind an XMP block does not count.
static void read_orientation(jpeg_t *self) {
  const jpeg_saved_marker_ptr first = self->jpeg.marker_list;
  if (!first || first->data_length < EXIF_HEADER_SIZE) return;
  if (memcmp(first->data, EXIF_HEADER, EXIF_HEADER_SIZE) != 0) return;
  *self->orientation =
      mmd_exif_orientation(first->data + EXIF_HEADER_SIZE, first->data_length - EXIF_HEADER_SIZE);
}

static void choose_output(jpeg_t *self) {
  struct jpeg_decompress_struct *jpeg = &self->jpeg;
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  if (jpeg->num_components == 4) {
    jpeg->out_color_space = JCS_CMYK;
  } else {
    jpeg->out_color_space = self->request->gray ? JCS_GRAYSCALE : JCS_EXT_BGR;
  }
}

// Adobe's files hold inverted values, so 255 is no ink.
static void store_cmyk(const jpeg_t *self, uint8_t *dst) {
  const uint8_t *src = self->cmyk;
  for (int x = 0; x < self->bitmap->width; ++x, src += 4) {
    const unsigned k = src[3];
    const unsigned red = k - ((255 - src[0]) * k >> 8);
    const unsigned green = k - ((255 - src[1]) * k >> 8);
    const unsigned blue = k - ((255 - src[2]) * k >> 8);
    if (self->request->gray) {
      *dst++ = mmd_decode_gray(blue, green, red);
      continue;
    }
    *dst++ = (uint8_t)blue;
    *dst++ = (uint8_t)green;
    *dst++ = (uint8_t)red;
  }
}

static void read_rows(jpeg_t *self) {
  struct jpeg_decompress_struct *jpeg = &self->jpeg;
  while (jpeg->output_scanline < jpeg->output_height) {
    const JDIMENSION done = jpeg->output_scanline;
    if (self->cmyk) {
      jpeg_read_scanlines(jpeg, &self->cmyk, 1);
      store_cmyk(self, mmd_bitmap_row(self->bitmap, done));
    } else {
      JSAMPROW rows[ROWS_AT_ONCE];
      JDIMENSION count = jpeg->output_height - done;
      if (count > ROWS_AT_ONCE) count = ROWS_AT_ONCE;
      for (JDIMENSION i = 0; i < count; ++i) rows[i] = mmd_bitmap_row(self->bitmap, done + i);
      jpeg_read_scanlines(jpeg, rows, count);
    }
    if (self->starved) {
      leave(self,
            MMD_ERROR(MMD_CORRUPT, "the JPEG file is truncated: about %u of %u rows are there",
                      done, jpeg->output_height));
    }
  }
}

// A progressive file that ends without its end marker is whole when every coefficient has all its
// bits.
static bool scans_are_missing(const jpeg_t *self) {
  const struct jpeg_decompress_struct *jpeg = &self->jpeg;
  if (!self->ended || !jpeg->progressive_mode || !jpeg->coef_bits) return false;
  for (int c = 0; c < jpeg->num_components; ++c) {
    for (int i = 0; i < DCTSIZE2; ++i) {
      if (jpeg->coef_bits[c][i] != 0) return true;
    }
  }
  return false;
}

static void decode(jpeg_t *self) {
  struct jpeg_decompress_struct *jpeg = &self->jpeg;
  jpeg_create_decompress(jpeg);
  jpeg->src = &self->source;
  jpeg->progress = &self->progress;
  jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(jpeg, TRUE);
  read_orientation(self);
  mmd_status_t status =
      mmd_decode_create_bitmap(self->request, jpeg->image_width, jpeg->image_height, self->bitmap);
  if (status) leave(self, status);
  choose_output(self);
  jpeg_start_decompress(jpeg);
  if (jpeg->out_color_space == JCS_CMYK) {
    self->cmyk = mmd_alloc((size_t)jpeg->output_width * 4);
    if (!self->cmyk) leave(self, mmd_status_no_memory());
  }
  if (scans_are_missing(self)) {
    leave(self, MMD_ERROR(MMD_CORRUPT, "the JPEG file is truncated: scans are missing"));
  }
  read_rows(self);
}

mmd_status_t mmd_jpeg_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                             int *inout_orientation) {
  jpeg_t *self = mmd_alloc(sizeof *self);
  MMD_TRY_ALLOC(self);
  self->request = request;
  self->bitmap = out_bitmap;
  self->orientation = inout_orientation;
  self->jpeg.client_data = self;
  self->jpeg.err = jpeg_std_error(&self->errors);
  self->errors.error_exit = on_error;
  self->errors.emit_message = on_message;
  self->errors.output_message = on_output;
  self->progress.progress_monitor = on_progress;
  self->source.next_input_byte = request->data;
  self->source.bytes_in_buffer = request->size;
  self->source.init_source = init_source;
  self->source.fill_input_buffer = fill_source;
  self->source.skip_input_data = skip_source;
  self->source.resync_to_restart = jpeg_resync_to_restart;
  self->source.term_source = init_source;
  if (setjmp(self->jump) == 0) decode(self);
  jpeg_destroy_decompress(&self->jpeg);
  mmd_status_t status = self->status;
  mmd_free(self->cmyk);
  mmd_free(self);
  return status;
}
