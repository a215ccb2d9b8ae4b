// SPDX-License-Identifier: Apache-2.0
//
// `parity`: a package or a network file against arrays that the original framework recorded; and
// the Python that records them.
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/commands.h"
#include "convert/limits.h"
#include "convert/parity_simulator.h"
#include "convert/parity_snippet.h"
#include "convert/parity_trial.h"
#include "formats/npy/npy.h"
#include "graph/tensor_info.h"
#include "pipeline/package.h"
#include "runtime/session.h"

#define MAX_THREADS 1024

typedef struct parity_options_t {
  const char *model, *checkpoint, *reference, *file, *backend, *net, *device;
  bool snippet;
  mmd_ints_t size;
  double tolerance;
  int64_t threads;
  mmd_limits_t limits;
} parity_options_t;

#define AT(field) offsetof(parity_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "model",
     .type = MMD_OPTION_STRING,
     .offset = AT(model),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Package (a folder) or network file; with --snippet the model config."},
    {.name = "checkpoint",
     .type = MMD_OPTION_STRING,
     .offset = AT(checkpoint),
     .flags = MMD_OPTION_POSITIONAL,
     .help = "With --snippet: the checkpoint."},
    {.name = "reference",
     .type = MMD_OPTION_STRING,
     .offset = AT(reference),
     .metavar = "FILE.npz",
     .help = "Recorded arrays, named as the network's inputs and outputs. All inputs and at least "
             "one output must be there."},
    {.name = "snippet",
     .type = MMD_OPTION_BOOL,
     .offset = AT(snippet),
     .help = "Print Python that records such arrays of a model in PyTorch."},
    {.name = "file",
     .type = MMD_OPTION_STRING,
     .offset = AT(file),
     .default_text = "reference.npz",
     .metavar = "FILE.npz",
     .help = "With --snippet: the file that it writes."},
    {.name = "size",
     .type = MMD_OPTION_INTS,
     .offset = AT(size),
     .metavar = "H,W",
     .min = 1,
     .max = 65536,
     .help = "With --snippet: size of the input; without it the config's."},
    {.name = "backend",
     .type = MMD_OPTION_STRING,
     .offset = AT(backend),
     .metavar = "NAME",
     .help = "What runs the network; by default the package's own engine, for a file 'reference', "
             "our evaluator."},
    {.name = "net",
     .type = MMD_OPTION_STRING,
     .offset = AT(net),
     .metavar = "NAME",
     .help = "Network of the package, by its name in deploy.json; without it the first."},
    {.name = "tolerance",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(tolerance),
     .default_text = "1e-4",
     .min = 0,
     .max = 1e6,
     .help = "Largest difference, relative to the largest number of an output; beyond it the exit "
             "status is 3."},
    {.name = "device",
     .type = MMD_OPTION_STRING,
     .offset = AT(device),
     .default_text = "cpu",
     .help = "Device of the engine."},
    {.name = "threads",
     .type = MMD_OPTION_INT,
     .offset = AT(threads),
     .max = MAX_THREADS,
     .help = "Threads; 0: the engine's choice."},
    MMD_RUN_LIMIT_OPTIONS(parity_options_t, limits),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("parity", parity_options_t, g_options);

//===--- the engine --------------------------------------------------------===//

// What answers: a session, or the simulator of an engine that has no module.
typedef struct engine_t {
  mmd_session_t *session;
  mmd_simulator_t simulator;
} engine_t;

static void close_engine(engine_t *engine) {
  mmd_session_destroy(engine->session);
  mmd_simulator_close(&engine->simulator);
}

static size_t count_ports(const engine_t *engine, bool is_output) {
  const mmd_region_t *root = engine->session ? NULL : engine->simulator.graph->root;
  if (root) return is_output ? root->output_count : root->input_count;
  return is_output ? mmd_session_output_count(engine->session)
                   : mmd_session_input_count(engine->session);
}

static mmdeploy_plugin_tensor_info_t port_at(const engine_t *engine, bool is_output, size_t index) {
  mmdeploy_plugin_tensor_info_t info = {0};
  if (engine->session) {
    return is_output ? *mmd_session_output(engine->session, index)
                     : *mmd_session_input(engine->session, index);
  }
  const mmd_region_t *root = engine->simulator.graph->root;
  (void)mmd_edge_tensor_info(is_output ? root->outputs[index] : root->inputs[index], &info);
  return info;
}

static mmd_status_t open_session(const parity_options_t *options, const char *backend_name,
                                 const mmd_session_options_t *base, mmd_session_t **out_session) {
  mmd_backend_t *backend = NULL;
  mmd_session_options_t session = *base;
  session.device_name = options->device;
  session.threads = (int)options->threads;
  mmd_str_t json = {0};
  MMD_TRY(mmd_backend_get(backend_name, &backend));
  mmd_status_t status = mmd_limits_session(&options->limits, backend_name, &json);
  session.options_json = mmd_str_text(&json);
  if (!status) status = mmd_session_create(backend, &session, out_session);
  mmd_str_deinit(&json);
  return status;
}

static mmd_status_t open_file(const parity_options_t *options, const char **out_backend,
                              mmd_session_t **out_session) {
  mmd_storage_t *net = NULL;
  MMD_TRY(mmd_storage_map_file(options->model, &net));
  const mmd_session_options_t base = {
      .name = options->model, .net = net, .net_path = options->model};
  *out_backend = options->backend ? options->backend : "reference";
  mmd_status_t status = open_session(options, *out_backend, &base, out_session);
  mmd_storage_release(net);
  return status;
}

static mmd_status_t find_net(const parity_options_t *options, const mmd_package_t *package,
                             const mmd_package_net_t **out_net) {
  *out_net = options->net                     ? mmd_package_find_net(package, options->net)
             : mmd_package_net_count(package) ? mmd_package_net(package, 0)
                                              : NULL;
  if (*out_net) return NULL;
  return MMD_ERROR(MMD_NOT_FOUND, "%s: the package has no network%s%s", options->model,
                   options->net ? " " : "", options->net ? options->net : "");
}

static mmd_status_t open_net(const parity_options_t *options, mmd_package_t *package,
                             const mmd_package_net_t *net, mmd_session_t **out_session) {
  mmd_session_options_t base = {.name = net->net, .precision = net->precision};
  char *net_path = NULL, *weights_path = NULL;
  mmd_status_t status = mmd_package_read(package, net->net, &base.net, &net_path);
  if (!status && net->weights && *net->weights)
    status = mmd_package_read(package, net->weights, &base.weights, &weights_path);
  base.net_path = net_path;
  base.weights_path = weights_path;
  if (!status) {
    status = open_session(options, options->backend ? options->backend : net->backend, &base,
                          out_session);
  }
  mmd_storage_release(base.net);
  mmd_storage_release(base.weights);
  mmd_free(net_path);
  mmd_free(weights_path);
  return status;
}

// The target whose simulator is to answer, or NULL.
static mmd_status_t find_simulator(const char *backend, const mmdeploy_target_t **out_target) {
  bool is_needed = false;
  *out_target = NULL;
  mmd_status_t status = mmd_target_get(backend, out_target);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  if (*out_target) MMD_TRY(mmd_trial_is_needed(*out_target, backend, &is_needed));
  if (!is_needed) *out_target = NULL;
  return NULL;
}

static mmd_status_t open_package(const parity_options_t *options, mmd_package_t *package,
                                 mmd_value_t *result, engine_t *out_engine) {
  const mmd_package_net_t *net = NULL;
  const mmdeploy_target_t *simulator = NULL;
  MMD_TRY(find_net(options, package, &net));
  MMD_TRY(mmd_object_take(result, "net", mmd_value_string(net->net)));
  MMD_TRY(mmd_object_take(result, "backend",
                          mmd_value_string(options->backend ? options->backend : net->backend)));
  MMD_TRY(find_simulator(options->backend ? options->backend : net->backend, &simulator));
  if (simulator && mmd_path_is_directory(options->model)) {
    return mmd_simulator_open(simulator, options->model, net->net, &options->limits,
                              &out_engine->simulator);
  }
  return open_net(options, package, net, &out_engine->session);
}

static bool is_package(const char *path) {
  return mmd_path_is_directory(path) || strcmp(mmd_path_extension(path), ".zip") == 0;
}

static mmd_status_t open_any(const parity_options_t *options, mmd_value_t *result,
                             engine_t *out_engine) {
  if (!is_package(options->model)) {
    const char *backend = NULL;
    MMD_TRY(open_file(options, &backend, &out_engine->session));
    return mmd_object_take(result, "backend", mmd_value_string(backend));
  }
  mmd_package_t *package = NULL;
  MMD_TRY(mmd_package_open(options->model, &package));
  mmd_status_t status = open_package(options, package, result, out_engine);
  mmd_package_release(package);
  return status;
}

//===--- arrays ------------------------------------------------------------===//

static mmd_status_t missing(const parity_options_t *options, const mmd_value_t *arrays,
                            const char *what, const char *name) {
  mmd_str_t names = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_object_size(arrays) && !status; ++i)
    status = mmd_str_printf(&names, "%s%s", i ? ", " : "", mmd_object_key_at(arrays, i));
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "%s: there is no array for the network's %s '%s'; "
                       "there are: %s",
                       options->reference, what, name, mmd_str_text(&names));
  }
  mmd_str_deinit(&names);
  return status;
}

// In the type of the network's input: PyTorch's float64 where the network has float32, say.
static mmd_status_t take_input(const parity_options_t *options, const mmd_value_t *arrays,
                               const mmdeploy_plugin_tensor_info_t *info,
                               mmd_tensor_t *out_tensor) {
  const mmd_tensor_t *array = mmd_value_get_tensor(mmd_object_get(arrays, info->name));
  const mmd_dtype_t dtype = (mmd_dtype_t)info->dtype;
  if (!array) return missing(options, arrays, "input", info->name);
  if (array->dtype == dtype || dtype == MMD_DTYPE_UNDEFINED)
    return mmd_tensor_contiguous(array, out_tensor);
  if (mmd_dtype_is_float(array->dtype) == mmd_dtype_is_float(dtype))
    return mmd_tensor_cast(array, dtype, out_tensor);
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: array '%s' is %s, the network's input is %s",
                   options->reference, info->name, mmd_dtype_name(array->dtype),
                   mmd_dtype_name(dtype));
}

typedef struct arrays_t {
  size_t input_count, output_count;
  mmd_tensor_t *inputs, *outputs;
} arrays_t;

static void drop_arrays(arrays_t *arrays) {
  for (size_t i = 0; arrays->inputs && i < arrays->input_count; ++i)
    mmd_tensor_deinit(&arrays->inputs[i]);
  for (size_t i = 0; arrays->outputs && i < arrays->output_count; ++i)
    mmd_tensor_deinit(&arrays->outputs[i]);
  mmd_free(arrays->inputs);
  mmd_free(arrays->outputs);
}

static mmd_status_t run_engine(const parity_options_t *options, engine_t *engine,
                               const mmd_value_t *reference, arrays_t *arrays) {
  arrays->input_count = count_ports(engine, false);
  arrays->output_count = count_ports(engine, true);
  arrays->inputs = mmd_alloc_array(arrays->input_count + 1, sizeof *arrays->inputs);
  MMD_TRY_ALLOC(arrays->inputs);
  arrays->outputs = mmd_alloc_array(arrays->output_count + 1, sizeof *arrays->outputs);
  MMD_TRY_ALLOC(arrays->outputs);
  for (size_t i = 0; i < arrays->input_count; ++i) {
    const mmdeploy_plugin_tensor_info_t info = port_at(engine, false, i);
    MMD_TRY(take_input(options, reference, &info, &arrays->inputs[i]));
  }
  if (!engine->session)
    return mmd_simulator_run(&engine->simulator, arrays->inputs, arrays->outputs);
  return mmd_session_run(engine->session, arrays->inputs, arrays->input_count, arrays->outputs,
                         arrays->output_count);
}

//===--- comparison --------------------------------------------------------===//

// Of the angle between both; 1 when both are zero. Numbers that are not finite make it NaN.
static double cosine(const mmd_tensor_t *a, const mmd_tensor_t *b) {
  double product = 0, squares_a = 0, squares_b = 0;
  const size_t count = mmd_tensor_count(a);
  for (size_t i = 0; i < count; ++i) {
    const double x = mmd_tensor_get_f64(a, i), y = mmd_tensor_get_f64(b, i);
    product += x * y;
    squares_a += x * x;
    squares_b += y * y;
  }
  if (squares_a == 0 && squares_b == 0) return 1;
  if (squares_a == 0 || squares_b == 0) return 0;
  return product / (sqrt(squares_a) * sqrt(squares_b));
}

static mmd_status_t note_shapes(const mmd_tensor_t *ours, const mmd_tensor_t *theirs,
                                mmd_value_t *row, mmd_str_t *text) {
  mmd_str_t note = {0};
  mmd_status_t status = mmd_str_append(&note, "shapes differ: ");
  if (!status) status = mmd_tensor_format(ours, &note);
  if (!status) status = mmd_str_append(&note, ", reference ");
  if (!status) status = mmd_tensor_format(theirs, &note);
  if (!status) status = mmd_object_take(row, "note", mmd_value_string(mmd_str_text(&note)));
  if (!status) status = mmd_str_printf(text, "%s  FAILED\n", mmd_str_text(&note));
  mmd_str_deinit(&note);
  return status;
}

static mmd_status_t compare(const mmd_tensor_t *ours, const mmd_tensor_t *theirs, double tolerance,
                            mmd_value_t *row, mmd_str_t *text, bool *out_passed) {
  mmd_difference_t d;
  *out_passed = false;
  if (!mmd_shape_equal(&ours->shape, &theirs->shape)) return note_shapes(ours, theirs, row, text);
  MMD_TRY(mmd_tensor_difference(ours, theirs, &d));
  const double angle = cosine(ours, theirs);
  // Nothing is relative to an all-zero output: there a tiny difference passes.
  *out_passed = d.max_rel <= tolerance || (isinf(d.max_rel) && d.max_abs <= 1e-7);
  MMD_TRY(mmd_object_take(row, "max_abs", mmd_value_float(d.max_abs)));
  MMD_TRY(mmd_object_take(row, "mean_abs", mmd_value_float(d.mean_abs)));
  MMD_TRY(mmd_object_take(row, "max_rel", mmd_value_float(d.max_rel)));
  MMD_TRY(mmd_object_take(row, "cosine", mmd_value_float(angle)));
  return mmd_str_printf(text, "%9.2e %9.2e %9.2e  %.8f  %s\n", d.max_abs, d.mean_abs, d.max_rel,
                        angle, *out_passed ? "ok" : "FAILED");
}

static mmd_status_t compare_output(const parity_options_t *options, const char *name,
                                   const mmd_tensor_t *ours, const mmd_tensor_t *theirs,
                                   mmd_value_t *rows, mmd_str_t *text, bool *all_passed) {
  mmd_value_t *row = mmd_value_object();
  bool passed = false;
  MMD_TRY(mmd_array_take(rows, row));
  MMD_TRY(mmd_object_take(row, "name", mmd_value_string(name)));
  if (!theirs) {
    MMD_TRY(mmd_object_take(row, "note", mmd_value_string("not recorded")));
    return mmd_str_printf(text, "  %-24s not recorded\n", name);
  }
  MMD_TRY(mmd_str_printf(text, "  %-24s ", name));
  MMD_TRY(compare(ours, theirs, options->tolerance, row, text, &passed));
  *all_passed = *all_passed && passed;
  return mmd_object_take(row, "passed", mmd_value_bool(passed));
}

static mmd_status_t compare_all(const parity_options_t *options, const engine_t *engine,
                                const mmd_value_t *reference, const arrays_t *arrays,
                                mmd_value_t *result, mmd_str_t *text, bool *out_passed) {
  mmd_value_t *rows = mmd_value_array();
  size_t compared = 0;
  *out_passed = true;
  MMD_TRY(mmd_object_take(result, "outputs", rows));
  MMD_TRY(mmd_str_printf(text, "  %-24s %9s %9s %9s  %s\n", "output", "max abs", "mean abs",
                         "max rel", "cosine"));
  for (size_t i = 0; i < arrays->output_count; ++i) {
    const char *name = port_at(engine, true, i).name;
    const mmd_tensor_t *theirs = mmd_value_get_tensor(mmd_object_get(reference, name));
    MMD_TRY(compare_output(options, name, &arrays->outputs[i], theirs, rows, text, out_passed));
    compared += theirs != NULL;
  }
  if (compared) return NULL;
  return missing(options, reference, "outputs, of which the first is",
                 arrays->output_count ? port_at(engine, true, 0).name : "");
}

static mmd_status_t report(const parity_options_t *options, engine_t *engine,
                           const mmd_value_t *reference, mmd_command_context_t *context) {
  arrays_t arrays = {0};
  mmd_str_t text = {0};
  bool passed = false;
  mmd_value_t *result = context->result;
  mmd_status_t status = mmd_str_printf(
      &text, "%s with %s against %s (tolerance %g, relative to the largest number)\n",
      options->model, mmd_value_get_string(mmd_object_get(result, "backend"), ""),
      options->reference, options->tolerance);
  if (!status) status = run_engine(options, engine, reference, &arrays);
  if (!status) status = compare_all(options, engine, reference, &arrays, result, &text, &passed);
  if (!status) status = mmd_object_take(result, "passed", mmd_value_bool(passed));
  if (!status) status = mmd_str_append(&text, passed ? "Parity: passed\n" : "Parity: FAILED\n");
  if (!status) mmd_command_text(context, mmd_str_text(&text));
  if (!status && !passed) context->exit_status = 3;
  mmd_str_deinit(&text);
  drop_arrays(&arrays);
  return status;
}

static mmd_status_t check(const parity_options_t *options, mmd_command_context_t *context) {
  mmd_value_t *reference = NULL;
  engine_t engine = {0};
  if (options->checkpoint) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s': a second file goes together with --snippet only",
                     options->checkpoint);
  }
  if (!options->reference)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--reference FILE.npz or --snippet is needed");
  MMD_TRY(mmd_npz_read_file(options->reference, &reference));
  mmd_value_t *result = context->result;
  mmd_status_t status = mmd_object_take(result, "model", mmd_value_string(options->model));
  if (!status) status = mmd_object_take(result, "reference", mmd_value_string(options->reference));
  if (!status) status = mmd_object_take(result, "tolerance", mmd_value_float(options->tolerance));
  if (!status) status = open_any(options, result, &engine);
  parity_options_t allowed = *options;
  if (engine.simulator.target)
    allowed.tolerance = fmax(options->tolerance, mmd_target_precision(engine.simulator.target));
  if (!status) status = mmd_object_take(result, "tolerance", mmd_value_float(allowed.tolerance));
  if (!status) status = report(&allowed, &engine, reference, context);
  close_engine(&engine);
  mmd_value_release(reference);
  return status;
}

//===--- the snippet -------------------------------------------------------===//

static mmd_status_t print_snippet(const parity_options_t *options, mmd_command_context_t *context) {
  const int count = options->size.count;
  const mmd_snippet_request_t request = {
      .config = options->model,
      .checkpoint = options->checkpoint,
      .file = options->file,
      .height = count ? options->size.items[0] : 0,
      .width = count ? options->size.items[count - 1] : 0,
  };
  mmd_str_t text = {0};
  if (!options->checkpoint)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--snippet needs CONFIG and CHECKPOINT");
  if (options->reference)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--snippet does not go together with --reference");
  if (count > 2) return MMD_ERROR(MMD_INVALID_ARGUMENT, "--size: H,W is expected");
  mmd_status_t status = mmd_snippet_make(&request, &text);
  if (!status)
    status = mmd_object_take(context->result, "snippet", mmd_value_string(mmd_str_text(&text)));
  if (!status) mmd_command_text(context, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const parity_options_t *options = opaque;
  return options->snippet ? print_snippet(options, context) : check(options, context);
}

const mmd_command_t mmd_parity_command = {
    .name = "parity",
    .summary = "Compare a package or a network with arrays recorded in PyTorch.",
    .options = &g_table,
    .run = run,
};
