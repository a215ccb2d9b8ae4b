// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"
#include "kernels/color.h"
#include "media/codec.h"
#include "media/png_alloc.h"

#define COMPRESSION_LEVEL \
  3  // pictures grow by a few percent against level 6 and take half the time

typedef struct sink_t {
  mmd_writer_t *writer;
  mmd_status_t status;
} sink_t;

static int write_bytes(spng_ctx *context, void *user, void *data, size_t size) {
  (void)context;
  sink_t *sink = user;
  if (!sink->status) sink->status = mmd_writer_write(sink->writer, data, size);
  return sink->status ? SPNG_IO_ERROR : 0;
}

static int write_rows(spng_ctx *context, const mmd_bitmap_t *bitmap, uint8_t *row) {
  static const uint8_t rgb[] = {2, 1, 0};
  const size_t stride = mmd_bitmap_stride(bitmap);
  int error = 0;
  for (int y = 0; y < bitmap->height && !error; ++y) {
    const uint8_t *src = mmd_bitmap_row(bitmap, (size_t)y);
    if (bitmap->channels == 3) {
      mmd_color_shuffle_u8(src, stride, 3, (size_t)bitmap->width, 1, row, stride, 3, rgb);
      src = row;
    }
    error = spng_encode_row(context, src, stride);
  }
  return error == SPNG_EOI ? 0 : error;
}

static int write_all(spng_ctx *context, const mmd_bitmap_t *bitmap, uint8_t *row, sink_t *sink) {
  struct spng_ihdr header = {
      .width = (uint32_t)bitmap->width,
      .height = (uint32_t)bitmap->height,
      .bit_depth = 8,
      .color_type = bitmap->channels == 3 ? SPNG_COLOR_TYPE_TRUECOLOR : SPNG_COLOR_TYPE_GRAYSCALE};
  int error = spng_set_png_stream(context, write_bytes, sink);
  if (!error) error = spng_set_ihdr(context, &header);
  if (!error) error = spng_set_option(context, SPNG_IMG_COMPRESSION_LEVEL, COMPRESSION_LEVEL);
  if (!error) {
    error = spng_encode_image(context, NULL, 0, SPNG_FMT_PNG,
                              SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE);
  }
  return error ? error : write_rows(context, bitmap, row);
}

mmd_status_t mmd_png_encode(const mmd_bitmap_t *bitmap, int quality, mmd_writer_t *writer) {
  (void)quality;
  sink_t sink = {.writer = writer};
  uint8_t *row = mmd_alloc_uninit(mmd_bitmap_stride(bitmap));
  MMD_TRY_ALLOC(row);
  spng_ctx *context = mmd_png_context_create(SPNG_CTX_ENCODER);
  mmd_status_t status = NULL;
  if (!context) {
    status = mmd_status_no_memory();
  } else {
    const int error = write_all(context, bitmap, row, &sink);
    status = sink.status ? sink.status : mmd_png_status(error);
  }
  spng_ctx_free(context);
  mmd_free(row);
  return status;
}
