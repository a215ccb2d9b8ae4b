// SPDX-License-Identifier: Apache-2.0
//
// RegisterCustomOps, which ONNX Runtime looks for in a library of operators.
#include <stdlib.h>

#include "backends/onnxruntime/runtime/ops/custom_op.h"

// Since API 17: calls |fn| with 0 … |total| - 1 from the engine's threads.
typedef OrtStatus *(*parallel_fn)(const OrtKernelContext *context, void (*fn)(void *, size_t),
                                  size_t total, size_t batches, void *context_of_fn);
enum { PARALLEL_SLOT = 274, PARALLEL_SINCE = 17 };
enum { PIECES_PER_THREAD = 4 };

// The first engine that asks is the one of the process.
static mmd_mutex_t g_lock = MMD_MUTEX_INIT;
static ort_ops_t *g_ops;
static ort_functions_t g_fn;
static parallel_fn g_parallel;
static mmd_pool_t *g_pool;           // a number of threads; its own never start
static _Thread_local bool g_inside;  // a piece runs here: loops inside loops stay in the thread

//===--- loops -------------------------------------------------------------===//

typedef struct loop_t {
  mmd_range_fn fn;
  void *context;
  size_t count, pieces;
} loop_t;

static void run_piece(void *opaque, size_t piece) {
  const loop_t *loop = opaque;
  const size_t each = loop->count / loop->pieces, more = loop->count % loop->pieces;
  const size_t begin = piece * each + (piece < more ? piece : more);
  g_inside = true;
  loop->fn(loop->context, begin, begin + each + (piece < more));
  g_inside = false;
}

static void parallel_for(mmd_pool_t *pool, size_t count, size_t grain, mmd_range_fn fn,
                         void *context) {
  loop_t loop = {fn, context, count, count / (grain ? grain : 1)};
  const size_t most = (size_t)mmd_pool_threads(pool) * PIECES_PER_THREAD;
  const OrtKernelContext *engine = g_inside ? NULL : ort_ops_current_context();
  if (loop.pieces > most) loop.pieces = most;
  if (loop.pieces > 1 && engine && g_parallel) {
    OrtStatus *status = g_parallel(engine, run_piece, loop.pieces, 0, &loop);
    if (!status) return;
    g_fn.ReleaseStatus(status);
  }
  fn(context, 0, count);
}

//===--- registration ------------------------------------------------------===//

// "1.20.1" -> 20, the newest version of the interface that this engine has.
static int find_version(const OrtApiBase *base) {
  const char *text = base->GetVersionString();
  if (!text || strncmp(text, "1.", 2) != 0) return 0;
  const int minor = atoi(text + 2);
  return minor < ORT_API_NEWEST ? minor : ORT_API_NEWEST;
}

static mmd_status_t start(const OrtApi *api, int version) {
  if (version >= PARALLEL_SINCE && !g_pool) {
    MMD_TRY(mmd_pool_create(0, &g_pool));
    memcpy(&g_parallel, (const char *)api + PARALLEL_SLOT * sizeof(void *), sizeof(void *));
    mmd_parallel_for_redirect(parallel_for);
  }
  ort_functions_read(api, &g_fn);
  const ort_ops_options_t options = {.api_version = version, .pool = g_pool};
  return ort_ops_create(&g_fn, &options, &g_ops);
}

// NULL when the engine is too old even to say so.
static const OrtApi *get_api(const OrtApiBase *base, int version) {
  return base->GetApi((uint32_t)(version < ORT_API_OLDEST ? 1 : version));
}

static OrtStatus *fail(const OrtApi *api, const char *message) {
  OrtStatus *(*create_status)(int, const char *);
  if (!api) return NULL;
  memcpy(&create_status, api, sizeof(void *));  // an old table may end before the last of our slots
  return create_status(ORT_FAIL, message);
}

#define EXPORT __attribute__((visibility("default")))
EXPORT OrtStatus *RegisterCustomOps(OrtSessionOptions *options, const OrtApiBase *base);

OrtStatus *RegisterCustomOps(OrtSessionOptions *options, const OrtApiBase *base) {
  const int version = find_version(base);
  const OrtApi *api = get_api(base, version);
  if (version < ORT_API_OLDEST || !api) {
    return fail(api, "libmmdeploy_onnxruntime_ops needs ONNX Runtime 1.15 or newer");
  }
  mmd_mutex_lock(&g_lock);
  mmd_status_t status = g_ops ? NULL : start(api, version);
  mmd_mutex_unlock(&g_lock);
  if (!status) return ort_ops_register(g_ops, options);
  OrtStatus *failure = fail(api, mmd_status_message(status));
  mmd_status_free(status);
  return failure;
}
