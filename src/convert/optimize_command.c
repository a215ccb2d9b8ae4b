// SPDX-License-Identifier: Apache-2.0
//
// `optimize`: an ONNX file to a smaller one that computes the same, checked by running both.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "convert/commands.h"
#include "convert/limits.h"
#include "convert/optimize_verify.h"
#include "convert/plugin.h"
#include "convert/stage.h"
#include "frontends/onnx/import.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "writers/onnx/export.h"

enum { VERIFY_NONE, VERIFY_RANDOM, MAX_PASSES = 64 };

typedef struct optimize_options_t {
  const char *in, *out, *passes, *dump_after;
  const mmd_value_t *plugin, *pass;  // of plugin.h
  int verify;
  const mmd_value_t *inputs, *shapes;
  double tolerance;
  int64_t threads;
  mmd_limits_t limits;
} optimize_options_t;

static const char *const g_verify_modes[] = {"none", "random", NULL};
#define AT(field) offsetof(optimize_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "in",
     .type = MMD_OPTION_STRING,
     .offset = AT(in),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file to read."},
    {.name = "out",
     .type = MMD_OPTION_STRING,
     .offset = AT(out),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file to write, of the same opset."},
    {.name = "passes",
     .type = MMD_OPTION_STRING,
     .offset = AT(passes),
     .metavar = "PASS,...",
     .help = "Run these passes only, in this order ('mmdeploy passes' lists all)."},
    {.name = "verify",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(verify),
     .default_text = "\"random\"",
     .choices = g_verify_modes,
     .help = "Compare the result with the input on random and given numbers, or not at all."},
    {.name = "input",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(inputs),
     .metavar = "NAME=FILE",
     .help = "Array to compare with (.npy), or NAME=random; may be given more than once. A second "
             "comparison keeps its integers and shapes and takes other floats."},
    {.name = "shape",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(shapes),
     .metavar = "NAME=1x3x224x224",
     .help = "Shape of a random input. A free first size is 1 without it."},
    {.name = "tolerance",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(tolerance),
     .default_text = "1e-4",
     .min = 0,
     .max = 1e6,
     .help =
         "Largest difference, relative to the largest number of an output; beyond it nothing is "
         "written and the exit status is 3."},
    {.name = "threads",
     .type = MMD_OPTION_INT,
     .offset = AT(threads),
     .default_text = "0",
     .min = 0,
     .max = 1024,
     .help = "Threads of the verification; 0: all processors."},
    MMD_RUN_LIMIT_OPTIONS(optimize_options_t, limits),
    MMD_FILE_LIMIT_OPTIONS(optimize_options_t, limits),
    {.name = "dump_after",
     .type = MMD_OPTION_STRING,
     .offset = AT(dump_after),
     .metavar = "PASS",
     .help = "Print the graph's text after this pass."},
    MMD_PLUGIN_OPTIONS(optimize_options_t),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("optimize", optimize_options_t, g_options);

typedef struct optimize_t {
  const optimize_options_t *options;
  mmd_command_context_t *context;
  mmd_graph_t *before, *after;
  char *pass_words;  // of --passes, cut at the commas
  const char *passes[MAX_PASSES + 1];
  mmd_optimize_check_t check;
  double pass_seconds, check_seconds;
} optimize_t;

static void deinit(optimize_t *o) {
  mmd_optimize_check_deinit(&o->check);
  mmd_graph_destroy(o->before);
  mmd_graph_destroy(o->after);
  mmd_free(o->pass_words);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

//===--- passes ------------------------------------------------------------===//

static mmd_status_t read_passes(optimize_t *o) {
  const char *text = o->options->passes;
  if (!text) return NULL;
  const size_t size = strlen(text) + 1;
  o->pass_words = mmd_alloc(size);
  MMD_TRY_ALLOC(o->pass_words);
  memcpy(o->pass_words, text, size);
  size_t count = 0;
  for (char *word = o->pass_words; word;) {
    char *comma = strchr(word, ',');
    if (comma) *comma = '\0';
    const mmd_pass_t *pass = NULL;
    MMD_TRY(mmd_status_annotate(mmd_pass_find(word, &pass), "--passes"));
    if (count == MAX_PASSES)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "--passes: more than %d names", MAX_PASSES);
    o->passes[count++] = pass->name;
    word = comma ? comma + 1 : NULL;
  }
  return NULL;
}

static mmd_status_t dump_graph(void *user, const char *pass, int round, const mmd_graph_t *graph) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_printf(&text, "// after %s, round %d\n", pass, round);
  if (!status) status = mmd_graph_print(graph, 0, &text);
  if (!status) mmd_command_text(user, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t check_dump_after(const optimize_options_t *options) {
  const mmd_pass_t *pass = NULL;
  if (!options->dump_after || strcmp(options->dump_after, "all") == 0) return NULL;
  return mmd_status_annotate(mmd_pass_find(options->dump_after, &pass), "--dump-after");
}

#ifdef NDEBUG
#define VERIFY_PASSES false
#else
#define VERIFY_PASSES true
#endif

static mmd_status_t run_passes(optimize_t *o) {
  const mmd_pass_options_t options = {.verify = VERIFY_PASSES,
                                      .opset = mmd_graph_opset(o->after, MMD_DOMAIN_ONNX),
                                      .dump_after = o->options->dump_after,
                                      .dump = dump_graph,
                                      .user = o->context};
  MMD_TRY(mmd_progress_update(&o->context->progress, "optimize", 0, 0));
  const double start = now();
  MMD_TRY(mmd_passes_run(o->after, o->options->passes ? o->passes : mmd_passes_optimize, &options));
  MMD_TRY(mmd_graph_infer(o->after));
  o->pass_seconds = now() - start;
  return NULL;
}

//===--- verification ------------------------------------------------------===//

static mmd_status_t verify(optimize_t *o) {
  if (o->options->verify == VERIFY_NONE) return NULL;
  MMD_TRY(mmd_progress_update(&o->context->progress, "verify", 0, 0));
  mmd_pool_t *pool = NULL;
  const double start = now();
  MMD_TRY(mmd_pool_create((unsigned)o->options->threads, &pool));
  const mmd_optimize_trial_t trial = {.tolerance = o->options->tolerance,
                                      .pool = pool,
                                      .inputs = o->options->inputs,
                                      .shapes = o->options->shapes,
                                      .limits = &o->options->limits};
  mmd_status_t status = mmd_optimize_verify(o->before, o->after, &trial, &o->check);
  mmd_pool_destroy(pool);
  o->check_seconds = now() - start;
  return status;
}

static const char *verdict(const optimize_t *o) {
  if (o->check.differs) return "failed";
  return o->check.runs ? "passed" : "not verified";
}

static mmd_status_t report_check(const optimize_t *o) {
  mmd_value_t *result = o->context->result;
  const char *text = mmd_str_text(&o->check.text);
  MMD_TRY(mmd_object_take(result, "verification", mmd_value_string(verdict(o))));
  MMD_TRY(mmd_object_take(result, "runs", mmd_value_int(o->check.runs)));
  MMD_TRY(mmd_object_take(result, "max_rel", mmd_value_float(o->check.max_rel)));
  if (*text) MMD_TRY(mmd_object_take(result, "reason", mmd_value_string(text)));
  if (o->check.differs) {
    mmd_command_printf(o->context, "verification: failed: %s; %s is not written\n", text,
                       o->options->out);
  } else if (o->check.runs) {
    mmd_command_printf(o->context, "verification: passed, %d runs, largest difference %.2e\n",
                       o->check.runs, o->check.max_rel);
  } else {
    mmd_command_printf(o->context, "verification: none%s%s\n", *text ? ": " : "", text);
  }
  return NULL;
}

//===--- table -------------------------------------------------------------===//

typedef struct tally_t {
  const char *domain, *op;
  int64_t before, after;
} tally_t;

typedef struct census_t {
  tally_t *items;
  size_t count, capacity;
} census_t;

static mmd_status_t find_tally(census_t *census, const mmd_node_t *node, tally_t **out_tally) {
  for (size_t i = 0; i < census->count; ++i) {
    *out_tally = &census->items[i];
    if (mmd_node_is(node, census->items[i].domain, census->items[i].op)) return NULL;
  }
  MMD_TRY(MMD_GROW(census->items, census->capacity, census->count + 1));
  *out_tally = &census->items[census->count++];
  **out_tally = (tally_t){.domain = node->domain, .op = node->op};
  return NULL;
}

static mmd_status_t count_nodes(census_t *census, const mmd_graph_t *graph, bool is_after) {
  for (const mmd_region_t *region = graph->regions; region; region = region->next_region) {
    for (const mmd_node_t *node = region->first; node; node = node->next) {
      tally_t *tally = NULL;
      MMD_TRY(find_tally(census, node, &tally));
      if (is_after) {
        ++tally->after;
      } else {
        ++tally->before;
      }
    }
  }
  return NULL;
}

static int compare_tallies(const void *a, const void *b) {
  const tally_t *x = a, *y = b;
  if (x->before != y->before) return x->before < y->before ? 1 : -1;
  const int order = strcmp(x->op, y->op);
  return order ? order : strcmp(x->domain, y->domain);
}

static mmd_status_t add_row(mmd_value_t *nodes, const tally_t *tally, mmd_str_t *text) {
  mmd_str_t name = {0};
  mmd_value_t *row = mmd_value_object();
  mmd_status_t status =
      mmd_str_printf(&name, "%s%s%s", tally->domain, *tally->domain ? "." : "", tally->op);
  if (!status)
    status = mmd_str_printf(text, "%-30s %8lld %8lld\n", mmd_str_text(&name),
                            (long long)tally->before, (long long)tally->after);
  status = mmd_status_join(status, mmd_object_take(nodes, mmd_str_text(&name), row));
  mmd_str_deinit(&name);
  MMD_TRY(status);
  MMD_TRY(mmd_object_take(row, "before", mmd_value_int(tally->before)));
  return mmd_object_take(row, "after", mmd_value_int(tally->after));
}

static mmd_status_t print_census(census_t *census, mmd_value_t *nodes, mmd_str_t *text) {
  tally_t all = {.domain = "", .op = "all nodes"};
  if (census->count) qsort(census->items, census->count, sizeof *census->items, compare_tallies);
  MMD_TRY(mmd_str_printf(text, "%-30s %8s %8s\n", "operator", "before", "after"));
  for (size_t i = 0; i < census->count; ++i) {
    all.before += census->items[i].before;
    all.after += census->items[i].after;
    MMD_TRY(add_row(nodes, &census->items[i], text));
  }
  return mmd_str_printf(text, "%-30s %8lld %8lld\n", all.op, (long long)all.before,
                        (long long)all.after);
}

static mmd_status_t report_nodes(const optimize_t *o, census_t *census) {
  mmd_value_t *result = o->context->result, *nodes = mmd_value_object();
  mmd_str_t text = {0};
  MMD_TRY(mmd_object_take(result, "nodes", nodes));
  MMD_TRY(count_nodes(census, o->after, true));
  mmd_status_t status = print_census(census, nodes, &text);
  if (!status) mmd_command_text(o->context, mmd_str_text(&text));
  mmd_str_deinit(&text);
  MMD_TRY(status);
  MMD_TRY(mmd_object_take(result, "seconds", mmd_value_float(o->pass_seconds)));
  MMD_TRY(mmd_object_take(result, "verify_seconds", mmd_value_float(o->check_seconds)));
  MMD_TRY(mmd_object_take(result, "peak_mib", mmd_value_float(mmd_peak_mib())));
  mmd_command_printf(o->context, "passes %.3f s, verification %.3f s, peak memory %.1f MiB\n",
                     o->pass_seconds, o->check_seconds, mmd_peak_mib());
  return NULL;
}

//===--- command -----------------------------------------------------------===//

static mmd_status_t write_result(optimize_t *o) {
  if (o->check.differs) {
    o->context->exit_status = 3;
    return NULL;
  }
  MMD_TRY(mmd_progress_update(&o->context->progress, "write", 0, 0));
  return mmd_onnx_export(o->after, NULL, o->options->out);
}

static mmd_status_t optimize(optimize_t *o, census_t *census) {
  const optimize_options_t *options = o->options;
  mmd_value_t *result = o->context->result;
  MMD_TRY(read_passes(o));
  MMD_TRY(check_dump_after(options));
  if (options->verify == VERIFY_NONE && (options->inputs || options->shapes))
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "--input and --shape are for a comparison, and --verify "
                     "none wants none");
  MMD_TRY(mmd_progress_update(&o->context->progress, "read", 0, 0));
  const mmd_onnx_import_options_t import = mmd_limits_import(&options->limits);
  MMD_TRY(mmd_onnx_import(options->in, &import, &o->after));
  if (options->verify != VERIFY_NONE) MMD_TRY(mmd_graph_clone(o->after, &o->before));
  MMD_TRY(count_nodes(census, o->after, false));
  MMD_TRY(mmd_plugin_apply(o->after, options->plugin, options->pass));
  MMD_TRY(mmd_status_annotate(run_passes(o), "%s", options->in));
  MMD_TRY(verify(o));
  MMD_TRY(mmd_object_take(result, "input", mmd_value_string(options->in)));
  MMD_TRY(mmd_object_take(result, "output", mmd_value_string(options->out)));
  MMD_TRY(write_result(o));
  MMD_TRY(report_nodes(o, census));
  return report_check(o);
}

static mmd_status_t run(const void *options, mmd_command_context_t *context) {
  optimize_t o = {.options = options, .context = context};
  census_t census = {0};
  mmd_status_t status = optimize(&o, &census);
  mmd_free(census.items);
  deinit(&o);
  return status;
}

const mmd_command_t mmd_optimize_command = {
    .name = "optimize",
    .summary = "Make an ONNX file smaller and faster, and check that it computes the same.",
    .options = &g_table,
    .run = run,
};
