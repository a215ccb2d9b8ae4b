// SPDX-License-Identifier: Apache-2.0
//
// --profile: the library writes its text form, of which this makes the table that MMDeploy's
// analyser prints, and a file for Chrome's trace viewer.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mmdeploy/common.h"
#include "tools/mmdeploy/json.h"
#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

#define MAX_SCOPES 4096
#define NAME_WIDTH 200

typedef struct scope_t {
  char name[64];
  uint64_t id;
  int parent;  // -1 = none
  bool has_children;
  uint64_t *starts;  // by call
  double *times;     // milliseconds of finished calls
  size_t calls, start_capacity, time_count;
  int active;
  double occupied, used;
} scope_t;

typedef struct event_t {
  int scope;
  int is_end;
  uint64_t index, time;
} event_t;

typedef struct profile_t {
  scope_t *scopes;
  int scope_count;
  event_t *events;
  size_t event_count, event_capacity;
} profile_t;

bool run_profile_start(run_t *run) {
  if (!run->options.profile) return true;
  snprintf(run->profile_text, sizeof run->profile_text, "%s.%ld.partial", run->options.profile,
           (long)getpid());
  if (mmdeploy_profiler_create(run->profile_text, &run->profiler) != 0) return false;
  return mmdeploy_context_add(run->context, MMDEPLOY_TYPE_PROFILER, NULL, run->profiler) == 0;
}

//===--- reading -----------------------------------------------------------===//

static int find_scope(const profile_t *profile, uint64_t id) {
  for (int i = 0; i < profile->scope_count; ++i) {
    if (profile->scopes[i].id == id) return i;
  }
  return -1;
}

// "name id child child …", parents before their children; the children are resolved afterwards.
static bool read_scope(profile_t *profile, char *line, uint64_t *parents) {
  char *rest = NULL;
  char *name = strtok_r(line, " \n", &rest), *word = strtok_r(NULL, " \n", &rest);
  if (!name || !word || profile->scope_count == MAX_SCOPES) return false;
  scope_t *scope = &profile->scopes[profile->scope_count];
  memset(scope, 0, sizeof *scope);
  snprintf(scope->name, sizeof scope->name, "%s", name);
  scope->id = strtoull(word, NULL, 10);
  scope->parent = -1;
  // Depth first: the scope belongs to the nearest one before that still waits for it.
  for (int i = profile->scope_count - 1; i >= 0 && scope->parent < 0; --i) {
    if (parents[i]) {
      scope->parent = i;
      --parents[i];
    }
  }
  while (strtok_r(NULL, " \n", &rest)) ++parents[profile->scope_count];
  scope->has_children = parents[profile->scope_count] > 0;
  ++profile->scope_count;
  return true;
}

static bool add_event(profile_t *profile, const event_t *event) {
  if (profile->event_count == profile->event_capacity) {
    const size_t capacity = profile->event_capacity ? profile->event_capacity * 2 : 1024;
    event_t *events = realloc(profile->events, capacity * sizeof *events);
    if (!events) return false;
    profile->events = events;
    profile->event_capacity = capacity;
  }
  profile->events[profile->event_count++] = *event;
  return true;
}

static bool read_profile(const char *path, profile_t *profile) {
  char line[65536];
  bool has_graph = false, is_good = true;
  uint64_t *waiting = calloc(MAX_SCOPES, sizeof *waiting);
  FILE *stream = fopen(path, "r");
  profile->scopes = calloc(MAX_SCOPES, sizeof *profile->scopes);
  is_good = waiting && stream && profile->scopes;
  while (is_good && fgets(line, sizeof line, stream)) {
    uint64_t id = 0;
    event_t event = {0};
    if (strncmp(line, "----", 4) == 0) {
      has_graph = true;
    } else if (!has_graph) {
      is_good = read_scope(profile, line, waiting);
    } else if (sscanf(line, "%" SCNu64 " %d %" SCNu64 " %" SCNu64, &id, &event.is_end, &event.index,
                      &event.time) == 4) {
      event.scope = find_scope(profile, id);
      is_good = event.scope >= 0 && add_event(profile, &event);
    }
  }
  if (stream) fclose(stream);
  free(waiting);
  return is_good;
}

//===--- counting ----------------------------------------------------------===//

static bool begin_call(scope_t *scope, const event_t *event) {
  if (event->index >= scope->start_capacity) {
    const size_t capacity = (size_t)event->index * 2 + 64;
    uint64_t *starts = realloc(scope->starts, capacity * sizeof *starts);
    double *times = starts ? realloc(scope->times, capacity * sizeof *times) : NULL;
    if (starts) scope->starts = starts;
    if (times) scope->times = times;
    if (!starts || !times) return false;
    scope->start_capacity = capacity;
  }
  scope->starts[event->index] = event->time;
  ++scope->calls;
  ++scope->active;
  return true;
}

static void end_call(scope_t *scope, const event_t *event) {
  if (event->index >= scope->start_capacity || scope->active <= 0) return;
  if (scope->time_count < scope->start_capacity) {
    scope->times[scope->time_count++] = (double)(event->time - scope->starts[event->index]) / 1000;
  }
  --scope->active;
}

// Time between calls of the first scope does not count.
static bool count_all(profile_t *profile) {
  uint64_t now = 0;
  const int first = profile->event_count ? profile->events[0].scope : 0;
  for (size_t i = 0; i < profile->event_count; ++i) {
    const event_t *event = &profile->events[i];
    scope_t *scope = &profile->scopes[event->scope];
    const bool is_restart = event->scope == first && !event->is_end && !scope->active;
    const double passed = is_restart ? 0 : (double)(event->time - now);
    for (int s = 0; s < profile->scope_count; ++s) {
      scope_t *other = &profile->scopes[s];
      if (other->active > 0) other->occupied += passed;
      other->used += passed * other->active;
    }
    now = event->time;
    if (event->is_end) {
      end_call(scope, event);
    } else if (!begin_call(scope, event)) {
      return false;
    }
  }
  return true;
}

//===--- the table ---------------------------------------------------------===//

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

// Four spaces for each ancestor with a row, then the names from there on.
static void row_name(const profile_t *profile, int index, char name[NAME_WIDTH]) {
  char path[NAME_WIDTH] = "", longer[NAME_WIDTH];
  int depth = 0;
  bool is_open = true;
  for (int i = index; i >= 0; i = profile->scopes[i].parent) {
    const scope_t *scope = &profile->scopes[i];
    if (i != index && scope->calls) {
      ++depth;
      is_open = false;
    }
    if (!is_open) continue;
    snprintf(longer, sizeof longer, "%.60s%s%.130s", scope->name, *path ? "/" : "", path);
    memcpy(path, longer, sizeof path);
  }
  snprintf(name, NAME_WIDTH, "%*s%.150s", depth * 4 > 40 ? 40 : depth * 4, "", path);
}

static void print_row(FILE *stream, scope_t *scope, const char *name, int width, double whole) {
  double sum = 0;
  const size_t n = scope->time_count;
  qsort(scope->times, n, sizeof *scope->times, compare);
  for (size_t i = 0; i < n; ++i) sum += scope->times[i];
  fprintf(stream, "| %-*s |", width, name);
  if (scope->has_children) {
    fprintf(stream, " %6s | %6s |", "-", "-");
  } else {
    fprintf(stream, " %6.3f | %6.3f |", whole > 0 ? scope->occupied / whole : 0,
            whole > 0 ? scope->used / whole : 0);
  }
  fprintf(stream, " %6zu | %8.3f | %8.3f | %8.3f |\n", scope->calls, n ? sum / (double)n : 0,
          n ? scope->times[(size_t)((double)n * 0.5)] : 0,
          n ? scope->times[(size_t)((double)n * 0.9)] : 0);
}

static void print_line(FILE *stream, int width, char c) {
  static const int columns[] = {6, 6, 6, 8, 8, 8};
  fputc('+', stream);
  for (int i = 0; i < width + 2; ++i) fputc(c, stream);
  for (size_t k = 0; k < sizeof columns / sizeof *columns; ++k) {
    fputc('+', stream);
    for (int i = 0; i < columns[k] + 2; ++i) fputc(c, stream);
  }
  fputs("+\n", stream);
}

static void print_table(FILE *stream, profile_t *profile) {
  char name[NAME_WIDTH];
  int width = 4;
  const scope_t *first = &profile->scopes[profile->event_count ? profile->events[0].scope : 0];
  const double whole = first->occupied;
  for (int i = 0; i < profile->scope_count; ++i) {
    row_name(profile, i, name);
    if (profile->scopes[i].calls && (int)strlen(name) > width) width = (int)strlen(name);
  }
  print_line(stream, width, '-');
  fprintf(stream, "| %-*s | %6s | %6s | %6s | %8s | %8s | %8s |\n", width, "name", "occupy",
          "usage", "n_call", "t_mean", "t_50%", "t_90%");
  print_line(stream, width, '=');
  for (int i = 0; i < profile->scope_count; ++i) {
    if (!profile->scopes[i].calls) continue;
    row_name(profile, i, name);
    print_row(stream, &profile->scopes[i], name, width, whole);
    print_line(stream, width, '-');
  }
}

//===--- the trace ---------------------------------------------------------===//

static void write_trace(FILE *stream, const profile_t *profile) {
  fputs("{\"traceEvents\": [", stream);
  for (size_t i = 0; i < profile->event_count; ++i) {
    const event_t *event = &profile->events[i];
    const scope_t *scope = &profile->scopes[event->scope];
    fprintf(stream, "%s\n{\"name\": ", i ? "," : "");
    cli_json_string(stream, scope->name);
    fprintf(stream,
            ", \"cat\": \"mmdeploy\", \"ph\": \"%s\", \"id\": \"%" PRIu64 ".%" PRIu64
            "\", \"pid\": 1, \"tid\": 1, \"ts\": %" PRIu64 "}",
            event->is_end ? "e" : "b", scope->id, event->index, event->time);
  }
  fputs("\n]}\n", stream);
}

static bool save_trace(const run_t *run, const profile_t *profile) {
  // The text form is read by now; its place is taken.
  FILE *stream = fopen(run->profile_text, "w");
  bool is_good = stream != NULL;
  if (stream) {
    write_trace(stream, profile);
    is_good = !ferror(stream);
    is_good = fclose(stream) == 0 && is_good;
  }
  return is_good && rename(run->profile_text, run->options.profile) == 0;
}

bool run_profile_finish(run_t *run) {
  profile_t profile = {0};
  if (!run->profiler) return true;
  mmdeploy_profiler_destroy(run->profiler);
  run->profiler = NULL;
  errno = 0;
  const bool is_read = read_profile(run->profile_text, &profile) && count_all(&profile);
  if (is_read && profile.event_count) print_table(stderr, &profile);
  const bool is_good =
      is_read && (profile.event_count ? save_trace(run, &profile) : unlink(run->profile_text) == 0);
  if (!is_good) {
    cli_error("%s: --profile %s: %s", run->task->command, run->options.profile,
              errno ? strerror(errno) : "cannot be written");
    (void)unlink(run->profile_text);
  }
  for (int i = 0; i < profile.scope_count; ++i) {
    free(profile.scopes[i].starts);
    free(profile.scopes[i].times);
  }
  free(profile.scopes);
  free(profile.events);
  return is_good;
}
