// SPDX-License-Identifier: Apache-2.0
//
// `run onnx`: a network on arrays or random numbers, by our evaluator or an engine.
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/commands.h"
#include "convert/limits.h"
#include "convert/run_onnx_inputs.h"
#include "formats/npy/npy.h"
#include "frontends/onnx/import.h"
#include "ops/evaluator.h"
#include "runtime/session.h"

#define FIRST 6
#define MAX_THREADS 1024

typedef struct run_onnx_options_t {
  const char *model, *output, *backend, *device;
  const mmd_value_t *inputs, *shapes;
  int mode;
  int64_t seed, threads;
  mmd_limits_t limits;
} run_onnx_options_t;

static const char *const g_modes[] = {"plain", "fast", NULL};

#define AT(field) offsetof(run_onnx_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "model",
     .type = MMD_OPTION_STRING,
     .offset = AT(model),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file."},
    {.name = "input",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(inputs),
     .metavar = "NAME=FILE",
     .help =
         "Array of an input (.npy), or NAME=random; may be given more than once. Inputs that are "
         "not named are random: floats in [-1, 1), integers 0 or 1."},
    {.name = "shape",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(shapes),
     .metavar = "NAME=1x3x224x224",
     .help = "Shape of a random input. A free first size is 1 without it."},
    {.name = "output",
     .type = MMD_OPTION_STRING,
     .offset = AT(output),
     .metavar = "DIR",
     .help = "Folder to write the outputs into, one .npy file each."},
    {.name = "backend",
     .type = MMD_OPTION_STRING,
     .offset = AT(backend),
     .default_text = "reference",
     .help = "What runs the network: 'reference' is our evaluator, other names are engines."},
    {.name = "mode",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(mode),
     .default_text = "fast",
     .choices = g_modes,
     .help = "How the evaluator computes: plain (the oracle, double accumulation) or fast."},
    {.name = "device",
     .type = MMD_OPTION_STRING,
     .offset = AT(device),
     .default_text = "cpu",
     .help = "Device of an engine."},
    {.name = "threads",
     .type = MMD_OPTION_INT,
     .offset = AT(threads),
     .max = MAX_THREADS,
     .help = "Threads; 0: all processors."},
    {.name = "seed",
     .type = MMD_OPTION_INT,
     .offset = AT(seed),
     .help = "Start of the random numbers."},
    MMD_RUN_LIMIT_OPTIONS(run_onnx_options_t, limits),
    MMD_FILE_LIMIT_OPTIONS(run_onnx_options_t, limits),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("run onnx", run_onnx_options_t, g_options);

typedef struct run_onnx_t {
  const run_onnx_options_t *options;
  mmd_graph_t *graph;
  mmd_run_inputs_t inputs;
  size_t output_count;
  mmd_tensor_t *outputs;  // in the graph's order
  mmd_str_t text;
} run_onnx_t;

static void deinit(run_onnx_t *run) {
  for (size_t i = 0; run->outputs && i < run->output_count; ++i)
    mmd_tensor_deinit(&run->outputs[i]);
  mmd_free(run->outputs);
  mmd_run_inputs_deinit(&run->inputs);
  mmd_graph_destroy(run->graph);
  mmd_str_deinit(&run->text);
}

//===--- running -----------------------------------------------------------===//

static mmd_status_t run_evaluator(run_onnx_t *run) {
  mmd_pool_t *pool = NULL;
  mmd_evaluator_t *evaluator = NULL;
  MMD_TRY(mmd_pool_create((unsigned)run->options->threads, &pool));
  mmd_evaluator_options_t options = {.mode = run->options->mode ? MMD_EVAL_FAST : MMD_EVAL_PLAIN,
                                     .pool = pool};
  mmd_limits_evaluator(&run->options->limits, &options);
  mmd_status_t status = mmd_evaluator_create(run->graph, &options, &evaluator);
  if (!status) {
    status = mmd_evaluator_run_tensors(evaluator, run->inputs.tensors, run->inputs.count,
                                       run->outputs, run->output_count);
  }
  mmd_evaluator_destroy(evaluator);
  mmd_pool_destroy(pool);
  return status;
}

static mmd_status_t open_session(const run_onnx_options_t *options, mmd_session_t **out_session) {
  mmd_backend_t *backend = NULL;
  mmd_storage_t *net = NULL;
  MMD_TRY(mmd_backend_get(options->backend, &backend));
  MMD_TRY(mmd_storage_map_file(options->model, &net));
  const mmd_session_options_t session = {
      .name = options->model,
      .net = net,
      .net_path = options->model,
      .device_name = options->device,
      .threads = (int)options->threads,
  };
  mmd_status_t status = mmd_session_create(backend, &session, out_session);
  mmd_storage_release(net);
  return status;
}

// Place in |edges| of the engine's tensor |name|; its own place when the engine has no names.
static mmd_status_t match(mmd_edge_t *const *edges, size_t count, const char *name, size_t place,
                          const char *what, size_t *out_index) {
  for (*out_index = 0; *out_index < count; ++*out_index) {
    if (mmd_str_equal(edges[*out_index]->name, name)) return NULL;
  }
  *out_index = place;
  if (place < count && (!name || !*name)) return NULL;
  return MMD_ERROR(MMD_MISMATCH, "the engine has an %s '%s' that the graph lacks", what,
                   name ? name : "");
}

static mmd_status_t exchange(run_onnx_t *run, mmd_session_t *session, mmd_tensor_t *in,
                             mmd_tensor_t *out) {
  const mmd_region_t *root = run->graph->root;
  const size_t in_count = mmd_session_input_count(session);
  const size_t out_count = mmd_session_output_count(session);
  size_t index = 0;
  for (size_t i = 0; i < in_count; ++i) {
    MMD_TRY(match(root->inputs, root->input_count, mmd_session_input(session, i)->name, i, "input",
                  &index));
    in[i] = run->inputs.tensors[index];
  }
  MMD_TRY(mmd_session_run(session, in, in_count, out, out_count));
  for (size_t i = 0; i < out_count; ++i) {
    MMD_TRY(match(root->outputs, root->output_count, mmd_session_output(session, i)->name, i,
                  "output", &index));
    mmd_tensor_deinit(&run->outputs[index]);
    run->outputs[index] = out[i];
    memset(&out[i], 0, sizeof out[i]);
  }
  return NULL;
}

static mmd_status_t run_session(run_onnx_t *run) {
  mmd_session_t *session = NULL;
  MMD_TRY(open_session(run->options, &session));
  const size_t in_count = mmd_session_input_count(session);
  const size_t out_count = mmd_session_output_count(session);
  mmd_tensor_t *in = mmd_alloc_array(in_count + 1, sizeof *in);
  mmd_tensor_t *out = mmd_alloc_array(out_count + 1, sizeof *out);
  mmd_status_t status = in && out ? exchange(run, session, in, out) : mmd_status_no_memory();
  for (size_t i = 0; out && i < out_count; ++i) mmd_tensor_deinit(&out[i]);
  mmd_free(in);
  mmd_free(out);
  mmd_session_destroy(session);
  return status;
}

//===--- telling -----------------------------------------------------------===//

typedef struct numbers_t {
  double min, max, mean;  // of the finite ones
  size_t finite, nan, infinite;
} numbers_t;

static numbers_t measure(const mmd_tensor_t *tensor) {
  numbers_t n = {.min = INFINITY, .max = -INFINITY};
  const size_t count = mmd_tensor_count(tensor);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const double number = mmd_tensor_get_f64(tensor, i);
    if (isnan(number)) {
      ++n.nan;
    } else if (isinf(number)) {
      ++n.infinite;
    } else {
      ++n.finite;
      sum += number;
      n.min = fmin(n.min, number);
      n.max = fmax(n.max, number);
    }
  }
  n.mean = n.finite ? sum / (double)n.finite : 0;
  return n;
}

static mmd_status_t tell_numbers(const mmd_tensor_t *tensor, mmd_value_t *object, mmd_str_t *text) {
  const numbers_t n = measure(tensor);
  MMD_TRY(mmd_object_take(object, "nan", mmd_value_int((int64_t)n.nan)));
  MMD_TRY(mmd_object_take(object, "inf", mmd_value_int((int64_t)n.infinite)));
  if (n.finite) {
    MMD_TRY(mmd_object_take(object, "min", mmd_value_float(n.min)));
    MMD_TRY(mmd_object_take(object, "max", mmd_value_float(n.max)));
    MMD_TRY(mmd_object_take(object, "mean", mmd_value_float(n.mean)));
    MMD_TRY(mmd_str_printf(text, "  min %.6g  max %.6g  mean %.6g", n.min, n.max, n.mean));
  }
  if (n.nan) MMD_TRY(mmd_str_printf(text, "  NaN %zu", n.nan));
  if (n.infinite) MMD_TRY(mmd_str_printf(text, "  infinite %zu", n.infinite));
  return mmd_str_append(text, n.finite || n.nan || n.infinite ? "\n" : "  empty\n");
}

static mmd_status_t tell_first(const mmd_tensor_t *tensor, mmd_value_t *object, mmd_str_t *text) {
  const size_t count = mmd_tensor_count(tensor);
  mmd_value_t *first = mmd_value_array();
  MMD_TRY(mmd_object_take(object, "first", first));
  MMD_TRY(mmd_str_append(text, " "));
  for (size_t i = 0; i < count && i < FIRST; ++i) {
    if (tensor->dtype == MMD_STRING) {
      size_t size = 0;
      const char *string = mmd_tensor_get_string(tensor, i, &size);
      MMD_TRY(mmd_array_take(first, mmd_value_string_n(string, size)));
      MMD_TRY(mmd_str_printf(text, " '%.*s'", (int)(size < 64 ? size : 64), string));
    } else if (mmd_dtype_is_float(tensor->dtype)) {
      MMD_TRY(mmd_array_take(first, mmd_value_float(mmd_tensor_get_f64(tensor, i))));
      MMD_TRY(mmd_str_printf(text, " %.6g", mmd_tensor_get_f64(tensor, i)));
    } else {
      MMD_TRY(mmd_array_take(first, mmd_value_int(mmd_tensor_get_i64(tensor, i))));
      MMD_TRY(mmd_str_printf(text, " %lld", (long long)mmd_tensor_get_i64(tensor, i)));
    }
  }
  return mmd_str_append(text, count > FIRST ? " …\n" : "\n");
}

static mmd_status_t tell_output(run_onnx_t *run, size_t index, mmd_value_t *object) {
  const mmd_tensor_t *tensor = &run->outputs[index];
  const char *name = run->graph->root->outputs[index]->name;
  MMD_TRY(mmd_object_take(object, "name", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(object, "dtype", mmd_value_string(mmd_dtype_name(tensor->dtype))));
  mmd_value_t *dims = mmd_value_array();
  MMD_TRY(mmd_object_take(object, "shape", dims));
  for (int i = 0; i < tensor->shape.rank; ++i)
    MMD_TRY(mmd_array_take(dims, mmd_value_int(tensor->shape.dims[i])));
  MMD_TRY(mmd_str_printf(&run->text, "%s: ", name));
  MMD_TRY(mmd_tensor_format(tensor, &run->text));
  MMD_TRY(mmd_str_append(&run->text, "\n"));
  if (tensor->dtype != MMD_STRING) MMD_TRY(tell_numbers(tensor, object, &run->text));
  return tell_first(tensor, object, &run->text);
}

//===--- writing -----------------------------------------------------------===//

// A name of a tensor may hold '/' and worse; two names that become one get the index.
static mmd_status_t file_name(const run_onnx_t *run, size_t index, mmd_str_t *out_name) {
  mmd_edge_t *const *outputs = run->graph->root->outputs;
  MMD_TRY(mmd_str_append(out_name, outputs[index]->name));
  for (size_t i = 0; i < out_name->size; ++i) {
    const char c = out_name->data[i];
    if (c == '/' || c == '\\' || c == ':' || (unsigned char)c < ' ' || (c == '.' && !i)) {
      out_name->data[i] = '_';
    }
  }
  if (strcmp(mmd_str_text(out_name), outputs[index]->name) != 0)
    MMD_TRY(mmd_str_printf(out_name, "_%zu", index));
  return mmd_str_append(out_name, ".npy");
}

static mmd_status_t save_output(run_onnx_t *run, size_t index, mmd_value_t *object) {
  mmd_str_t name = {0};
  mmd_status_t status = file_name(run, index, &name);
  char *path = status ? NULL : mmd_path_join(run->options->output, mmd_str_text(&name));
  if (!status && !path) status = mmd_status_no_memory();
  if (!status) status = mmd_npy_write_file(path, &run->outputs[index]);
  if (!status) status = mmd_object_take(object, "file", mmd_value_string(path));
  if (!status) status = mmd_str_printf(&run->text, "  saved to %s\n", path);
  mmd_free(path);
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t report(run_onnx_t *run, mmd_command_context_t *context) {
  MMD_TRY(mmd_object_take(context->result, "model", mmd_value_string(run->options->model)));
  MMD_TRY(mmd_object_take(context->result, "backend", mmd_value_string(run->options->backend)));
  mmd_value_t *outputs = mmd_value_array();
  MMD_TRY(mmd_object_take(context->result, "outputs", outputs));
  if (run->options->output) MMD_TRY(mmd_path_make_directories(run->options->output));
  for (size_t i = 0; i < run->output_count; ++i) {
    mmd_value_t *object = mmd_value_object();
    MMD_TRY(mmd_array_take(outputs, object));
    MMD_TRY(tell_output(run, i, object));
    if (run->options->output) MMD_TRY(save_output(run, i, object));
  }
  mmd_command_text(context, mmd_str_text(&run->text));
  return NULL;
}

static mmd_status_t run_all(run_onnx_t *run, mmd_command_context_t *context) {
  const run_onnx_options_t *options = run->options;
  const mmd_onnx_import_options_t import = mmd_limits_import(&options->limits);
  MMD_TRY(mmd_onnx_import(options->model, &import, &run->graph));
  run->output_count = run->graph->root->output_count;
  run->outputs = mmd_alloc_array(run->output_count + 1, sizeof *run->outputs);
  MMD_TRY_ALLOC(run->outputs);
  MMD_TRY(mmd_run_inputs_make(run->graph, options->inputs, options->shapes, options->seed,
                              &run->inputs));
  MMD_TRY(mmd_progress_update(&context->progress, "run", 0, 0));
  const bool is_ours = strcmp(options->backend, "reference") == 0;
  MMD_TRY(
      mmd_status_annotate(is_ours ? run_evaluator(run) : run_session(run), "%s", options->model));
  return report(run, context);
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  run_onnx_t all = {.options = opaque};
  mmd_status_t status = run_all(&all, context);
  deinit(&all);
  return status;
}

const mmd_command_t mmd_run_onnx_command = {
    .name = "run onnx",
    .summary = "Run an ONNX file on arrays or random numbers and show its outputs.",
    .options = &g_table,
    .run = run,
};
