// SPDX-License-Identifier: Apache-2.0
//
// Module Net: runs a network over the batch. Samples whose tensors have the same shapes go
// together, as many as the net takes; the results come back in the order of the samples.
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "pipeline/node_map.h"
#include "pipeline/session_cache.h"

enum {
  MAX_TENSORS = 64,    // as sessions have
  DEFAULT_BATCH = 16,  // of nets that take any
};

typedef struct net_node_t {
  mmd_pipeline_node_t base;
  const mmd_package_net_t *net;
  mmd_shared_session_t *shared;
  mmd_session_t *session;
  mmd_profiler_scope_t *scope;
  size_t input_count, output_count;
  const char *input_keys[MAX_TENSORS];   // member of the sample that feeds an input
  const char *output_keys[MAX_TENSORS];  // member of the result that holds an output
  size_t limit;                          // samples a run
} net_node_t;

//===--- a run ---===//

// One call over the whole batch. Tensors are packed; sample s, input i is at [s * input_count + i].
typedef struct call_t {
  const net_node_t *node;
  size_t sample_count;
  mmd_tensor_t *tensors;
  mmd_value_t **results;
  bool *is_taken;
} call_t;

static mmd_status_t missing_input(const net_node_t *node, size_t index, const mmd_value_t *found) {
  return MMD_ERROR(
      MMD_INVALID_ARGUMENT, "net '%s', input '%s': '%s' of the sample must be a tensor, found %s",
      node->net->name, mmd_session_input(node->session, index)->name, node->input_keys[index],
      found ? mmd_value_kind_name(mmd_value_kind(found)) : "nothing");
}

static mmd_status_t read_sample(const call_t *call, size_t s, const mmd_value_t *sample) {
  const net_node_t *node = call->node;
  for (size_t i = 0; i < node->input_count; ++i) {
    const mmd_value_t *value = mmd_object_get(sample, node->input_keys[i]);
    const mmd_tensor_t *tensor = mmd_value_get_tensor(value);
    if (!tensor) return missing_input(node, i, value);
    MMD_TRY(mmd_tensor_contiguous(tensor, &call->tensors[s * node->input_count + i]));
  }
  return NULL;
}

static bool can_join(const call_t *call, size_t a, size_t b) {
  const size_t count = call->node->input_count;
  for (size_t i = 0; i < count; ++i) {
    const mmd_tensor_t *x = &call->tensors[a * count + i], *y = &call->tensors[b * count + i];
    if (x->dtype != y->dtype || !mmd_shape_equal(&x->shape, &y->shape)) return false;
    if (x->shape.rank < 1 || x->shape.dims[0] != 1) return false;
  }
  return true;
}

// The samples that run with |first|, itself included.
static size_t choose_chunk(const call_t *call, size_t first, size_t *chunk) {
  size_t size = 0;
  for (size_t s = first; s < call->sample_count && size < call->node->limit; ++s) {
    if (call->is_taken[s] || (s != first && !can_join(call, first, s))) continue;
    call->is_taken[s] = true;
    chunk[size++] = s;
  }
  return size;
}

static mmd_status_t stack_input(const call_t *call, size_t input, const size_t *chunk, size_t size,
                                mmd_tensor_t *out_batch) {
  const mmd_tensor_t *first = &call->tensors[chunk[0] * call->node->input_count + input];
  if (size == 1) {
    *out_batch = mmd_tensor_retain(first);
    return NULL;
  }
  mmd_shape_t shape = first->shape;
  shape.dims[0] = (int64_t)size;
  MMD_TRY(mmd_tensor_create(first->dtype, &shape, false, out_batch));
  const size_t bytes = mmd_tensor_byte_size(first);
  uint8_t *to = mmd_tensor_mutable_data(out_batch);
  for (size_t k = 0; k < size; ++k) {
    const mmd_tensor_t *from = &call->tensors[chunk[k] * call->node->input_count + input];
    memcpy(to + k * bytes, mmd_tensor_data(from), bytes);
  }
  return NULL;
}

static mmd_status_t give_output(const call_t *call, size_t output, const size_t *chunk, size_t size,
                                const mmd_tensor_t *batch) {
  const net_node_t *node = call->node;
  const char *key = node->output_keys[output];
  if (size == 1) return mmd_object_take(call->results[chunk[0]], key, mmd_value_tensor(batch));
  if (batch->shape.rank < 1 || batch->shape.dims[0] != (int64_t)size) {
    return MMD_ERROR(
        MMD_NOT_SUPPORTED,
        "net '%s', output '%s': %zu samples went in, but the first dimension is not %zu;"
        " batch_size 1 in deploy.json runs them one by one",
        node->net->name, mmd_session_output(node->session, output)->name, size, size);
  }
  for (size_t k = 0; k < size; ++k) {
    mmd_tensor_t slice;
    MMD_TRY(mmd_tensor_slice(batch, 0, (int64_t)k, (int64_t)k + 1, &slice));
    mmd_value_t *value = mmd_value_tensor(&slice);
    mmd_tensor_deinit(&slice);
    MMD_TRY(mmd_object_take(call->results[chunk[k]], key, value));
  }
  return NULL;
}

static mmd_status_t run_chunk(const call_t *call, const size_t *chunk, size_t size) {
  const net_node_t *node = call->node;
  mmd_tensor_t inputs[MAX_TENSORS] = {0}, outputs[MAX_TENSORS] = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < node->input_count && !status; ++i) {
    status = stack_input(call, i, chunk, size, &inputs[i]);
  }
  if (!status) {
    status = mmd_session_run(node->session, inputs, node->input_count, outputs, node->output_count);
  }
  for (size_t i = 0; i < node->output_count && !status; ++i) {
    status = give_output(call, i, chunk, size, &outputs[i]);
  }
  for (size_t i = 0; i < node->input_count; ++i) mmd_tensor_deinit(&inputs[i]);
  for (size_t i = 0; i < node->output_count; ++i) mmd_tensor_deinit(&outputs[i]);
  return status;
}

static mmd_status_t run_chunks(const call_t *call, const mmd_value_t *samples) {
  size_t *chunk = mmd_alloc_array(call->node->limit, sizeof *chunk);
  MMD_TRY_ALLOC(chunk);
  mmd_status_t status = NULL;
  for (size_t s = 0; s < call->sample_count && !status; ++s) {
    call->results[s] = mmd_value_object();
    if (!call->results[s]) status = mmd_status_no_memory();
    if (!status) status = read_sample(call, s, mmd_array_at(samples, s));
    if (call->sample_count > 1) status = mmd_status_annotate(status, "sample %zu", s);
  }
  for (size_t s = 0; s < call->sample_count && !status; ++s) {
    if (call->is_taken[s]) continue;
    const size_t size = choose_chunk(call, s, chunk);
    status = run_chunk(call, chunk, size);
  }
  mmd_free(chunk);
  return status;
}

static mmd_status_t gather(const call_t *call, mmd_value_t **out_results) {
  mmd_value_t *results = mmd_value_array();
  MMD_TRY_ALLOC(results);
  for (size_t s = 0; s < call->sample_count; ++s) {
    mmd_status_t status = mmd_array_take(results, mmd_value_retain(call->results[s]));
    if (!status) continue;
    mmd_value_release(results);
    return status;
  }
  *out_results = results;
  return NULL;
}

static mmd_status_t run_batch(const net_node_t *node, const mmd_value_t *samples,
                              mmd_value_t **out_results) {
  const size_t count = mmd_array_size(samples);
  call_t call = {.node = node, .sample_count = count};
  call.tensors = mmd_alloc_array(count, node->input_count * sizeof *call.tensors);
  call.results = mmd_alloc_array(count, sizeof *call.results);
  call.is_taken = mmd_alloc_array(count, sizeof *call.is_taken);
  const bool has_memory = call.tensors && call.results && call.is_taken;
  mmd_status_t status = has_memory ? run_chunks(&call, samples) : mmd_status_no_memory();
  if (!status) status = gather(&call, out_results);
  for (size_t i = 0; call.tensors && i < count * node->input_count; ++i) {
    mmd_tensor_deinit(&call.tensors[i]);
  }
  for (size_t s = 0; call.results && s < count; ++s) mmd_value_release(call.results[s]);
  mmd_free(call.tensors);
  mmd_free(call.results);
  mmd_free(call.is_taken);
  return status;
}

static mmd_status_t run(const mmd_pipeline_node_t *base, mmd_value_t *const *inputs,
                        mmd_value_t **outputs) {
  const net_node_t *node = (const net_node_t *)base;
  const uint64_t call = mmd_profiler_begin(node->scope);
  mmd_status_t status = run_batch(node, inputs[0], &outputs[0]);
  mmd_profiler_end(node->scope, call);
  return status;
}

//===--- making ---===//

static void destroy(mmd_pipeline_node_t *base) {
  net_node_t *node = (net_node_t *)base;
  mmd_shared_session_release(node->shared);
  mmd_free(node);
}

static mmd_status_t find_net(mmd_package_t *package, const mmd_value_t *config, const char *where,
                             const mmd_package_net_t **out_net) {
  const char *name = mmd_value_get_string(mmd_object_get(config, "name"), NULL);
  if (!name) return MMD_ERROR(MMD_CORRUPT, "%s.name: the name of a network is expected", where);
  *out_net = mmd_package_find_net(package, name);
  if (*out_net) return NULL;
  mmd_str_t names = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_package_net_count(package) && !status; ++i) {
    status = mmd_str_printf(&names, "%s'%s'", i ? ", " : "", mmd_package_net(package, i)->name);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_FOUND, "%s.name: deploy.json has no network '%s'; it has %s", where,
                       name, mmd_str_text(&names));
  }
  mmd_str_deinit(&names);
  return status;
}

static mmd_status_t check_map(const mmd_value_t *map, const char *where, const char *key) {
  bool is_good = !map || mmd_value_kind(map) == MMD_VALUE_OBJECT;
  for (size_t i = 0; i < mmd_object_size(map); ++i) {
    is_good = is_good && mmd_value_get_string(mmd_object_value_at(map, i), NULL);
  }
  if (is_good) return NULL;
  return MMD_ERROR(MMD_CORRUPT, "%s.%s: an object of names is expected", where, key);
}

// The pipeline's name for a tensor of the net: |map| goes from the former to the latter.
static const char *outer_name(const mmd_value_t *map, const char *tensor) {
  for (size_t i = 0; i < mmd_object_size(map); ++i) {
    const char *name = mmd_value_get_string(mmd_object_value_at(map, i), "");
    if (strcmp(name, tensor) == 0) return mmd_object_key_at(map, i);
  }
  return tensor;
}

static mmd_status_t name_tensors(net_node_t *node, const mmd_value_t *config, const char *where) {
  const mmd_value_t *input_map = mmd_object_get(config, "input_map");
  const mmd_value_t *output_map = mmd_object_get(config, "output_map");
  MMD_TRY(check_map(input_map, where, "input_map"));
  MMD_TRY(check_map(output_map, where, "output_map"));
  node->input_count = mmd_session_input_count(node->session);
  node->output_count = mmd_session_output_count(node->session);
  if (!node->input_count || node->input_count > MAX_TENSORS || node->output_count > MAX_TENSORS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "net '%s': %zu inputs and %zu outputs", node->net->name,
                     node->input_count, node->output_count);
  }
  for (size_t i = 0; i < node->input_count; ++i) {
    node->input_keys[i] = outer_name(input_map, mmd_session_input(node->session, i)->name);
  }
  for (size_t i = 0; i < node->output_count; ++i) {
    node->output_keys[i] = outer_name(output_map, mmd_session_output(node->session, i)->name);
  }
  return NULL;
}

static bool has_any_batch(const mmdeploy_plugin_tensor_info_t *info) {
  return info->rank < 0 || (info->rank > 0 && info->dims[0] < 0);
}

// batch_size of deploy.json wins when somebody set it; the exporter always writes 1.
static size_t choose_limit(const net_node_t *node, const mmd_value_t *config) {
  const bool is_batched = mmd_value_get_bool(mmd_object_get(config, "is_batched"), false);
  size_t limit = node->net->batch_size > 1 ? (size_t)node->net->batch_size : 1;
  bool takes_any = true;
  for (size_t i = 0; i < node->input_count; ++i) {
    const mmdeploy_plugin_tensor_info_t *info = mmd_session_input(node->session, i);
    takes_any = takes_any && has_any_batch(info);
    if (info->rank > 0 && info->dims[0] == 1) limit = 1;
  }
  for (size_t i = 0; i < node->output_count; ++i) {
    takes_any = takes_any && has_any_batch(mmd_session_output(node->session, i));
  }
  return limit == 1 && is_batched && takes_any ? DEFAULT_BATCH : limit;
}

static mmd_status_t fill(net_node_t *node, const mmd_node_env_t *env, const mmd_value_t *config,
                         const char *where) {
  MMD_TRY(find_net(env->package, config, where, &node->net));
  const mmd_session_key_t key = {
      .net = node->net,
      .device_name = env->options->device_name,
      .device_id = env->options->device_id,
      .threads = (int)mmd_pool_threads(env->pool),
      .options_json = env->options->backend_options_json,
  };
  MMD_TRY(mmd_shared_session_acquire(env->package, &key, &node->shared));
  node->session = mmd_shared_session_get(node->shared);
  MMD_TRY(name_tensors(node, config, where));
  node->limit = choose_limit(node, config);
  return mmd_node_scope(env, config, "Net", &node->scope);
}

mmd_status_t mmd_net_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                 const char *where, mmd_pipeline_node_t **out_node) {
  net_node_t *node = mmd_alloc(sizeof *node);
  MMD_TRY_ALLOC(node);
  node->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy, .input_count = 1};
  mmd_status_t status = fill(node, env, config, where);
  if (status) {
    destroy(&node->base);
    return status;
  }
  *out_node = &node->base;
  return NULL;
}
