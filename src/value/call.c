// SPDX-License-Identifier: Apache-2.0
#include "value/call.h"

#include <math.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/thread.h"

struct mmd_cancel {
  _Atomic uint32_t references;
  atomic_bool is_requested;
};

mmd_status_t mmd_cancel_create(mmd_cancel_t **out_cancel) {
  *out_cancel = mmd_alloc(sizeof **out_cancel);
  MMD_TRY_ALLOC(*out_cancel);
  atomic_init(&(*out_cancel)->references, 1);
  atomic_init(&(*out_cancel)->is_requested, false);
  return NULL;
}

mmd_cancel_t *mmd_cancel_retain(mmd_cancel_t *cancel) {
  if (cancel) atomic_fetch_add_explicit(&cancel->references, 1, memory_order_relaxed);
  return cancel;
}

void mmd_cancel_release(mmd_cancel_t *cancel) {
  if (!cancel) return;
  if (atomic_fetch_sub_explicit(&cancel->references, 1, memory_order_acq_rel) == 1)
    mmd_free(cancel);
}

void mmd_cancel_request(mmd_cancel_t *cancel) {
  if (cancel) atomic_store_explicit(&cancel->is_requested, true, memory_order_release);
}

bool mmd_cancel_is_requested(const mmd_cancel_t *cancel) {
  return cancel && atomic_load_explicit(&cancel->is_requested, memory_order_acquire);
}

//===--- the call ---===//

typedef struct call_options_t {
  double score_thr, iou_thr, mask_thr, keypoint_thr;
  int64_t topk, max_count;
} call_options_t;

#define AT(field) offsetof(call_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "score_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(score_thr),
     .help = "Results of a lower score are left out: boxes, texts."},
    {.name = "iou_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(iou_thr),
     .max = 1,
     .help = "Boxes that overlap more suppress one another, where the suppression runs here."},
    {.name = "mask_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(mask_thr),
     .max = 1,
     .help = "Mask values from here on belong to the object or the text."},
    {.name = "keypoint_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(keypoint_thr),
     .help = "Key points of a lower score count as not seen."},
    {.name = "topk",
     .type = MMD_OPTION_INT,
     .offset = AT(topk),
     .min = 1,
     .max = INT32_MAX,
     .help = "Number of classes that a classifier gives out."},
    {.name = "max_count",
     .type = MMD_OPTION_INT,
     .offset = AT(max_count),
     .min = 1,
     .max = INT32_MAX,
     .help = "Most results of a sample."},
};
const mmd_option_table_t mmd_call_options =
    MMD_OPTION_TABLE("call options", call_options_t, g_options);

mmd_status_t mmd_call_validate(const mmd_call_t *call) {
  call_options_t ignored;
  if (!call || !call->options) return NULL;
  for (size_t i = 0; i < mmd_object_size(call->options); ++i) {
    const double number = mmd_value_get_float(mmd_object_value_at(call->options, i), 0);
    if (isfinite(number)) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "options.%s: a finite number is expected",
                     mmd_object_key_at(call->options, i));
  }
  return mmd_options_read(&mmd_call_options, call->options, "options", true, &ignored);
}

mmd_status_t mmd_call_check(const mmd_call_t *call) {
  if (!call) return NULL;
  if (mmd_cancel_is_requested(call->cancel)) {
    return MMD_ERROR(MMD_CANCELLED, "the call was cancelled");
  }
  if (call->deadline_ns && mmd_time_ns() >= call->deadline_ns) {
    return MMD_ERROR(MMD_CANCELLED, "the call did not finish before its deadline");
  }
  return NULL;
}

double mmd_call_float(const mmd_call_t *call, const char *name, double fallback) {
  return call ? mmd_value_get_float(mmd_object_get(call->options, name), fallback) : fallback;
}

int64_t mmd_call_int(const mmd_call_t *call, const char *name, int64_t fallback) {
  return call ? mmd_value_get_int(mmd_object_get(call->options, name), fallback) : fallback;
}
