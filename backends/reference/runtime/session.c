// SPDX-License-Identifier: Apache-2.0
//
// A session of our own evaluator over an ONNX file.
#include "backends/reference/runtime/session.h"

#include <string.h>

#include "base/alloc.h"
#include "frontends/onnx/import.h"
#include "graph/tensor_info.h"
#include "ops/infer.h"
#include "value/json.h"
#include "value/options.h"

#define MAX_TENSORS 64

//===--- options -----------------------------------------------------------===//

typedef struct reference_options_t {
  int mode;
  int64_t memory_limit, work_limit, step_limit;
} reference_options_t;

static const char *const g_modes[] = {"plain", "fast", NULL};

static const mmd_option_t g_options[] = {
    {.name = "mode",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(reference_options_t, mode),
     .default_text = "\"fast\"",
     .choices = g_modes,
     .help = "plain: double accumulation, obvious code; fast: kernels and threads."},
    {.name = "memory_limit",
     .type = MMD_OPTION_INT,
     .offset = offsetof(reference_options_t, memory_limit),
     .default_text = "17179869184",
     .min = 0,
     .max = 9.0e18,
     .help = "Bytes of live intermediate results; 0 sets no limit."},
    {.name = "work_limit",
     .type = MMD_OPTION_INT,
     .offset = offsetof(reference_options_t, work_limit),
     .default_text = "10000000000000",
     .min = 0,
     .max = 9.0e18,
     .help = "Elements and multiply-adds of one run; 0 sets no limit."},
    {.name = "step_limit",
     .type = MMD_OPTION_INT,
     .offset = offsetof(reference_options_t, step_limit),
     .default_text = "10000000",
     .min = 0,
     .max = 9.0e18,
     .help = "Nodes of one run, those of loops each time; 0 sets no limit."},
};
static const mmd_option_table_t g_option_table =
    MMD_OPTION_TABLE("reference", reference_options_t, g_options);

static mmd_status_t read_options(reference_session_t *session,
                                 const mmdeploy_session_desc_t *desc) {
  mmd_value_t *json = NULL;
  const char *text = desc->options_json ? desc->options_json : "{}";
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend options", &json));
  reference_options_t options;
  mmd_status_t status = mmd_options_read(&g_option_table, json, "backend options", true, &options);
  mmd_value_release(json);
  MMD_TRY(status);
  session->options.mode = options.mode == 0 ? MMD_EVAL_PLAIN : MMD_EVAL_FAST;
  session->options.memory_limit = (size_t)options.memory_limit;
  session->options.work_limit = (uint64_t)options.work_limit;
  session->options.step_limit = (uint64_t)options.step_limit;
  session->options.pool = desc->pool;
  return NULL;
}

//===--- descriptors -------------------------------------------------------===//

static mmd_status_t describe_edge(const mmd_edge_t *edge, mmdeploy_plugin_tensor_info_t *out_info) {
  if (mmd_edge_tensor_info(edge, out_info) && mmd_dtype_size(edge->type.dtype)) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s' is not a tensor of numbers", edge->name);
}

static mmd_status_t describe_edges(reference_session_t *session, mmd_edge_t **edges, size_t count,
                                   mmdeploy_plugin_tensor_info_t **out_infos) {
  if (count > MAX_TENSORS)
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu inputs or outputs; at most %d", count, MAX_TENSORS);
  *out_infos = mmd_arena_alloc_array(&session->arena, count, sizeof **out_infos);
  MMD_TRY_ALLOC(*out_infos);
  for (size_t i = 0; i < count; ++i) MMD_TRY(describe_edge(edges[i], &(*out_infos)[i]));
  return NULL;
}

//===--- evaluators --------------------------------------------------------===//

static mmd_status_t take_evaluator(reference_session_t *session, mmd_evaluator_t **out_evaluator) {
  *out_evaluator = NULL;
  mmd_mutex_lock(&session->mutex);
  if (session->idle_count) *out_evaluator = session->idle[--session->idle_count];
  mmd_mutex_unlock(&session->mutex);
  if (*out_evaluator) return NULL;
  return mmd_evaluator_create(session->graph, &session->options, out_evaluator);
}

static void give_evaluator(reference_session_t *session, mmd_evaluator_t *evaluator) {
  mmd_mutex_lock(&session->mutex);
  if (session->idle_count < sizeof session->idle / sizeof *session->idle) {
    session->idle[session->idle_count++] = evaluator;
    evaluator = NULL;
  }
  mmd_mutex_unlock(&session->mutex);
  mmd_evaluator_destroy(evaluator);
}

//===--- life --------------------------------------------------------------===//

static mmd_status_t start(reference_session_t *session, const mmdeploy_session_desc_t *desc) {
  if (strcmp(desc->device_name, "cpu") != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "device '%s' is not supported by the reference backend; 'cpu' is",
                     desc->device_name);
  }
  MMD_TRY(read_options(session, desc));
  MMD_TRY(mmd_mutex_init(&session->mutex));
  session->has_mutex = true;
  if (desc->net_path) {
    MMD_TRY(mmd_onnx_import(desc->net_path, NULL, &session->graph));
  } else {
    MMD_TRY(mmd_storage_borrow(desc->net_data, desc->net_size, NULL, NULL, &session->net));
    MMD_TRY(mmd_onnx_import_storage(session->net, desc->name, NULL, NULL, &session->graph));
  }
  const mmd_region_t *root = session->graph->root;
  session->input_count = root->input_count;
  session->output_count = root->output_count;
  MMD_TRY(describe_edges(session, root->inputs, root->input_count, &session->inputs));
  MMD_TRY(mmd_graph_infer(session->graph));
  MMD_TRY(describe_edges(session, root->outputs, root->output_count, &session->outputs));
  // The first evaluator checks at once that every operator is known.
  mmd_evaluator_t *evaluator = NULL;
  MMD_TRY(take_evaluator(session, &evaluator));
  give_evaluator(session, evaluator);
  return NULL;
}

mmd_status_t reference_session_create(const mmdeploy_session_desc_t *desc,
                                      reference_session_t **out_session) {
  *out_session = NULL;
  reference_session_t *session = mmd_alloc(sizeof *session);
  MMD_TRY_ALLOC(session);
  mmd_arena_init(&session->arena);
  mmd_status_t status = start(session, desc);
  if (status) {
    reference_session_destroy(session);
    return status;
  }
  *out_session = session;
  return NULL;
}

void reference_session_destroy(reference_session_t *session) {
  if (!session) return;
  for (size_t i = 0; i < session->idle_count; ++i) mmd_evaluator_destroy(session->idle[i]);
  mmd_graph_destroy(session->graph);
  mmd_storage_release(session->net);
  if (session->has_mutex) mmd_mutex_deinit(&session->mutex);
  mmd_arena_deinit(&session->arena);
  mmd_free(session);
}

//===--- run ---------------------------------------------------------------===//

static mmd_status_t wrap_inputs(const mmdeploy_run_tensor_t *inputs, size_t count,
                                mmd_tensor_t *out_tensors) {
  for (size_t i = 0; i < count; ++i) {
    mmd_shape_t shape;
    mmd_storage_t *storage = NULL;
    MMD_TRY(mmd_shape_make(inputs[i].rank, inputs[i].dims, &shape));
    MMD_TRY(mmd_storage_borrow(inputs[i].data, inputs[i].byte_size, NULL, NULL, &storage));
    mmd_status_t status =
        mmd_tensor_view(storage, 0, (mmd_dtype_t)inputs[i].dtype, &shape, &out_tensors[i]);
    mmd_storage_release(storage);
    MMD_TRY(status);
  }
  return NULL;
}

static void release_tensor(void *owner) {
  mmd_tensor_t *tensor = owner;
  mmd_tensor_deinit(tensor);
  mmd_free(tensor);
}

static mmd_status_t copy_output(const mmd_tensor_t *tensor, const char *name,
                                mmdeploy_run_tensor_t *output) {
  if (output->byte_size != mmd_tensor_byte_size(tensor)) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "output '%s' has %zu bytes, memory for %zu was given", name,
                     mmd_tensor_byte_size(tensor), output->byte_size);
  }
  if (output->byte_size) memcpy(output->data, mmd_tensor_data(tensor), output->byte_size);
  return NULL;
}

// Hands a packed result over: copied into the caller's memory when there is some, else owned by a
// heap copy of the view.
static mmd_status_t hand_over(const mmd_tensor_t *result, const char *name,
                              mmdeploy_run_tensor_t *output) {
  mmd_tensor_t packed = {0};
  MMD_TRY(mmd_tensor_contiguous(result, &packed));
  mmd_status_t status = NULL;
  if (output->data) {
    status = copy_output(&packed, name, output);
    mmd_tensor_deinit(&packed);
  } else {
    mmd_tensor_t *owner = mmd_alloc(sizeof *owner);
    if (!owner) {
      mmd_tensor_deinit(&packed);
      return mmd_status_no_memory();
    }
    *owner = packed;
    output->data = (void *)(uintptr_t)mmd_tensor_data(owner);
    output->byte_size = mmd_tensor_byte_size(owner);
    output->owner = owner;
    output->release = release_tensor;
  }
  output->dtype = (int32_t)result->dtype;
  output->rank = result->shape.rank;
  memcpy(output->dims, result->shape.dims, sizeof output->dims);
  return status;
}

static mmd_status_t hand_over_all(const reference_session_t *session, const mmd_tensor_t *results,
                                  mmdeploy_run_tensor_t *outputs) {
  for (size_t i = 0; i < session->output_count; ++i)
    MMD_TRY(hand_over(&results[i], session->outputs[i].name, &outputs[i]));
  return NULL;
}

mmd_status_t reference_session_run(reference_session_t *session,
                                   const mmdeploy_run_tensor_t *inputs, size_t input_count,
                                   mmdeploy_run_tensor_t *outputs, size_t output_count) {
  mmd_tensor_t in[MAX_TENSORS] = {0}, results[MAX_TENSORS] = {0};
  mmd_evaluator_t *evaluator = NULL;
  mmd_status_t status = wrap_inputs(inputs, input_count, in);
  if (!status) status = take_evaluator(session, &evaluator);
  if (!status)
    status = mmd_evaluator_run_tensors(evaluator, in, input_count, results, output_count);
  if (!status) status = hand_over_all(session, results, outputs);
  if (evaluator) give_evaluator(session, evaluator);
  for (size_t i = 0; i < input_count; ++i) mmd_tensor_deinit(&in[i]);
  for (size_t i = 0; i < output_count; ++i) mmd_tensor_deinit(&results[i]);
  return status;
}
