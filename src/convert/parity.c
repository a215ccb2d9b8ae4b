// SPDX-License-Identifier: Apache-2.0
#include "convert/parity.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/parity_ranks.h"
#include "convert/parity_trial.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "runtime/session.h"

#define MAX_TENSORS 60
#define TOP 5

//===--- sessions ----------------------------------------------------------===//

static mmd_status_t open_session(const mmd_parity_request_t *request, const char *directory,
                                 const mmdeploy_target_result_t *files,
                                 mmd_session_t **out_session) {
  mmd_backend_t *backend = NULL;
  MMD_TRY(mmd_backend_get(request->backend, &backend));
  char *net = mmd_path_join(directory, files->file_count > 0 ? files->files[0] : "");
  MMD_TRY_ALLOC(net);
  char *weights = files->file_count > 1 ? mmd_path_join(directory, files->files[1]) : NULL;
  mmd_storage_t *net_bytes = NULL, *weights_bytes = NULL;
  mmd_status_t status = mmd_storage_map_file(net, &net_bytes);
  if (!status && weights) status = mmd_storage_map_file(weights, &weights_bytes);
  if (!status) {
    const mmd_session_options_t options = {
        .name = files->files[0],
        .net = net_bytes,
        .net_path = net,
        .weights = weights_bytes,
        .weights_path = weights,
        .device_name = request->device_name,
        .device_id = request->device_id,
        .threads = request->threads,
    };
    status = mmd_session_create(backend, &options, out_session);
  }
  mmd_storage_release(net_bytes);
  mmd_storage_release(weights_bytes);
  mmd_free(weights);
  mmd_free(net);
  return status;
}

static void deinit_all(mmd_tensor_t *tensors, size_t count) {
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&tensors[i]);
}

// The engine may list inputs in another order than the graph: they are matched by name, or by place
// for engines without names.
static mmd_status_t run_session(mmd_session_t *session, const mmd_graph_t *graph,
                                const mmd_tensor_t *inputs, mmd_tensor_t *outputs) {
  const mmd_region_t *root = graph->root;
  mmd_tensor_t in[MAX_TENSORS], out[MAX_TENSORS] = {0};
  const size_t in_count = mmd_session_input_count(session),
               out_count = mmd_session_output_count(session);
  if (in_count != root->input_count || out_count != root->output_count || in_count > MAX_TENSORS ||
      out_count > MAX_TENSORS) {
    return MMD_ERROR(MMD_MISMATCH,
                     "the engine sees %zu inputs and %zu outputs, the graph has %zu and %zu",
                     in_count, out_count, root->input_count, root->output_count);
  }
  for (size_t i = 0; i < in_count; ++i) {
    in[i] = inputs[i];
    for (size_t k = 0; k < in_count; ++k) {
      if (mmd_str_equal(mmd_session_input(session, i)->name, root->inputs[k]->name))
        in[i] = inputs[k];
    }
  }
  MMD_TRY(mmd_session_run(session, in, in_count, out, out_count));
  bool is_taken[MAX_TENSORS] = {0};
  for (size_t k = 0; k < out_count; ++k) {
    size_t from = k;
    for (size_t i = 0; i < out_count; ++i) {
      if (mmd_str_equal(mmd_session_output(session, i)->name, root->outputs[k]->name)) from = i;
    }
    if (is_taken[from]) {
      deinit_all(out, out_count);
      deinit_all(outputs, k);
      return MMD_ERROR(MMD_MISMATCH, "the engine has no output '%s'", root->outputs[k]->name);
    }
    is_taken[from] = true;
    outputs[k] = out[from];
    memset(&out[from], 0, sizeof out[from]);
  }
  return NULL;
}

// What answers: a session of the module, or what a simulator has answered to all cases.
typedef struct engine_t {
  mmd_session_t *session;
  mmd_tensor_t *answers;  // |count| cases with the graph's outputs each, or NULL
  size_t count, width;
} engine_t;

static void close_engine(engine_t *engine) {
  mmd_session_destroy(engine->session);
  if (engine->answers) deinit_all(engine->answers, engine->count * engine->width);
  mmd_free(engine->answers);
}

static mmd_status_t try_engine(const mmd_parity_request_t *request, const mmd_graph_t *graph,
                               const char *directory, size_t case_count, engine_t *engine) {
  mmdeploy_target_request_t target_request = *request->target_request;
  const mmd_tensor_t **inputs = mmd_alloc_array(case_count + 1, sizeof *inputs);
  MMD_TRY_ALLOC(inputs);
  for (size_t i = 0; i < case_count; ++i) inputs[i] = request->cases[i].inputs;
  engine->count = case_count;
  engine->width = graph->root->output_count;
  engine->answers = mmd_alloc_array(case_count * engine->width + 1, sizeof *engine->answers);
  mmd_status_t status = engine->answers ? NULL : mmd_status_no_memory();
  target_request.directory = directory;
  const mmd_trial_t trial = {request->target, &target_request, graph, case_count, inputs};
  if (!status) status = mmd_trial_run(&trial, engine->answers);
  mmd_free(inputs);
  return status;
}

// For the first |case_count| cases; |files| are what the target wrote for |graph|.
static mmd_status_t open_engine(const mmd_parity_request_t *request, const mmd_graph_t *graph,
                                const char *directory, const mmdeploy_target_result_t *files,
                                size_t case_count, engine_t *out_engine) {
  bool is_trial = false;
  *out_engine = (engine_t){0};
  MMD_TRY(mmd_trial_is_needed(request->target, request->backend, &is_trial));
  mmd_status_t status = is_trial ? try_engine(request, graph, directory, case_count, out_engine)
                                 : open_session(request, directory, files, &out_engine->session);
  if (status) close_engine(out_engine);
  return status;
}

static mmd_status_t run_engine(const engine_t *engine, const mmd_graph_t *graph, size_t index,
                               const mmd_tensor_t *inputs, mmd_tensor_t *outputs) {
  if (engine->session) return run_session(engine->session, graph, inputs, outputs);
  for (size_t i = 0; i < engine->width; ++i)
    outputs[i] = mmd_tensor_retain(&engine->answers[index * engine->width + i]);
  return NULL;
}

static mmd_status_t run_evaluator(const mmd_parity_request_t *request, const mmd_graph_t *graph,
                                  mmd_pool_t *pool, const mmd_tensor_t *inputs,
                                  mmd_tensor_t *outputs) {
  const mmd_limits_t limits = MMD_LIMITS_DEFAULT;
  mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST, .pool = pool};
  mmd_limits_evaluator(request->limits ? request->limits : &limits, &options);
  mmd_evaluator_t *evaluator = NULL;
  MMD_TRY(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_status_t status = mmd_evaluator_run_tensors(evaluator, inputs, graph->root->input_count,
                                                  outputs, graph->root->output_count);
  mmd_evaluator_destroy(evaluator);
  return status;
}

//===--- comparison --------------------------------------------------------===//

static mmd_status_t take_shape(mmd_value_t *object, const mmd_tensor_t *tensor) {
  mmd_value_t *dims = mmd_value_array();
  MMD_TRY(mmd_object_take(object, "shape", dims));
  for (int i = 0; i < tensor->shape.rank; ++i)
    MMD_TRY(mmd_array_take(dims, mmd_value_int(tensor->shape.dims[i])));
  return NULL;
}

// One row: |ours| against |theirs| ("evaluator" or "reference").
static mmd_status_t compare(const char *name, const char *against, const mmd_tensor_t *ours,
                            const mmd_tensor_t *theirs, double tolerance, mmd_value_t *rows) {
  mmd_value_t *row = mmd_value_object();
  MMD_TRY(mmd_array_take(rows, row));
  MMD_TRY(mmd_object_take(row, "name", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(row, "against", mmd_value_string(against)));
  MMD_TRY(take_shape(row, ours));
  if (!mmd_shape_equal(&ours->shape, &theirs->shape)) {
    mmd_str_t text = {0};
    mmd_status_t status = mmd_str_append(&text, "shapes differ: ");
    if (!status) status = mmd_tensor_format(theirs, &text);
    if (!status) status = mmd_object_take(row, "note", mmd_value_string(mmd_str_text(&text)));
    mmd_str_deinit(&text);
    MMD_TRY(status);
    return mmd_object_take(row, "passed", mmd_value_bool(false));
  }
  mmd_difference_t d;
  MMD_TRY(mmd_tensor_difference(ours, theirs, &d));
  MMD_TRY(mmd_object_take(row, "max_abs", mmd_value_float(d.max_abs)));
  MMD_TRY(mmd_object_take(row, "mean_abs", mmd_value_float(d.mean_abs)));
  MMD_TRY(mmd_object_take(row, "max_rel", mmd_value_float(d.max_rel)));
  // Nothing is relative to an all-zero output: there a tiny difference passes.
  const bool passed = d.max_rel <= tolerance || (isinf(d.max_rel) && d.max_abs <= 1e-7);
  return mmd_object_take(row, "passed", mmd_value_bool(passed));
}

static bool rows_passed(const mmd_value_t *rows) {
  for (size_t i = 0; i < mmd_array_size(rows); ++i) {
    if (!mmd_value_get_bool(mmd_object_get(mmd_array_at(rows, i), "passed"), false)) return false;
  }
  return true;
}

//===--- top-5 -------------------------------------------------------------===//

static void best_indices(const mmd_tensor_t *scores, size_t count, size_t out_best[TOP]) {
  const size_t total = mmd_tensor_count(scores);
  for (size_t k = 0; k < count; ++k) {
    size_t best = total;
    for (size_t i = 0; i < total; ++i) {
      bool is_taken = false;
      for (size_t j = 0; j < k; ++j) is_taken |= out_best[j] == i;
      if (is_taken) continue;
      if (best == total || mmd_tensor_get_f64(scores, i) > mmd_tensor_get_f64(scores, best))
        best = i;
    }
    out_best[k] = best;
  }
}

// The best five of a [1, C] output, as both sides see them.
static mmd_status_t take_top(const mmd_parity_request_t *request, const mmd_tensor_t *engine,
                             const mmd_tensor_t *evaluator, mmd_value_t *object) {
  if (engine->shape.rank != 2 || engine->shape.dims[0] != 1 || !mmd_dtype_is_float(engine->dtype))
    return NULL;
  if (!mmd_shape_equal(&engine->shape, &evaluator->shape)) return NULL;
  const size_t total = mmd_tensor_count(engine), count = total < TOP ? total : TOP;
  size_t best[TOP];
  best_indices(engine, count, best);
  mmd_value_t *top = mmd_value_array();
  MMD_TRY(mmd_object_take(object, "top5", top));
  for (size_t k = 0; k < count; ++k) {
    mmd_value_t *row = mmd_value_object();
    MMD_TRY(mmd_array_take(top, row));
    MMD_TRY(mmd_object_take(row, "label_id", mmd_value_int((int64_t)best[k])));
    const char *label = mmd_value_get_string(mmd_array_at(request->classes, best[k]), NULL);
    if (label) MMD_TRY(mmd_object_take(row, "label", mmd_value_string(label)));
    MMD_TRY(mmd_object_take(row, "score", mmd_value_float(mmd_tensor_get_f64(engine, best[k]))));
    MMD_TRY(
        mmd_object_take(row, "evaluator", mmd_value_float(mmd_tensor_get_f64(evaluator, best[k]))));
  }
  return NULL;
}

//===--- outputs -----------------------------------------------------------===//

// All outputs against |against|; those that are ranked with their ties put in order.
static mmd_status_t compare_all(const mmd_parity_request_t *request, const char *name,
                                const mmd_tensor_t *engine, const mmd_tensor_t *against,
                                mmd_value_t *rows) {
  const mmd_region_t *root = request->graph->root;
  const mmd_rank_sides_t sides = {(const mmd_edge_t *const *)root->outputs, engine, against,
                                  root->output_count, request->tolerance};
  mmd_tensor_t aligned[MAX_TENSORS] = {0};
  size_t moved[MAX_TENSORS];
  MMD_TRY(mmd_parity_unrank(request->rankings, &sides, aligned, moved));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < root->output_count && !status; ++i) {
    status =
        compare(root->outputs[i]->name, name, &aligned[i], &against[i], request->tolerance, rows);
    if (status || !moved[i]) continue;
    mmd_value_t *row = mmd_array_at(rows, mmd_array_size(rows) - 1);
    status = mmd_object_take(row, "tied_rows", mmd_value_int((int64_t)moved[i]));
  }
  deinit_all(aligned, root->output_count);
  return status;
}

static mmd_status_t compare_case(const mmd_parity_request_t *request, const engine_t *from,
                                 mmd_pool_t *pool, size_t index, mmd_value_t *object) {
  const mmd_parity_case_t *input = &request->cases[index];
  const mmd_region_t *root = request->graph->root;
  mmd_tensor_t engine[MAX_TENSORS] = {0}, ours[MAX_TENSORS] = {0};
  mmd_value_t *rows = mmd_value_array();
  MMD_TRY(mmd_object_take(object, "outputs", rows));
  mmd_status_t status = run_engine(from, request->graph, index, input->inputs, engine);
  if (!status) status = run_evaluator(request, request->graph, pool, input->inputs, ours);
  if (!status) status = compare_all(request, "evaluator", engine, ours, rows);
  if (!status && input->expected)
    status = compare_all(request, "reference", engine, input->expected, rows);
  if (!status && root->output_count == 1) status = take_top(request, &engine[0], &ours[0], object);
  deinit_all(engine, root->output_count);
  deinit_all(ours, root->output_count);
  return status;
}

static mmd_status_t compare_outputs(const mmd_parity_request_t *request, mmd_pool_t *pool,
                                    mmd_value_t *report) {
  mmd_value_t *cases = mmd_value_array();
  MMD_TRY(mmd_object_take(report, "cases", cases));
  engine_t engine;
  MMD_TRY(open_engine(request, request->graph, request->target_request->directory, request->files,
                      request->case_count, &engine));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < request->case_count && !status; ++i) {
    status = mmd_progress_update(request->progress, "verify", i, request->case_count);
    mmd_value_t *object = mmd_value_object();
    if (!status)
      status = mmd_array_take(cases, object);
    else
      mmd_value_release(object);
    if (!status)
      status = mmd_object_take(object, "input", mmd_value_string(request->cases[i].name));
    if (!status) status = compare_case(request, &engine, pool, i, object);
    status = mmd_status_annotate(status, "%s", request->cases[i].name);
  }
  close_engine(&engine);
  return status;
}

//===--- layers ------------------------------------------------------------===//

// The next node outputs, from node |*cursor| on, become the outputs of |graph|; those it had are
// dropped.
static mmd_status_t expose_nodes(mmd_graph_t *graph, size_t *cursor) {
  mmd_region_t *root = graph->root;
  const size_t had = root->output_count;
  size_t index = 0, added = 0;
  for (mmd_node_t *node = root->first; node && added < MAX_TENSORS - 12;
       node = node->next, ++index) {
    if (index < *cursor) continue;
    *cursor = index + 1;
    for (size_t i = 0; i < node->output_count; ++i) {
      mmd_edge_t *edge = node->outputs[i];
      if (!edge || edge->type.kind != MMD_TYPE_TENSOR || !mmd_dtype_is_float(edge->type.dtype))
        continue;
      bool is_output = false;
      for (size_t k = 0; k < had; ++k) is_output |= root->outputs[k] == edge;
      if (is_output || added == MAX_TENSORS - 12) continue;
      MMD_TRY(mmd_region_add_output(root, edge));
      ++added;
    }
  }
  if (had + added > MAX_TENSORS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "a network of %zu outputs cannot be compared layer by layer", had);
  }
  return NULL;
}

static mmd_status_t compare_slice(const mmd_parity_request_t *request, mmd_pool_t *pool,
                                  const mmd_graph_t *graph, const char *directory,
                                  mmd_value_t *rows) {
  mmdeploy_target_request_t target_request = *request->target_request;
  mmdeploy_target_result_t files;
  engine_t from;
  mmd_tensor_t engine[MAX_TENSORS] = {0}, ours[MAX_TENSORS] = {0};
  target_request.directory = directory;
  MMD_TRY(mmd_target_write(request->target, graph, &target_request, &files));
  MMD_TRY(open_engine(request, graph, directory, &files, 1, &from));
  const mmd_region_t *root = graph->root;
  mmd_status_t status = run_engine(&from, graph, 0, request->cases[0].inputs, engine);
  if (!status) status = run_evaluator(request, graph, pool, request->cases[0].inputs, ours);
  for (size_t i = request->graph->root->output_count; i < root->output_count && !status; ++i) {
    status = compare(root->outputs[i]->name, "evaluator", &engine[i], &ours[i], request->tolerance,
                     rows);
  }
  deinit_all(engine, root->output_count);
  deinit_all(ours, root->output_count);
  close_engine(&from);
  return status;
}

static mmd_status_t compare_layers(const mmd_parity_request_t *request, mmd_pool_t *pool,
                                   mmd_value_t *report) {
  mmd_value_t *rows = mmd_value_array();
  MMD_TRY(mmd_object_take(report, "layers", rows));
  char *directory = mmd_path_join(request->target_request->directory, ".verify-layers");
  MMD_TRY_ALLOC(directory);
  mmd_status_t status = mmd_path_make_directories(directory);
  size_t cursor = 0;
  while (!status && cursor < request->graph->root->node_count) {
    mmd_graph_t *slice = NULL;
    status = mmd_progress_update(request->progress, "verify layers", cursor,
                                 request->graph->root->node_count);
    if (!status) status = mmd_graph_clone(request->graph, &slice);
    if (!status) status = mmd_graph_infer(slice);
    if (!status) status = expose_nodes(slice, &cursor);
    if (!status) status = compare_slice(request, pool, slice, directory, rows);
    mmd_graph_destroy(slice);
  }
  mmd_path_remove_at(AT_FDCWD, directory);
  mmd_free(directory);
  return status;
}

//===--- report ------------------------------------------------------------===//

static bool report_passed(const mmd_value_t *report) {
  const mmd_value_t *cases = mmd_object_get(report, "cases");
  for (size_t i = 0; i < mmd_array_size(cases); ++i) {
    if (!rows_passed(mmd_object_get(mmd_array_at(cases, i), "outputs"))) return false;
  }
  return rows_passed(mmd_object_get(report, "layers"));
}

// "" of what a simulator runs.
static mmd_status_t find_version(const mmd_parity_request_t *request, const char **out_version) {
  mmd_backend_t *backend = NULL;
  bool is_trial = false;
  *out_version = "";
  MMD_TRY(mmd_trial_is_needed(request->target, request->backend, &is_trial));
  if (is_trial) return NULL;
  MMD_TRY(mmd_backend_get(request->backend, &backend));
  MMD_TRY(mmd_backend_open(backend));
  *out_version = mmd_backend_version(backend);
  return NULL;
}

static mmd_status_t fill_report(const mmd_parity_request_t *request, mmd_value_t *report) {
  const char *version = NULL;
  MMD_TRY(find_version(request, &version));
  MMD_TRY(mmd_object_take(report, "passed", mmd_value_bool(false)));  // keeps its place in front
  MMD_TRY(mmd_object_take(report, "tolerance", mmd_value_float(request->tolerance)));
  MMD_TRY(mmd_object_take(report, "backend", mmd_value_string(request->backend)));
  MMD_TRY(mmd_object_take(report, "backend_version", mmd_value_string(version)));
  mmd_pool_t *pool = NULL;
  MMD_TRY(mmd_pool_create(request->threads > 0 ? (unsigned)request->threads : 0, &pool));
  mmd_status_t status = compare_outputs(request, pool, report);
  if (!status && request->mode == MMD_VERIFY_LAYERS && request->case_count) {
    status = compare_layers(request, pool, report);
  }
  mmd_pool_destroy(pool);
  MMD_TRY(status);
  return mmd_object_take(report, "passed", mmd_value_bool(report_passed(report)));
}

mmd_status_t mmd_parity_run(const mmd_parity_request_t *request, mmd_value_t **out_report) {
  *out_report = NULL;
  mmd_value_t *report = mmd_value_object();
  MMD_TRY_ALLOC(report);
  mmd_status_t status = fill_report(request, report);
  if (status) {
    mmd_value_release(report);
    return mmd_status_annotate(status, "verification with backend '%s'", request->backend);
  }
  *out_report = report;
  return NULL;
}

bool mmd_parity_passed(const mmd_value_t *report) {
  return mmd_value_get_bool(mmd_object_get(report, "passed"), false);
}

//===--- table -------------------------------------------------------------===//

static mmd_status_t print_row(const mmd_value_t *row, mmd_str_t *text) {
  mmd_str_t shape = {0};
  mmd_status_t status = NULL;
  const mmd_value_t *dims = mmd_object_get(row, "shape");
  for (size_t i = 0; i < mmd_array_size(dims) && !status; ++i) {
    status = mmd_str_printf(&shape, "%s%lld", i ? "x" : "",
                            (long long)mmd_value_get_int(mmd_array_at(dims, i), 0));
  }
  const char *note = mmd_value_get_string(mmd_object_get(row, "note"), NULL);
  const bool passed = mmd_value_get_bool(mmd_object_get(row, "passed"), false);
  const int64_t tied = mmd_value_get_int(mmd_object_get(row, "tied_rows"), 0);
  if (!status) {
    status = mmd_str_printf(
        text, "  %-28s %-10s %-16s ", mmd_value_get_string(mmd_object_get(row, "name"), ""),
        mmd_value_get_string(mmd_object_get(row, "against"), ""), mmd_str_text(&shape));
  }
  if (!status && note) {
    status = mmd_str_printf(text, "%s  FAILED\n", note);
  } else if (!status) {
    status = mmd_str_printf(
        text, "%9.2e %9.2e %9.2e  %s", mmd_value_get_float(mmd_object_get(row, "max_abs"), 0),
        mmd_value_get_float(mmd_object_get(row, "mean_abs"), 0),
        mmd_value_get_float(mmd_object_get(row, "max_rel"), 0), passed ? "ok" : "FAILED");
    if (!status && tied)
      status = mmd_str_printf(text, ", %lld rows of tied scores in another order", (long long)tied);
    if (!status) status = mmd_str_append(text, "\n");
  }
  mmd_str_deinit(&shape);
  return status;
}

static mmd_status_t print_rows(const mmd_value_t *rows, mmd_str_t *text) {
  for (size_t i = 0; i < mmd_array_size(rows); ++i) MMD_TRY(print_row(mmd_array_at(rows, i), text));
  return NULL;
}

static mmd_status_t print_top(const mmd_value_t *top, mmd_str_t *text) {
  for (size_t i = 0; i < mmd_array_size(top); ++i) {
    const mmd_value_t *row = mmd_array_at(top, i);
    MMD_TRY(mmd_str_printf(text, "    %zu. %5lld %-32s engine %.6f  evaluator %.6f\n", i + 1,
                           (long long)mmd_value_get_int(mmd_object_get(row, "label_id"), 0),
                           mmd_value_get_string(mmd_object_get(row, "label"), ""),
                           mmd_value_get_float(mmd_object_get(row, "score"), 0),
                           mmd_value_get_float(mmd_object_get(row, "evaluator"), 0)));
  }
  return NULL;
}

mmd_status_t mmd_parity_print(const mmd_value_t *report, mmd_str_t *out_text) {
  const char *version = mmd_value_get_string(mmd_object_get(report, "backend_version"), "");
  MMD_TRY(mmd_str_printf(
      out_text, "Parity of %s%s%s (tolerance %g, relative to the largest number)\n",
      mmd_value_get_string(mmd_object_get(report, "backend"), ""), *version ? " " : "", version,
      mmd_value_get_float(mmd_object_get(report, "tolerance"), 0)));
  MMD_TRY(mmd_str_printf(out_text, "  %-28s %-10s %-16s %9s %9s %9s\n", "output", "against",
                         "shape", "max abs", "mean abs", "max rel"));
  const mmd_value_t *cases = mmd_object_get(report, "cases");
  for (size_t i = 0; i < mmd_array_size(cases); ++i) {
    const mmd_value_t *item = mmd_array_at(cases, i);
    const char *net = mmd_value_get_string(mmd_object_get(item, "net"), "");
    MMD_TRY(mmd_str_printf(out_text, " %s%s%s\n", net, *net ? ": " : "",
                           mmd_value_get_string(mmd_object_get(item, "input"), "")));
    MMD_TRY(print_rows(mmd_object_get(item, "outputs"), out_text));
    MMD_TRY(print_top(mmd_object_get(item, "top5"), out_text));
  }
  const mmd_value_t *layers = mmd_object_get(report, "layers");
  if (layers) {
    MMD_TRY(mmd_str_append(out_text, " layers\n"));
    MMD_TRY(print_rows(layers, out_text));
  }
  return mmd_str_printf(out_text, "%s\n",
                        mmd_parity_passed(report) ? "Parity: passed" : "Parity: FAILED");
}
