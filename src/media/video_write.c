// SPDX-License-Identifier: Apache-2.0
//
// Videos to files: H.264, or MPEG-4 where FFmpeg was built without an encoder for it.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/last_error.h"
#include "base/str.h"
#include "media/ffmpeg_api.h"
#include "media/image.h"

#define DEFAULT_RATE 25.

struct mmdeploy_video_writer {
  const mmd_ffmpeg_api_t *api;
  char *path, *partial;  // the name until it is finished
  double frame_rate;
  AVFormatContext *format;
  AVCodecContext *codec;
  AVStream *stream;
  AVPacket *packet;
  AVFrame *frame;
  struct SwsContext *converter;
  mmd_bitmap_t cut;  // for frames of another size than the first
  int width, height;
  int64_t count;
  bool has_file, has_header;
};

static void free_writer(mmdeploy_video_writer_t writer) {
  const mmd_ffmpeg_api_t *api = writer->api;
  if (api) {
    api->sws_freeContext(writer->converter);
    if (writer->frame) api->av_frame_free(&writer->frame);
    if (writer->packet) api->av_packet_free(&writer->packet);
    if (writer->codec) api->avcodec_free_context(&writer->codec);
    if (writer->format && writer->format->pb) (void)api->avio_closep(&writer->format->pb);
    api->avformat_free_context(writer->format);
  }
  if (writer->has_file) (void)unlink(writer->partial);
  mmd_bitmap_deinit(&writer->cut);
  mmd_free(writer->partial);
  mmd_free(writer->path);
  mmd_free(writer);
}

//===--- set-up ------------------------------------------------------------===//

static mmd_status_t check_container(mmdeploy_video_writer_t writer) {
  const AVOutputFormat *container = writer->api->av_guess_format(NULL, writer->path, NULL);
  if (container && container->video_codec != AV_CODEC_ID_NONE) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "not the name of a video; .mp4, .mkv, .avi and .mov are known");
}

static mmd_status_t create_all(mmdeploy_video_writer_t writer, const char *path,
                               double frame_rate) {
  mmd_str_t partial = {0};
  writer->path = mmd_strdup(path);
  MMD_TRY_ALLOC(writer->path);
  MMD_TRY(mmd_str_printf(&partial, "%s.%ld.partial", path, (long)getpid()));
  writer->partial = mmd_str_take(&partial);
  MMD_TRY_ALLOC(writer->partial);
  writer->frame_rate =
      isfinite(frame_rate) && frame_rate > 0 && frame_rate <= 1000 ? frame_rate : DEFAULT_RATE;
  MMD_TRY(mmd_ffmpeg_api_get(&writer->api));
  return check_container(writer);
}

static mmd_status_t create_writer(const char *path, double frame_rate,
                                  mmdeploy_video_writer_t *out_writer) {
  if (!path) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'path' is NULL");
  mmdeploy_video_writer_t writer = mmd_alloc(sizeof *writer);
  MMD_TRY_ALLOC(writer);
  mmd_status_t status = create_all(writer, path, frame_rate);
  if (status) {
    free_writer(writer);
    return mmd_status_annotate(status, "%s", path);
  }
  *out_writer = writer;
  return NULL;
}

int mmdeploy_video_writer_create(const char *path, double frame_rate,
                                 mmdeploy_video_writer_t *writer) {
  if (!writer)
    return mmd_last_error_set(__func__, MMD_ERROR(MMD_INVALID_ARGUMENT, "'writer' is NULL"));
  *writer = NULL;
  return mmd_last_error_set(__func__, create_writer(path, frame_rate, writer));
}

static mmd_status_t open_encoder(mmdeploy_video_writer_t writer) {
  const mmd_ffmpeg_api_t *api = writer->api;
  const AVCodec *encoder = api->avcodec_find_encoder_by_name("libx264");
  if (!encoder) encoder = api->avcodec_find_encoder(AV_CODEC_ID_MPEG4);
  if (!encoder) return MMD_ERROR(MMD_UNAVAILABLE, "this FFmpeg encodes neither H.264 nor MPEG-4");
  AVCodecContext *codec = writer->codec = api->avcodec_alloc_context3(encoder);
  MMD_TRY_ALLOC(codec);
  codec->width = writer->width;
  codec->height = writer->height;
  codec->pix_fmt = AV_PIX_FMT_YUV420P;
  codec->framerate = api->av_d2q(writer->frame_rate, 65535);
  codec->time_base = av_inv_q(codec->framerate);
  if (encoder->id == AV_CODEC_ID_H264) {
    (void)api->av_opt_set(codec->priv_data, "preset", "veryfast", 0);
    (void)api->av_opt_set(codec->priv_data, "crf", "20", 0);
  } else {
    codec->bit_rate = (int64_t)writer->width * writer->height * 4;
  }
  if (writer->format->oformat->flags & AVFMT_GLOBALHEADER)
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  const int code = api->avcodec_open2(codec, encoder, NULL);
  return code < 0 ? mmd_ffmpeg_error(api, "cannot start the encoder", code) : NULL;
}

static mmd_status_t open_container(mmdeploy_video_writer_t writer) {
  const mmd_ffmpeg_api_t *api = writer->api;
  writer->stream = api->avformat_new_stream(writer->format, NULL);
  MMD_TRY_ALLOC(writer->stream);
  writer->stream->time_base = writer->codec->time_base;
  writer->stream->avg_frame_rate = writer->codec->framerate;
  int code = api->avcodec_parameters_from_context(writer->stream->codecpar, writer->codec);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot set the container up", code);
  code = api->avio_open(&writer->format->pb, writer->partial, AVIO_FLAG_WRITE);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot write", code);
  writer->has_file = true;
  code = api->avformat_write_header(writer->format, NULL);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot write the head", code);
  writer->has_header = true;
  return NULL;
}

// The encoders want even sides.
static mmd_status_t start(mmdeploy_video_writer_t writer, const mmd_bitmap_t *first) {
  const mmd_ffmpeg_api_t *api = writer->api;
  writer->width = first->width + (first->width & 1);
  writer->height = first->height + (first->height & 1);
  const AVOutputFormat *container = api->av_guess_format(NULL, writer->path, NULL);
  const int code =
      api->avformat_alloc_output_context2(&writer->format, container, NULL, writer->partial);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot make the container", code);
  MMD_TRY(open_encoder(writer));
  MMD_TRY(open_container(writer));
  writer->converter =
      api->sws_getContext(writer->width, writer->height, AV_PIX_FMT_BGR24, writer->width,
                          writer->height, AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
  writer->packet = api->av_packet_alloc();
  writer->frame = api->av_frame_alloc();
  MMD_TRY_ALLOC(writer->converter);
  MMD_TRY_ALLOC(writer->packet);
  MMD_TRY_ALLOC(writer->frame);
  writer->frame->format = AV_PIX_FMT_YUV420P;
  writer->frame->width = writer->width;
  writer->frame->height = writer->height;
  MMD_TRY(mmd_bitmap_create((uint32_t)writer->width, (uint32_t)writer->height, 3, &writer->cut));
  return api->av_frame_get_buffer(writer->frame, 0) < 0 ? mmd_status_no_memory() : NULL;
}

//===--- frames ------------------------------------------------------------===//

// |frame| NULL: the rest.
static mmd_status_t encode(mmdeploy_video_writer_t writer, const AVFrame *frame) {
  const mmd_ffmpeg_api_t *api = writer->api;
  int code = api->avcodec_send_frame(writer->codec, frame);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot encode", code);
  for (;;) {
    code = api->avcodec_receive_packet(writer->codec, writer->packet);
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return NULL;
    if (code < 0) return mmd_ffmpeg_error(api, "cannot encode", code);
    writer->packet->stream_index = writer->stream->index;
    writer->packet->duration = 1;
    api->av_packet_rescale_ts(writer->packet, writer->codec->time_base, writer->stream->time_base);
    code = api->av_interleaved_write_frame(writer->format, writer->packet);
    if (code < 0) return mmd_ffmpeg_error(api, "cannot write", code);
  }
}

// The frame in the video's size.
static void fit(mmdeploy_video_writer_t writer, const mmd_bitmap_t *bitmap) {
  const int rows = bitmap->height < writer->height ? bitmap->height : writer->height;
  const size_t used = (size_t)(bitmap->width < writer->width ? bitmap->width : writer->width) * 3;
  const size_t stride = mmd_bitmap_stride(&writer->cut);
  memset(writer->cut.pixels, 0, stride * (size_t)writer->height);
  for (int y = 0; y < rows; ++y)
    memcpy(mmd_bitmap_row(&writer->cut, (size_t)y), mmd_bitmap_row(bitmap, (size_t)y), used);
}

static mmd_status_t write_bitmap(mmdeploy_video_writer_t writer, const mmd_bitmap_t *bitmap) {
  if (!writer->format) MMD_TRY(start(writer, bitmap));
  if (writer->api->av_frame_make_writable(writer->frame) < 0) return mmd_status_no_memory();
  fit(writer, bitmap);
  const uint8_t *const planes[] = {writer->cut.pixels};
  const int strides[] = {(int)mmd_bitmap_stride(&writer->cut)};
  writer->api->sws_scale(writer->converter, planes, strides, 0, writer->height, writer->frame->data,
                         writer->frame->linesize);
  writer->frame->pts = writer->count++;
  return encode(writer, writer->frame);
}

static mmd_status_t write_frame(mmdeploy_video_writer_t writer, mmdeploy_image_t frame) {
  if (!writer || !frame) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'writer' or 'frame' is NULL");
  if (writer->count < 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "the writer failed before");
  mmd_status_t status = mmd_image_make_bgr(frame);
  if (!status) status = write_bitmap(writer, &frame->bitmap);
  if (status) writer->count = -1;
  return mmd_status_annotate(status, "%s", writer->path);
}

int mmdeploy_video_writer_write(mmdeploy_video_writer_t writer, mmdeploy_image_t frame) {
  return mmd_last_error_set(__func__, write_frame(writer, frame));
}

static mmd_status_t finish(mmdeploy_video_writer_t writer) {
  if (!writer) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'writer' is NULL");
  if (writer->count <= 0 || !writer->has_header)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: no frame was written", writer->path);
  const mmd_ffmpeg_api_t *api = writer->api;
  MMD_TRY(encode(writer, NULL));
  int code = api->av_write_trailer(writer->format);
  if (code >= 0) code = api->avio_closep(&writer->format->pb);
  if (code < 0) return mmd_ffmpeg_error(api, writer->path, code);
  writer->count = -1;
  if (rename(writer->partial, writer->path) != 0)
    return MMD_ERROR(MMD_IO, "%s: %s", writer->path, strerror(errno));
  writer->has_file = false;
  return NULL;
}

int mmdeploy_video_writer_finish(mmdeploy_video_writer_t writer) {
  return mmd_last_error_set(__func__, finish(writer));
}

void mmdeploy_video_writer_destroy(mmdeploy_video_writer_t writer) {
  if (writer) free_writer(writer);
}
