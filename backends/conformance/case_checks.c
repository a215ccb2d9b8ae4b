// SPDX-License-Identifier: Apache-2.0
//
// What every network must do on a backend: descriptors, shapes, numbers, bytes or a path as source,
// results in the caller's memory.
#include <string.h>

#include "backends/conformance/conformance.h"
#include "base/alloc.h"
#include "base/plugin_error.h"
#include "runtime/backend.h"

//===--- descriptors -------------------------------------------------------===//

static mmd_status_t check_info(const mmd_edge_t *edge, const mmdeploy_plugin_tensor_info_t *info,
                               bool is_input) {
  if (!info->name || strcmp(info->name, edge->name) != 0) {
    return MMD_ERROR(MMD_MISMATCH, "'%s' found, '%s' expected", info->name ? info->name : "(null)",
                     edge->name);
  }
  if (info->dtype != (int32_t)edge->type.dtype) {
    return MMD_ERROR(MMD_MISMATCH, "'%s': element type %d found, %d expected", edge->name,
                     info->dtype, (int)edge->type.dtype);
  }
  if (info->rank < 0 && !is_input) return NULL;  // an engine may not know before a run
  if (info->rank != edge->type.rank) {
    return MMD_ERROR(MMD_MISMATCH, "'%s': rank %d found, %d expected", edge->name, info->rank,
                     edge->type.rank);
  }
  for (int i = 0; i < info->rank; ++i) {
    const mmd_dim_t *dim = edge->type.dims[i];
    const int64_t wanted = mmd_dim_number(dim);
    if (info->dims[i] != wanted && (is_input || info->dims[i] >= 0)) {
      return MMD_ERROR(MMD_MISMATCH, "'%s': dimension %d is %lld, %lld expected", edge->name, i,
                       (long long)info->dims[i], (long long)wanted);
    }
    const char *name = info->dim_names[i];
    if (is_input && dim->kind == MMD_DIM_SYMBOL && name && strcmp(name, dim->symbol) != 0) {
      return MMD_ERROR(MMD_MISMATCH, "'%s': dimension %d is called '%s', '%s' expected", edge->name,
                       i, name, dim->symbol);
    }
  }
  return NULL;
}

static mmd_status_t check_infos(const mmd_session_t *session, const mmd_region_t *root) {
  if (mmd_session_input_count(session) != root->input_count ||
      mmd_session_output_count(session) != root->output_count) {
    return MMD_ERROR(MMD_MISMATCH, "%zu inputs and %zu outputs found, %zu and %zu expected",
                     mmd_session_input_count(session), mmd_session_output_count(session),
                     root->input_count, root->output_count);
  }
  for (size_t i = 0; i < root->input_count; ++i) {
    MMD_TRY(check_info(root->inputs[i], mmd_session_input(session, i), true));
  }
  for (size_t i = 0; i < root->output_count; ++i) {
    MMD_TRY(check_info(root->outputs[i], mmd_session_output(session, i), false));
  }
  if (mmd_session_input(session, root->input_count) ||
      mmd_session_output(session, root->output_count)) {
    return MMD_ERROR(MMD_MISMATCH, "there is a descriptor past the end");
  }
  return NULL;
}

static mmd_status_t check_describe(const conf_context_t *context, const conf_case_t *item,
                                   const conf_net_t *net) {
  (void)item;
  const mmd_session_options_t options = conf_options(net);
  mmd_session_t *session = NULL;
  MMD_TRY(mmd_session_create(context->backend, &options, &session));
  mmd_status_t status = check_infos(session, net->graph->root);
  mmd_session_destroy(session);
  return status;
}

//===--- runs --------------------------------------------------------------===//

static mmd_status_t run_once(mmd_session_t *session, const conf_net_t *net, const char *sizes,
                             unsigned seed, bool compare_values) {
  conf_data_t data;
  MMD_TRY(conf_data_create(net, sizes, seed, &data));
  mmd_status_t status = conf_run(session, &data, compare_values);
  conf_data_deinit(&data);
  return mmd_status_annotate(status, "with %s", *sizes ? sizes : "static shapes");
}

// All runs of the case on one session, when the backend takes more than one shape a session.
static mmd_status_t run_all(const conf_context_t *context, const conf_case_t *item,
                            const conf_net_t *net, const mmd_session_options_t *options,
                            bool compare_values) {
  mmd_session_t *session = NULL;
  MMD_TRY(mmd_session_create(context->backend, options, &session));
  mmd_status_t status = NULL;
  for (unsigned i = 0; i < CONF_MAX_RUNS && item->runs[i] && !status; ++i) {
    if (i && !(context->table->features & MMDEPLOY_BACKEND_DYNAMIC_SHAPES)) break;
    status = run_once(session, net, item->runs[i], i, compare_values);
  }
  mmd_session_destroy(session);
  return status;
}

static mmd_status_t check_shapes(const conf_context_t *context, const conf_case_t *item,
                                 const conf_net_t *net) {
  const mmd_session_options_t options = conf_options(net);
  return run_all(context, item, net, &options, false);
}

static mmd_status_t check_values(const conf_context_t *context, const conf_case_t *item,
                                 const conf_net_t *net) {
  const mmd_session_options_t options = conf_options(net);
  return run_all(context, item, net, &options, true);
}

static mmd_status_t check_memory(const conf_context_t *context, const conf_case_t *item,
                                 const conf_net_t *net) {
  mmd_session_options_t options = conf_options(net);
  options.net_path = options.weights_path = NULL;
  if (!(context->table->features & MMDEPLOY_BACKEND_NEEDS_PATH))
    return run_all(context, item, net, &options, false);
  mmd_session_t *session = NULL;
  return conf_expect(mmd_session_create(context->backend, &options, &session),
                     CONF_CODE(MMD_NOT_SUPPORTED), item->name);
}

// The same network as deploy configs with older opsets ask for it.
static mmd_status_t check_older_opsets(const conf_context_t *context, const conf_case_t *item,
                                       const conf_net_t *net) {
  static const int opsets[] = {9, 11, 13};
  const char *reason;
  const bool computes =
      conf_expectation(context->table->name, "static_shape.values", &reason) == CONF_PASS;
  (void)net;
  for (size_t i = 0; i < sizeof opsets / sizeof *opsets; ++i) {
    conf_context_t older = *context;
    conf_net_t lowered;
    older.opset = opsets[i];
    MMD_TRY(mmd_status_annotate(conf_net_create(&older, item, &lowered), "opset %d", opsets[i]));
    const mmd_session_options_t options = conf_options(&lowered);
    mmd_status_t status = run_all(&older, item, &lowered, &options, computes);
    conf_net_deinit(&lowered);
    MMD_TRY(mmd_status_annotate(status, "opset %d", opsets[i]));
  }
  return NULL;
}

//===--- the caller's memory -----------------------------------------------===//

// A session without the host's checks, as the module sees it.
typedef struct raw_t {
  mmdeploy_run_tensor_t in[CONF_MAX_TENSORS], out[CONF_MAX_TENSORS];
  unsigned char *memory[CONF_MAX_TENSORS];
  void *session;
} raw_t;

static mmd_status_t raw_open(const conf_context_t *context, const conf_net_t *net, raw_t *raw) {
  const mmdeploy_session_desc_t desc = {
      .struct_size = sizeof desc,
      .name = net->name,
      .net_data = mmd_storage_data(net->bytes),
      .net_size = mmd_storage_size(net->bytes),
      .net_path = net->path,
      .weights_data = net->weights ? mmd_storage_data(net->weights) : NULL,
      .weights_size = net->weights ? mmd_storage_size(net->weights) : 0,
      .weights_path = net->weights_path,
      .device_name = "cpu",
      .threads = 1,
      .precision = "FP32",
      .options_json = "{}",
  };
  mmdeploy_plugin_error_t error = {0};
  return mmd_plugin_error_status(
      context->table->session_create(context->backend->handle, &desc, &raw->session, &error),
      &error);
}

static void raw_set_inputs(raw_t *raw, const conf_data_t *data) {
  for (size_t i = 0; i < data->input_count; ++i) {
    raw->in[i].dtype = (int32_t)data->inputs[i].dtype;
    raw->in[i].rank = data->inputs[i].shape.rank;
    memcpy(raw->in[i].dims, data->inputs[i].shape.dims, sizeof raw->in[i].dims);
    raw->in[i].data = (void *)(uintptr_t)mmd_tensor_data(&data->inputs[i]);
    raw->in[i].byte_size = mmd_tensor_byte_size(&data->inputs[i]);
  }
}

// Memory of the right size, with |extra| bytes more; a guard of 16 bytes stands behind it.
static mmd_status_t raw_set_outputs(raw_t *raw, const conf_data_t *data, size_t extra) {
  for (size_t i = 0; i < data->output_count; ++i) {
    const mmd_tensor_t *expected = &data->expected[i];
    const size_t size = mmd_tensor_byte_size(expected) + extra;
    raw->memory[i] = mmd_alloc(size + 16);
    MMD_TRY_ALLOC(raw->memory[i]);
    memset(raw->memory[i], 0xA5, size + 16);
    raw->out[i] = (mmdeploy_run_tensor_t){.dtype = (int32_t)expected->dtype,
                                          .rank = expected->shape.rank,
                                          .data = raw->memory[i],
                                          .byte_size = size};
    memcpy(raw->out[i].dims, expected->shape.dims, sizeof raw->out[i].dims);
  }
  return NULL;
}

static mmd_status_t raw_run(const conf_context_t *context, raw_t *raw, const conf_data_t *data) {
  mmdeploy_plugin_error_t error = {0};
  return mmd_plugin_error_status(context->table->run(raw->session, raw->in, data->input_count,
                                                     raw->out, data->output_count, &error),
                                 &error);
}

static void raw_close(const conf_context_t *context, raw_t *raw) {
  for (size_t i = 0; i < CONF_MAX_TENSORS; ++i) {
    mmd_free(raw->memory[i]);
    if (raw->out[i].release) raw->out[i].release(raw->out[i].owner);
  }
  if (raw->session) context->table->session_destroy(raw->session);
}

static mmd_status_t check_written(const raw_t *raw, const conf_data_t *data) {
  for (size_t i = 0; i < data->output_count; ++i) {
    const size_t size = mmd_tensor_byte_size(&data->expected[i]);
    if (raw->out[i].data != raw->memory[i] || raw->out[i].release) {
      return MMD_ERROR(MMD_MISMATCH, "output %zu was not written in place", i);
    }
    for (size_t k = 0; k < 16; ++k) {
      if (raw->memory[i][size + k] != 0xA5)
        return MMD_ERROR(MMD_MISMATCH, "output %zu: written past its end", i);
    }
    bool is_touched = size < 8;  // few bytes may be 0xA5 by chance
    for (size_t k = 0; k < size && !is_touched; ++k) is_touched = raw->memory[i][k] != 0xA5;
    if (!is_touched) return MMD_ERROR(MMD_MISMATCH, "output %zu was not written", i);
  }
  return NULL;
}

static mmd_status_t with_raw(const conf_context_t *context, const conf_case_t *item,
                             const conf_net_t *net, size_t extra) {
  raw_t raw = {0};
  conf_data_t data = {0};
  mmd_status_t status = raw_open(context, net, &raw);
  if (!status) status = conf_data_create(net, item->runs[0], 5, &data);
  if (!status) raw_set_inputs(&raw, &data);
  if (!status) status = raw_set_outputs(&raw, &data, extra);
  if (!status) {
    status = raw_run(context, &raw, &data);
    if (!status && !extra) status = check_written(&raw, &data);
  }
  raw_close(context, &raw);
  conf_data_deinit(&data);
  return status;
}

static mmd_status_t check_in_place(const conf_context_t *context, const conf_case_t *item,
                                   const conf_net_t *net) {
  return with_raw(context, item, net, 0);
}

static mmd_status_t check_does_not_fit(const conf_context_t *context, const conf_case_t *item,
                                       const conf_net_t *net) {
  return conf_expect(with_raw(context, item, net, 8), CONF_CODE(MMD_OUT_OF_RANGE),
                     net->graph->root->outputs[0]->name);
}

const conf_case_check_t conf_case_checks[] = {
    {"describe", check_describe},
    {"shapes", check_shapes},
    {"values", check_values},
    {"memory", check_memory},
    {"in_place", check_in_place},
    {"does_not_fit", check_does_not_fit},
    {"older_opsets", check_older_opsets},
    {NULL, NULL},
};
