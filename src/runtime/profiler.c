// SPDX-License-Identifier: Apache-2.0
#include "runtime/profiler.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "base/thread.h"

typedef struct event_t {
  const mmd_profiler_scope_t *scope;
  uint64_t index, time_ns;
  bool is_end;
} event_t;

struct mmd_profiler_scope {
  mmd_profiler_t *profiler;
  char *name;
  uint64_t id;
  _Atomic uint64_t calls;
  mmd_profiler_scope_t *parent, *first_child, *last_child, *next;
};

struct mmd_profiler {
  _Atomic uint32_t references;
  char *path;
  mmd_mutex_t mutex;
  mmd_profiler_scope_t *root;
  uint64_t next_id;
  bool is_recording;
  event_t *events;
  size_t event_count, event_capacity;
  bool is_short_of_memory;  // events were lost
};

//===--- scopes ------------------------------------------------------------===//

static void free_scope(mmd_profiler_scope_t *scope) {
  // Siblings in a loop; depth is that of nested pipelines, a handful.
  while (scope) {
    mmd_profiler_scope_t *next = scope->next;
    free_scope(scope->first_child);
    mmd_free(scope->name);
    mmd_free(scope);
    scope = next;
  }
}

static mmd_status_t make_scope(mmd_profiler_t *profiler, const char *name,
                               mmd_profiler_scope_t **out_scope) {
  mmd_profiler_scope_t *scope = mmd_alloc(sizeof *scope);
  MMD_TRY_ALLOC(scope);
  scope->name = mmd_strdup(*name ? name : "unnamed");
  if (!scope->name) {
    mmd_free(scope);
    return mmd_status_no_memory();
  }
  for (char *c = scope->name; *c; ++c) {
    if (*c == ' ' || *c == '\n' || *c == '\t') *c = '_';
  }
  scope->profiler = profiler;
  *out_scope = scope;
  return NULL;
}

mmd_status_t mmd_profiler_scope_create(mmd_profiler_scope_t *parent, const char *name,
                                       mmd_profiler_scope_t **out_scope) {
  *out_scope = NULL;
  if (!parent) return NULL;
  mmd_profiler_t *profiler = parent->profiler;
  mmd_profiler_scope_t *scope = NULL;
  MMD_TRY(make_scope(profiler, name, &scope));
  mmd_mutex_lock(&profiler->mutex);
  scope->id = profiler->next_id++;
  scope->parent = parent;
  if (parent->last_child)
    parent->last_child->next = scope;
  else
    parent->first_child = scope;
  parent->last_child = scope;
  mmd_mutex_unlock(&profiler->mutex);
  *out_scope = scope;
  return NULL;
}

mmd_profiler_scope_t *mmd_profiler_root(mmd_profiler_t *profiler) {
  return profiler ? profiler->root : NULL;
}

//===--- life --------------------------------------------------------------===//

mmd_status_t mmd_profiler_create(const char *path, mmd_profiler_t **out_profiler) {
  *out_profiler = NULL;
  mmd_profiler_t *profiler = mmd_alloc(sizeof *profiler);
  MMD_TRY_ALLOC(profiler);
  atomic_init(&profiler->references, 1);
  profiler->is_recording = true;
  profiler->next_id = 1;
  profiler->path = mmd_strdup(path);
  mmd_status_t status =
      profiler->path ? make_scope(profiler, ".", &profiler->root) : mmd_status_no_memory();
  if (!status) status = mmd_mutex_init(&profiler->mutex);
  if (status) {
    free_scope(profiler->root);
    mmd_free(profiler->path);
    mmd_free(profiler);
    return status;
  }
  *out_profiler = profiler;
  return NULL;
}

mmd_profiler_t *mmd_profiler_retain(mmd_profiler_t *profiler) {
  if (profiler) atomic_fetch_add_explicit(&profiler->references, 1, memory_order_relaxed);
  return profiler;
}

void mmd_profiler_release(mmd_profiler_t *profiler) {
  if (!profiler || atomic_fetch_sub_explicit(&profiler->references, 1, memory_order_acq_rel) != 1)
    return;
  free_scope(profiler->root);
  mmd_mutex_deinit(&profiler->mutex);
  mmd_free(profiler->events);
  mmd_free(profiler->path);
  mmd_free(profiler);
}

//===--- recording ---------------------------------------------------------===//

static void record(mmd_profiler_scope_t *scope, uint64_t index, bool is_end) {
  mmd_profiler_t *profiler = scope->profiler;
  mmd_mutex_lock(&profiler->mutex);
  if (profiler->is_recording) {
    const uint64_t now = mmd_time_ns();  // under the lock, so that events are sorted
    if (mmd_status_ignore(
            MMD_GROW(profiler->events, profiler->event_capacity, profiler->event_count + 1))) {
      profiler->is_short_of_memory = true;
    } else {
      profiler->events[profiler->event_count++] =
          (event_t){.scope = scope, .index = index, .time_ns = now, .is_end = is_end};
    }
  }
  mmd_mutex_unlock(&profiler->mutex);
}

uint64_t mmd_profiler_begin(mmd_profiler_scope_t *scope) {
  if (!scope) return 0;
  const uint64_t index = atomic_fetch_add_explicit(&scope->calls, 1, memory_order_relaxed);
  record(scope, index, false);
  return index;
}

void mmd_profiler_end(mmd_profiler_scope_t *scope, uint64_t index) {
  if (scope) record(scope, index, true);
}

//===--- writing -----------------------------------------------------------===//

static mmd_status_t write_scope(const mmd_profiler_scope_t *scope, mmd_str_t *text) {
  MMD_TRY(mmd_str_printf(text, "%s %" PRIu64 " ", scope->name, scope->id));
  for (const mmd_profiler_scope_t *c = scope->first_child; c; c = c->next) {
    MMD_TRY(mmd_str_printf(text, "%" PRIu64 " ", c->id));
  }
  MMD_TRY(mmd_str_append_char(text, '\n'));
  for (const mmd_profiler_scope_t *c = scope->first_child; c; c = c->next)
    MMD_TRY(write_scope(c, text));
  return NULL;
}

static uint64_t event_us(const mmd_profiler_t *profiler, size_t i) {
  return (profiler->events[i].time_ns - profiler->events[0].time_ns) / 1000;
}

// The form of the original: the tree, a line of dashes, the events.
static mmd_status_t write_text(const mmd_profiler_t *profiler, mmd_str_t *text) {
  MMD_TRY(write_scope(profiler->root, text));
  MMD_TRY(mmd_str_append(text, "----\n"));
  for (size_t i = 0; i < profiler->event_count; ++i) {
    const event_t *e = &profiler->events[i];
    MMD_TRY(mmd_str_printf(text, "%" PRIu64 " %d %" PRIu64 " %" PRIu64 "\n", e->scope->id,
                           e->is_end ? 1 : 0, e->index, event_us(profiler, i)));
  }
  return NULL;
}

// Chrome trace events: asynchronous pairs, since calls of one scope may overlap.
static mmd_status_t write_trace(const mmd_profiler_t *profiler, mmd_str_t *text) {
  MMD_TRY(mmd_str_append(text, "{\"traceEvents\": ["));
  for (size_t i = 0; i < profiler->event_count; ++i) {
    const event_t *e = &profiler->events[i];
    MMD_TRY(mmd_str_printf(text, "%s\n{\"name\": \"", i ? "," : ""));
    for (const char *c = e->scope->name; *c; ++c) {
      MMD_TRY(
          mmd_str_append_char(text, *c == '"' || *c == '\\' || (unsigned char)*c < 32 ? '_' : *c));
    }
    MMD_TRY(mmd_str_printf(text,
                           "\", \"cat\": \"mmdeploy\", \"ph\": \"%s\", \"id\": \"%" PRIu64
                           ".%" PRIu64 "\", \"pid\": 1, \"tid\": 1, \"ts\": %.3f}",
                           e->is_end ? "e" : "b", e->scope->id, e->index,
                           (double)(e->time_ns - profiler->events[0].time_ns) / 1000));
  }
  return mmd_str_append(text, "\n]}\n");
}

mmd_status_t mmd_profiler_finish(mmd_profiler_t *profiler) {
  mmd_str_t text = {0};
  mmd_mutex_lock(&profiler->mutex);
  profiler->is_recording = false;
  mmd_status_t status = mmd_str_ends_with(profiler->path, ".json") ? write_trace(profiler, &text)
                                                                   : write_text(profiler, &text);
  if (!status && profiler->is_short_of_memory) status = mmd_status_no_memory();
  mmd_mutex_unlock(&profiler->mutex);
  if (!status) status = mmd_file_write(profiler->path, mmd_str_text(&text), text.size);
  mmd_str_deinit(&text);
  return status;
}
