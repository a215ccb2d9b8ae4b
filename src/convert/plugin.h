// SPDX-License-Identifier: Apache-2.0
//
// Shared objects that add to the converter: graph passes (plugin/graph.h), conversion targets
// (plugin/target.h) and backends (plugin/backend.h), all in one file if it likes. They stay for the
// life of the process.
#ifndef MMD_CONVERT_PLUGIN_H_
#define MMD_CONVERT_PLUGIN_H_

#include "graph/graph.h"
#include "mmdeploy/plugin/graph.h"
#include "value/value.h"

// Loads |path| once, whatever it adds; nothing at all is an error.
mmd_status_t mmd_plugin_load(const char *path) MMD_MUST_USE;

// Those of the option --plugin (an array of paths, or NULL), and all files "*_plugin.so" in the
// folders of MMDEPLOY_PLUGIN_PATH, in the order of their names.
mmd_status_t mmd_plugin_load_all(const mmd_value_t *paths) MMD_MUST_USE;

typedef struct mmd_plugin_pass_t {
  const mmdeploy_graph_pass_t *pass;
  const char *path;  // of its shared object
} mmd_plugin_pass_t;

size_t mmd_plugin_pass_count(void);
mmd_plugin_pass_t mmd_plugin_pass_at(size_t index);  // in the order of loading

// Runs the passes |names| (of the option --pass: an array, or NULL) once each in their order, and
// verifies the graph after each. After an error the graph is fit to be destroyed only.
mmd_status_t mmd_plugin_run_passes(mmd_graph_t *graph, const mmd_value_t *names) MMD_MUST_USE;

// mmd_plugin_load_all and mmd_plugin_run_passes, when one of the lists is given.
mmd_status_t mmd_plugin_apply(mmd_graph_t *graph, const mmd_value_t *paths,
                              const mmd_value_t *names) MMD_MUST_USE;

// The functions that passes get (plugin_graph.c).
extern const mmdeploy_graph_api_t mmd_plugin_graph_api;

// Options of a command whose struct |owner| has the fields |plugin| and |pass|.
#define MMD_PLUGIN_OPTIONS(owner)                                                                \
  {.name = "plugin",                                                                             \
   .type = MMD_OPTION_STRINGS,                                                                   \
   .offset = offsetof(owner, plugin),                                                            \
   .flags = MMD_OPTION_REPEATED,                                                                 \
   .metavar = "FILE",                                                                            \
   .help = "Shared objects that add passes or targets, besides those in MMDEPLOY_PLUGIN_PATH."}, \
  {                                                                                              \
    .name = "pass", .type = MMD_OPTION_STRINGS, .offset = offsetof(owner, pass),                 \
    .flags = MMD_OPTION_REPEATED, .metavar = "PASS",                                             \
    .help = "Passes of plugins to run before ours, in this order."                               \
  }

#endif  // MMD_CONVERT_PLUGIN_H_
