// SPDX-License-Identifier: Apache-2.0
//
// FFmpeg's libraries, opened with the first video, so that pictures do not pay for them. The major
// versions are those of the headers that this was compiled with.
#ifndef MMD_MEDIA_FFMPEG_API_H_
#define MMD_MEDIA_FFMPEG_API_H_

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "base/status.h"

// X(function), grouped by the library that holds it.
#define MMD_AVUTIL_FUNCTIONS(X) \
  X(av_display_rotation_get)    \
  X(av_frame_alloc)             \
  X(av_frame_free)              \
  X(av_frame_unref)             \
  X(av_frame_get_buffer)        \
  X(av_frame_make_writable)     \
  X(av_frame_get_plane_buffer)  \
  X(av_log_set_level)           \
  X(av_opt_set)                 \
  X(av_strerror)                \
  X(av_d2q)                     \
  X(av_image_get_linesize)      \
  X(av_pix_fmt_desc_get)        \
  X(av_dict_set)                \
  X(av_dict_free)
#define MMD_AVCODEC_FUNCTIONS(X)     \
  X(avcodec_alloc_context3)          \
  X(avcodec_free_context)            \
  X(avcodec_find_decoder)            \
  X(avcodec_find_encoder)            \
  X(avcodec_find_encoder_by_name)    \
  X(avcodec_open2)                   \
  X(avcodec_parameters_to_context)   \
  X(avcodec_parameters_from_context) \
  X(avcodec_send_packet)             \
  X(avcodec_receive_frame)           \
  X(avcodec_send_frame)              \
  X(avcodec_receive_packet)          \
  X(av_packet_alloc)                 \
  X(av_packet_free)                  \
  X(av_packet_unref)                 \
  X(av_packet_rescale_ts)
#define MMD_AVFORMAT_FUNCTIONS(X)   \
  X(avformat_open_input)            \
  X(avformat_close_input)           \
  X(avformat_find_stream_info)      \
  X(avformat_alloc_output_context2) \
  X(avformat_free_context)          \
  X(avformat_new_stream)            \
  X(avformat_write_header)          \
  X(av_find_best_stream)            \
  X(av_find_input_format)           \
  X(av_guess_frame_rate)            \
  X(av_guess_format)                \
  X(av_interleaved_write_frame)     \
  X(av_read_frame)                  \
  X(av_stream_get_side_data)        \
  X(av_write_trailer)               \
  X(avio_open)                      \
  X(avio_closep)
#define MMD_SWSCALE_FUNCTIONS(X) \
  X(sws_getContext)              \
  X(sws_freeContext)             \
  X(sws_scale)

typedef struct mmd_ffmpeg_api_t {
#define X(function) __typeof__(function) *function;
  MMD_AVUTIL_FUNCTIONS(X)
  MMD_AVCODEC_FUNCTIONS(X)
  MMD_AVFORMAT_FUNCTIONS(X)
  MMD_SWSCALE_FUNCTIONS(X)
#undef X
} mmd_ffmpeg_api_t;

// The functions, valid as long as the process. UNAVAILABLE or NOT_FOUND when a library or function
// is missing.
mmd_status_t mmd_ffmpeg_api_get(const mmd_ffmpeg_api_t **out_api) MMD_MUST_USE;

// Opens libavdevice, which holds the cameras.
mmd_status_t mmd_ffmpeg_open_devices(void) MMD_MUST_USE;

// A status for a negative result of FFmpeg.
mmd_status_t mmd_ffmpeg_error(const mmd_ffmpeg_api_t *api, const char *what, int code) MMD_MUST_USE;

#endif  // MMD_MEDIA_FFMPEG_API_H_
