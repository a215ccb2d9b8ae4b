// SPDX-License-Identifier: Apache-2.0
#include "media/ffmpeg_api.h"

#include <errno.h>
#include <libavdevice/version_major.h>

#include "base/dynlib.h"
#include "base/thread.h"

#define TEXT_OF(number) #number
#define SONAME(library, major) "lib" library ".so." TEXT_OF(major)

static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;
static mmd_ffmpeg_api_t g_api;
static mmd_dynlib_t *g_devices;

#define X(function) MMD_TRY(mmd_dynlib_symbol(library, #function, &api->function));
static mmd_status_t load_avutil(mmd_dynlib_t *library, mmd_ffmpeg_api_t *api) {
  MMD_AVUTIL_FUNCTIONS(X)
  return NULL;
}

static mmd_status_t load_avcodec(mmd_dynlib_t *library, mmd_ffmpeg_api_t *api) {
  MMD_AVCODEC_FUNCTIONS(X)
  return NULL;
}

static mmd_status_t load_avformat(mmd_dynlib_t *library, mmd_ffmpeg_api_t *api) {
  MMD_AVFORMAT_FUNCTIONS(X)
  return NULL;
}

static mmd_status_t load_swscale(mmd_dynlib_t *library, mmd_ffmpeg_api_t *api) {
  MMD_SWSCALE_FUNCTIONS(X)
  return NULL;
}
#undef X

static const struct {
  const char *name;
  mmd_status_t (*load)(mmd_dynlib_t *library, mmd_ffmpeg_api_t *api);
} LIBRARIES[] = {
    {SONAME("avutil", LIBAVUTIL_VERSION_MAJOR), load_avutil},
    {SONAME("avcodec", LIBAVCODEC_VERSION_MAJOR), load_avcodec},
    {SONAME("avformat", LIBAVFORMAT_VERSION_MAJOR), load_avformat},
    {SONAME("swscale", LIBSWSCALE_VERSION_MAJOR), load_swscale},
};
#define LIBRARY_COUNT (sizeof LIBRARIES / sizeof *LIBRARIES)
// After a success they stay open.
static mmd_dynlib_t *g_libraries[LIBRARY_COUNT];

static mmd_status_t load(mmd_ffmpeg_api_t *api) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < LIBRARY_COUNT && !status; ++i) {
    status = mmd_dynlib_open(LIBRARIES[i].name, &g_libraries[i]);
    if (!status) status = LIBRARIES[i].load(g_libraries[i], api);
  }
  if (!status) {
    api->av_log_set_level(AV_LOG_QUIET);  // what matters comes back as a status
    return NULL;
  }
  for (size_t i = 0; i < LIBRARY_COUNT; ++i) {
    mmd_dynlib_close(g_libraries[i]);
    g_libraries[i] = NULL;
  }
  return status;
}

mmd_status_t mmd_ffmpeg_api_get(const mmd_ffmpeg_api_t **out_api) {
  mmd_status_t status = NULL;
  mmd_mutex_lock(&g_mutex);
  if (!g_libraries[0]) status = load(&g_api);
  mmd_mutex_unlock(&g_mutex);
  *out_api = status ? NULL : &g_api;
  return mmd_status_annotate(status, "videos need FFmpeg's libraries (Debian: libavformat59)");
}

static mmd_status_t open_devices(void) {
  void (*register_all)(void) = NULL;
  mmd_dynlib_t *library = NULL;
  MMD_TRY(mmd_dynlib_open(SONAME("avdevice", LIBAVDEVICE_VERSION_MAJOR), &library));
  mmd_status_t status = mmd_dynlib_symbol(library, "avdevice_register_all", &register_all);
  if (status) {
    mmd_dynlib_close(library);
    return status;
  }
  register_all();
  g_devices = library;
  return NULL;
}

mmd_status_t mmd_ffmpeg_open_devices(void) {
  mmd_mutex_lock(&g_mutex);
  mmd_status_t status = g_devices ? NULL : open_devices();
  mmd_mutex_unlock(&g_mutex);
  return mmd_status_annotate(status, "cameras need FFmpeg's devices (Debian: libavdevice59)");
}

mmd_status_t mmd_ffmpeg_error(const mmd_ffmpeg_api_t *api, const char *what, int code) {
  char reason[AV_ERROR_MAX_STRING_SIZE] = "unknown reason";
  if (code == AVERROR(ENOMEM)) return mmd_status_no_memory();
  api->av_strerror(code, reason, sizeof reason);
  const mmd_code_t kind = code == AVERROR(ENOENT)       ? MMD_NOT_FOUND
                          : code == AVERROR_INVALIDDATA ? MMD_CORRUPT
                                                        : MMD_IO;
  return MMD_ERROR(kind, "%s: %s", what, reason);
}
