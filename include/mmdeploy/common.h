// SPDX-License-Identifier: Apache-2.0
//
// Types and functions that all tasks share. Layouts, names and numbers are those of the MMDeploy
// SDK, so programs written for it compile and link unchanged.
//
// Conventions of every header
// - A function that returns int gives a mmdeploy_status_t. After a failure its out-parameters are
//   NULL and nothing is left to free; mmdeploy_last_error_message (ext.h) says
//   what happened.
// - Handles are opaque; each has one destroy function, which accepts NULL.
// - Strings and arrays passed in are borrowed for the call unless a comment says otherwise.
// - NULL where an object is needed is answered by MMDEPLOY_E_INVALID_ARG.
// - Different handles may be used from different threads at the same time. Which functions may
//   share one handle is said
//   where it is so.
#ifndef MMDEPLOY_COMMON_H
#define MMDEPLOY_COMMON_H

#include <stdint.h>

#ifndef MMDEPLOY_EXPORT
#ifdef _MSC_VER
#define MMDEPLOY_EXPORT __declspec(dllexport)
#else
#define MMDEPLOY_EXPORT __attribute__((visibility("default")))
#endif
#endif

#ifndef MMDEPLOY_API
#ifdef MMDEPLOY_API_EXPORTS
#define MMDEPLOY_API MMDEPLOY_EXPORT
#else
#define MMDEPLOY_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

// Order and meaning of the channels of a picture.
typedef enum mmdeploy_pixel_format_t {
  MMDEPLOY_PIXEL_FORMAT_BGR,        // 3 bytes a pixel
  MMDEPLOY_PIXEL_FORMAT_RGB,        // 3 bytes a pixel
  MMDEPLOY_PIXEL_FORMAT_GRAYSCALE,  // 1 byte a pixel
  MMDEPLOY_PIXEL_FORMAT_NV12,       // luma plane, then interleaved U and V at half resolution; even
                                    // sides
  MMDEPLOY_PIXEL_FORMAT_NV21,       // the same with V before U
  MMDEPLOY_PIXEL_FORMAT_BGRA,       // 4 bytes a pixel; alpha is ignored
  MMDEPLOY_PIXEL_FORMAT_COUNT
} mmdeploy_pixel_format_t;

// Type of one channel of a pixel.
typedef enum mmdeploy_data_type_t {
  MMDEPLOY_DATA_TYPE_FLOAT,  // 32-bit
  MMDEPLOY_DATA_TYPE_HALF,   // 16-bit
  MMDEPLOY_DATA_TYPE_UINT8,
  MMDEPLOY_DATA_TYPE_INT32,
  MMDEPLOY_DATA_TYPE_COUNT
} mmdeploy_data_type_t;

// What a function returns.
typedef enum mmdeploy_status_t {
  MMDEPLOY_SUCCESS = 0,
  MMDEPLOY_E_INVALID_ARG =
      1,  // NULL, a count or enumerator outside its range, an unknown device name
  MMDEPLOY_E_NOT_SUPPORTED = 2,  // well formed, but this build, package or engine cannot do it
  MMDEPLOY_E_OUT_OF_RANGE = 3,   // a size or number outside its limits
  MMDEPLOY_E_OUT_OF_MEMORY = 4,
  MMDEPLOY_E_FILE_NOT_EXIST = 5,
  MMDEPLOY_E_FAIL = 6,  // everything else
  MMDEPLOY_STATUS_COUNT = 7
} mmdeploy_status_t;

typedef struct mmdeploy_device *mmdeploy_device_t;
typedef struct mmdeploy_profiler *mmdeploy_profiler_t;
typedef struct mmdeploy_value *mmdeploy_value_t;
typedef struct mmdeploy_context *mmdeploy_context_t;

// A picture handed in. Rows are packed, top row first: a row has width x channels(format) elements.
// |height| is the picture's height for NV12 and NV21 too. |channel| is ignored; |format| decides.
// |data| is borrowed until the call that uses it returns.
typedef struct mmdeploy_mat_t {
  uint8_t *data;
  int height;
  int width;
  int channel;
  mmdeploy_pixel_format_t format;
  mmdeploy_data_type_t type;
  mmdeploy_device_t device;  // NULL = host memory
} mmdeploy_mat_t;

// A box in pixels of the picture handed in; right and bottom edges as the model gives them.
typedef struct mmdeploy_rect_t {
  float left;
  float top;
  float right;
  float bottom;
} mmdeploy_rect_t;

// A point in pixels of the picture handed in; (0, 0) is the centre of the top left pixel.
typedef struct mmdeploy_point_t {
  float x;
  float y;
} mmdeploy_point_t;

// What mmdeploy_context_add takes.
typedef enum mmdeploy_context_type_t {
  MMDEPLOY_TYPE_DEVICE = 0,     // mmdeploy_device_t; |name| is ignored; adding again replaces
  MMDEPLOY_TYPE_STREAM = 1,     // not supported
  MMDEPLOY_TYPE_MODEL = 2,      // mmdeploy_model_t under |name|
  MMDEPLOY_TYPE_SCHEDULER = 3,  // mmdeploy_scheduler_t under |name|
  MMDEPLOY_TYPE_MAT = 4,        // not supported
  MMDEPLOY_TYPE_PROFILER = 5,   // mmdeploy_profiler_t; |name| is ignored
} mmdeploy_context_type_t;

// A new handle on a copy of |value|: deep for arrays and objects, shared for pictures and tensors.
// NULL for NULL, and when memory is short.
MMDEPLOY_API mmdeploy_value_t mmdeploy_value_copy(mmdeploy_value_t value);

// Frees a value handle.
MMDEPLOY_API void mmdeploy_value_destroy(mmdeploy_value_t value);

// A device by platform name ("cpu") and index. "name:index" is accepted when |device_id| is 0.
// MMDEPLOY_E_INVALID_ARG for a name that this library does not know.
MMDEPLOY_API int mmdeploy_device_create(const char *device_name, int device_id,
                                        mmdeploy_device_t *device);

// Frees the handle; what was created from the device keeps its own copy.
MMDEPLOY_API void mmdeploy_device_destroy(mmdeploy_device_t device);

// A recorder of stage times that is written to |path| (copied) when it is destroyed: as Chrome
// trace events when the path ends in ".json", else in the text form that MMDeploy's analyser reads.
MMDEPLOY_API int mmdeploy_profiler_create(const char *path, mmdeploy_profiler_t *profiler);

// Writes the file, then frees. Pipelines made with the profiler stay valid and stop recording.
MMDEPLOY_API void mmdeploy_profiler_destroy(mmdeploy_profiler_t profiler);

// An empty bag of execution resources for the *_create_v2 functions. It needs a device before it is
// used.
MMDEPLOY_API int mmdeploy_context_create(mmdeploy_context_t *context);

// A context that holds the named device.
MMDEPLOY_API int mmdeploy_context_create_by_device(const char *device_name, int device_id,
                                                   mmdeploy_context_t *context);

// Frees the context; handles made from it keep what they need.
MMDEPLOY_API void mmdeploy_context_destroy(mmdeploy_context_t context);

// Adds |object| (the handle itself, not a pointer to it). Handles created earlier do not see it.
MMDEPLOY_API int mmdeploy_context_add(mmdeploy_context_t context, mmdeploy_context_type_t type,
                                      const char *name, const void *object);

// Packs pictures into an input value: [[{"ori_img": picture}, …]]. The array |mats| may be freed
// after the call, the pixels only when the value has been used. A count of 0 is a valid empty
// batch.
MMDEPLOY_API int mmdeploy_common_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                              mmdeploy_value_t *value);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_COMMON_H
