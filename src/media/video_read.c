// SPDX-License-Identifier: Apache-2.0
//
// Frames of videos and cameras, equal to those of cv2.VideoCapture.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/last_error.h"
#include "base/str.h"
#include "media/ffmpeg_api.h"
#include "media/image.h"

#define ALIGNMENT 64
#define ROW_MARGIN 64  // the converters write whole vectors

struct mmdeploy_video {
  const mmd_ffmpeg_api_t *api;
  char *path;
  AVFormatContext *format;
  AVCodecContext *codec;
  AVPacket *packet;
  AVFrame *frame;
  int stream;
  int orientation;  // that of EXIF
  bool is_flushing, has_ended;
  struct SwsContext *converter;  // for frames of the next three
  int converter_width, converter_height, converter_format;
  uint8_t *rows;  // BGR of the converter's size
  int row_size;
};

static void close_video(mmdeploy_video_t video) {
  const mmd_ffmpeg_api_t *api = video->api;
  if (api) {
    api->sws_freeContext(video->converter);
    if (video->frame) api->av_frame_free(&video->frame);
    if (video->packet) api->av_packet_free(&video->packet);
    if (video->codec) api->avcodec_free_context(&video->codec);
    if (video->format) api->avformat_close_input(&video->format);
  }
  mmd_free_aligned(video->rows);
  mmd_free(video->path);
  mmd_free(video);
}

//===--- opening -----------------------------------------------------------===//

// What the path means to FFmpeg. A plain file may name nothing but files, whatever it holds.
static mmd_status_t open_input(mmdeploy_video_t video) {
  const mmd_ffmpeg_api_t *api = video->api;
  const AVInputFormat *input = NULL;
  AVDictionary *options = NULL;
  mmd_str_t url = {0};
  mmd_status_t status = NULL;
  if (mmd_str_starts_with(video->path, "camera:") ||
      mmd_str_starts_with(video->path, "/dev/video")) {
    const bool is_number = *video->path == 'c';
    MMD_TRY(mmd_ffmpeg_open_devices());
    input = api->av_find_input_format("v4l2");
    if (!input) return MMD_ERROR(MMD_UNAVAILABLE, "this FFmpeg has no input device 'v4l2'");
    status = mmd_str_printf(&url, "%s%s", is_number ? "/dev/video" : "",
                            is_number ? strchr(video->path, ':') + 1 : video->path);
  } else if (strstr(video->path, "://")) {
    status = mmd_str_append(&url, video->path);
  } else {
    status = mmd_str_printf(&url, "file:%s", video->path);
    if (!status && api->av_dict_set(&options, "protocol_whitelist", "file", 0) < 0)
      status = mmd_status_no_memory();
  }
  if (!status) {
    const int code = api->avformat_open_input(&video->format, mmd_str_text(&url), input, &options);
    if (code < 0) status = mmd_ffmpeg_error(api, "cannot open the video", code);
  }
  api->av_dict_free(&options);
  mmd_str_deinit(&url);
  return status;
}

// As OpenCV turns: only quarter turns count.
static int orientation_of(const mmd_ffmpeg_api_t *api, const AVStream *stream) {
  const uint8_t *matrix = api->av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
  int32_t numbers[9];
  if (!matrix) return 1;
  memcpy(numbers, matrix, sizeof numbers);
  const double angle = api->av_display_rotation_get(numbers);
  if (!isfinite(angle)) return 1;
  const long turn = (lround(-angle) % 360 + 360) % 360;
  return turn == 90 ? 6 : turn == 180 ? 3 : turn == 270 ? 8 : 1;
}

static mmd_status_t open_codec(mmdeploy_video_t video) {
  const mmd_ffmpeg_api_t *api = video->api;
  const AVCodec *decoder = NULL;
  int code = api->avformat_find_stream_info(video->format, NULL);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot read the video's head", code);
  video->stream = api->av_find_best_stream(video->format, AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);
  if (video->stream < 0) return mmd_ffmpeg_error(api, "no video stream", video->stream);
  AVStream *stream = video->format->streams[video->stream];
  for (unsigned i = 0; i < video->format->nb_streams; ++i) {
    if ((int)i != video->stream) video->format->streams[i]->discard = AVDISCARD_ALL;
  }
  if (!decoder) return MMD_ERROR(MMD_NOT_SUPPORTED, "this FFmpeg has no decoder for the video");
  video->codec = api->avcodec_alloc_context3(decoder);
  MMD_TRY_ALLOC(video->codec);
  code = api->avcodec_parameters_to_context(video->codec, stream->codecpar);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot set the decoder up", code);
  MMD_TRY(mmd_bitmap_check_size((uint64_t)(video->codec->width > 0 ? video->codec->width : 0),
                                (uint64_t)(video->codec->height > 0 ? video->codec->height : 0),
                                MMD_BITMAP_MAX_PIXELS));
  video->codec->thread_count = 0;  // as many as there are processors
  code = api->avcodec_open2(video->codec, decoder, NULL);
  if (code < 0) return mmd_ffmpeg_error(api, "cannot start the decoder", code);
  video->orientation = orientation_of(api, stream);
  return NULL;
}

static mmd_status_t open_all(mmdeploy_video_t video, const char *path) {
  video->path = mmd_strdup(path);
  MMD_TRY_ALLOC(video->path);
  MMD_TRY(mmd_ffmpeg_api_get(&video->api));
  MMD_TRY(open_input(video));
  MMD_TRY(open_codec(video));
  video->packet = video->api->av_packet_alloc();
  video->frame = video->api->av_frame_alloc();
  MMD_TRY_ALLOC(video->packet);
  MMD_TRY_ALLOC(video->frame);
  return NULL;
}

static mmd_status_t open_video(const char *path, mmdeploy_video_t *out_video) {
  if (!path) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'path' is NULL");
  mmdeploy_video_t video = mmd_alloc(sizeof *video);
  MMD_TRY_ALLOC(video);
  mmd_status_t status = open_all(video, path);
  if (status) {
    close_video(video);
    return mmd_status_annotate(status, "%s", path);
  }
  *out_video = video;
  return NULL;
}

int mmdeploy_video_open(const char *path, mmdeploy_video_t *video) {
  if (!video)
    return mmd_last_error_set(__func__, MMD_ERROR(MMD_INVALID_ARGUMENT, "'video' is NULL"));
  *video = NULL;
  return mmd_last_error_set(__func__, open_video(path, video));
}

static mmd_status_t get_info(mmdeploy_video_t video, mmdeploy_video_info_t *info) {
  if (!video || !info) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'video' or 'info' is NULL");
  AVStream *stream = video->format->streams[video->stream];
  const AVRational rate = video->api->av_guess_frame_rate(video->format, stream, NULL);
  const bool is_turned = video->orientation >= 5;
  info->width = is_turned ? video->codec->height : video->codec->width;
  info->height = is_turned ? video->codec->width : video->codec->height;
  info->frame_rate = rate.num > 0 && rate.den > 0 ? (double)rate.num / rate.den : 0;
  info->frame_count = stream->nb_frames > 0 ? stream->nb_frames : 0;
  if (!info->frame_count && video->format->duration > 0) {
    info->frame_count =
        (int64_t)floor((double)video->format->duration / AV_TIME_BASE * info->frame_rate + 0.5);
  }
  return NULL;
}

int mmdeploy_video_get_info(mmdeploy_video_t video, mmdeploy_video_info_t *info) {
  return mmd_last_error_set(__func__, get_info(video, info));
}

//===--- frames ------------------------------------------------------------===//

// Whether the frame's planes really have |height| rows of |width| pixels, which is more than what
// is shown.
static bool has_pixels(mmdeploy_video_t video, int width, int height) {
  const AVFrame *frame = video->frame;
  const AVPixFmtDescriptor *pixels = video->api->av_pix_fmt_desc_get(frame->format);
  if (!pixels) return false;
  for (int i = 0; i < 4 && frame->data[i]; ++i) {
    AVBufferRef *buffer = video->api->av_frame_get_plane_buffer(video->frame, i);
    const int shift = i == 1 || i == 2 ? pixels->log2_chroma_h : 0;
    const size_t rows = (size_t)((height + (1 << shift) - 1) >> shift);
    const int size = video->api->av_image_get_linesize(frame->format, width, i);
    if (!buffer || frame->linesize[i] <= 0 || size > frame->linesize[i]) return false;
    const size_t begin = (size_t)(frame->data[i] - buffer->data);
    if (begin + rows * (size_t)frame->linesize[i] > buffer->size) return false;
  }
  return true;
}

// OpenCV converts the coded picture, not only what is shown; with an odd number of rows the
// converter would take another way, with other pixels.
static void choose_size(mmdeploy_video_t video, int *width, int *height) {
  const AVCodecContext *codec = video->codec;
  const AVFrame *frame = video->frame;
  *width = frame->width;
  *height = frame->height;
  if (codec->width != frame->width || codec->height != frame->height) return;
  if (codec->coded_width < frame->width || codec->coded_height < frame->height) return;
  if (!has_pixels(video, codec->coded_width, codec->coded_height)) return;
  *width = codec->coded_width;
  *height = codec->coded_height;
}

static mmd_status_t prepare_converter(mmdeploy_video_t video, int width, int height) {
  const int format = video->frame->format;
  if (video->converter && video->converter_width == width && video->converter_height == height &&
      video->converter_format == format) {
    return NULL;
  }
  video->api->sws_freeContext(video->converter);
  video->converter = NULL;
  mmd_free_aligned(video->rows);
  video->row_size = (width * 3 + ROW_MARGIN + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  video->rows = mmd_alloc_aligned((size_t)video->row_size * ((size_t)height + 1), ALIGNMENT);
  MMD_TRY_ALLOC(video->rows);
  video->converter = video->api->sws_getContext(width, height, format, width, height,
                                                AV_PIX_FMT_BGR24, SWS_BICUBIC, NULL, NULL, NULL);
  if (!video->converter) return MMD_ERROR(MMD_NOT_SUPPORTED, "frames of pixel format %d", format);
  video->converter_width = width;
  video->converter_height = height;
  video->converter_format = format;
  return NULL;
}

static mmd_status_t convert_frame(mmdeploy_video_t video, mmd_bitmap_t *out_bitmap) {
  const AVFrame *frame = video->frame;
  int width = 0, height = 0;
  MMD_TRY(mmd_bitmap_check_size((uint64_t)(frame->width > 0 ? frame->width : 0),
                                (uint64_t)(frame->height > 0 ? frame->height : 0),
                                MMD_BITMAP_MAX_PIXELS / 2));
  choose_size(video, &width, &height);
  MMD_TRY(prepare_converter(video, width, height));
  uint8_t *const planes[] = {video->rows};
  const int strides[] = {video->row_size};
  video->api->sws_scale(video->converter, (const uint8_t *const *)frame->data, frame->linesize, 0,
                        height, planes, strides);
  MMD_TRY(mmd_bitmap_create((uint32_t)frame->width, (uint32_t)frame->height, 3, out_bitmap));
  for (int y = 0; y < frame->height; ++y) {
    memcpy(mmd_bitmap_row(out_bitmap, (size_t)y), video->rows + (size_t)y * (size_t)video->row_size,
           mmd_bitmap_stride(out_bitmap));
  }
  return NULL;
}

// Feeds the decoder until it has a frame; |has_ended| when there are no more.
static mmd_status_t decode_frame(mmdeploy_video_t video) {
  const mmd_ffmpeg_api_t *api = video->api;
  while (!video->has_ended) {
    int code = api->avcodec_receive_frame(video->codec, video->frame);
    if (code >= 0) return NULL;
    if (code == AVERROR_EOF || video->is_flushing) {
      video->has_ended = true;
      break;
    }
    if (code != AVERROR(EAGAIN)) return mmd_ffmpeg_error(api, "cannot decode a frame", code);
    code = api->av_read_frame(video->format, video->packet);
    if (code == AVERROR(EAGAIN)) continue;
    if (code < 0) {
      // The end, or a file that is cut off: what was read so far still comes out.
      video->is_flushing = true;
      (void)api->avcodec_send_packet(video->codec, NULL);
      continue;
    }
    // A damaged packet costs its frame only, as in OpenCV.
    if (video->packet->stream_index == video->stream)
      (void)api->avcodec_send_packet(video->codec, video->packet);
    api->av_packet_unref(video->packet);
  }
  return NULL;
}

static mmd_status_t read_frame(mmdeploy_video_t video, mmdeploy_image_t *out_image) {
  mmd_bitmap_t bitmap = {0};
  if (!video) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'video' is NULL");
  mmd_status_t status = decode_frame(video);
  if (!status && video->has_ended) return NULL;
  if (!status) status = convert_frame(video, &bitmap);
  video->api->av_frame_unref(video->frame);
  if (!status) status = mmd_bitmap_orient(&bitmap, video->orientation);
  if (status) {
    mmd_bitmap_deinit(&bitmap);
    return mmd_status_annotate(status, "%s", video->path);
  }
  return mmd_image_wrap(&bitmap, out_image);
}

int mmdeploy_video_read(mmdeploy_video_t video, mmdeploy_image_t *frame) {
  if (!frame)
    return mmd_last_error_set(__func__, MMD_ERROR(MMD_INVALID_ARGUMENT, "'frame' is NULL"));
  *frame = NULL;
  return mmd_last_error_set(__func__, read_frame(video, frame));
}

void mmdeploy_video_close(mmdeploy_video_t video) {
  if (video) close_video(video);
}
