// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdio.h>

// jpeglib.h needs stdio.h before it.
#include <jerror.h>
#include <jpeglib.h>

#include "base/alloc.h"
#include "media/codec.h"

#define DEFAULT_QUALITY 95
#define BUFFER_SIZE 65536
#define ROWS_AT_ONCE 16
#define MAX_SIDE 65500

typedef struct encoder_t {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  jmp_buf jump;
  const mmd_bitmap_t *bitmap;
  int quality;
  mmd_writer_t *writer;
  mmd_status_t status;
  JOCTET buffer[BUFFER_SIZE];
} encoder_t;

static _Noreturn void leave(encoder_t *self, mmd_status_t status) {
  self->status = status;
  longjmp(self->jump, 1);
}

static void on_error(j_common_ptr common) {
  encoder_t *self = common->client_data;
  char message[JMSG_LENGTH_MAX];
  if (common->err->msg_code == JERR_OUT_OF_MEMORY) leave(self, mmd_status_no_memory());
  common->err->format_message(common, message);
  leave(self, MMD_ERROR(MMD_INTERNAL, "cannot write a JPEG file: %s", message));
}

static void on_message(j_common_ptr common, int level) {
  (void)common, (void)level;
}

static void on_output(j_common_ptr common) {
  (void)common;
}

static void init_destination(j_compress_ptr jpeg) {
  encoder_t *self = jpeg->client_data;
  self->destination.next_output_byte = self->buffer;
  self->destination.free_in_buffer = BUFFER_SIZE;
}

static void write_out(encoder_t *self, size_t size) {
  mmd_status_t status = mmd_writer_write(self->writer, self->buffer, size);
  if (status) leave(self, status);
}

static boolean empty_buffer(j_compress_ptr jpeg) {
  write_out(jpeg->client_data, BUFFER_SIZE);
  init_destination(jpeg);
  return TRUE;
}

static void end_destination(j_compress_ptr jpeg) {
  encoder_t *self = jpeg->client_data;
  write_out(self, BUFFER_SIZE - self->destination.free_in_buffer);
}

static void encode(encoder_t *self) {
  struct jpeg_compress_struct *jpeg = &self->jpeg;
  jpeg_create_compress(jpeg);
  jpeg->dest = &self->destination;
  jpeg->image_width = (JDIMENSION)self->bitmap->width;
  jpeg->image_height = (JDIMENSION)self->bitmap->height;
  jpeg->input_components = self->bitmap->channels;
  jpeg->in_color_space = self->bitmap->channels == 1 ? JCS_GRAYSCALE : JCS_EXT_BGR;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, self->quality, TRUE);
  jpeg_start_compress(jpeg, TRUE);
  while (jpeg->next_scanline < jpeg->image_height) {
    JSAMPROW rows[ROWS_AT_ONCE];
    JDIMENSION count = jpeg->image_height - jpeg->next_scanline;
    if (count > ROWS_AT_ONCE) count = ROWS_AT_ONCE;
    for (JDIMENSION i = 0; i < count; ++i) {
      rows[i] = mmd_bitmap_row(self->bitmap, jpeg->next_scanline + i);
    }
    jpeg_write_scanlines(jpeg, rows, count);
  }
  jpeg_finish_compress(jpeg);
}

mmd_status_t mmd_jpeg_encode(const mmd_bitmap_t *bitmap, int quality, mmd_writer_t *writer) {
  if (bitmap->width > MAX_SIDE || bitmap->height > MAX_SIDE) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "a JPEG file holds at most %d x %d pixels, not %d x %d",
                     MAX_SIDE, MAX_SIDE, bitmap->width, bitmap->height);
  }
  encoder_t *self = mmd_alloc(sizeof *self);
  MMD_TRY_ALLOC(self);
  self->bitmap = bitmap;
  self->quality = quality ? quality : DEFAULT_QUALITY;
  self->writer = writer;
  self->jpeg.client_data = self;
  self->jpeg.err = jpeg_std_error(&self->errors);
  self->errors.error_exit = on_error;
  self->errors.emit_message = on_message;
  self->errors.output_message = on_output;
  self->destination.init_destination = init_destination;
  self->destination.empty_output_buffer = empty_buffer;
  self->destination.term_destination = end_destination;
  if (setjmp(self->jump) == 0) encode(self);
  jpeg_destroy_compress(&self->jpeg);
  mmd_status_t status = self->status;
  mmd_free(self);
  return status;
}
