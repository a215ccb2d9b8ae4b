// SPDX-License-Identifier: Apache-2.0
//
// Module Net: runs a network over the batch. Samples whose tensors have the same shapes go
// together, as many as the net takes; the results come back in the order of the samples.
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "pipeline/module.h"

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
  mmd_scheduler_t *scheduler;  // or NULL
  bool is_batched;
  size_t input_count, output_count;
  const char *input_keys[MAX_TENSORS];   // member of the sample that feeds an input
  const char *output_keys[MAX_TENSORS];  // member of the result that holds an output
  size_t limit;                          // samples a run
  size_t exact;                          // samples that each run must have; 0 = any
  // Set when the net turns out not to compute more than one sample, though it says so.
  atomic_bool is_single;
} net_node_t;

//===--- a run ---===//

// One call over the whole batch. Tensors are packed; sample s, input i is at [s * input_count + i].
typedef struct call_t {
  const net_node_t *node;
  const mmd_call_t *call;  // may be NULL
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

// Whether the sample is one of a batch, not a batch of its own.
static bool is_one(const call_t *call, size_t s) {
  const size_t count = call->node->input_count;
  for (size_t i = 0; i < count; ++i) {
    const mmd_shape_t *shape = &call->tensors[s * count + i].shape;
    if (shape->rank < 1 || shape->dims[0] != 1) return false;
  }
  return true;
}

static bool can_join(const call_t *call, size_t a, size_t b) {
  const size_t count = call->node->input_count;
  for (size_t i = 0; i < count; ++i) {
    const mmd_tensor_t *x = &call->tensors[a * count + i], *y = &call->tensors[b * count + i];
    if (x->dtype != y->dtype || !mmd_shape_equal(&x->shape, &y->shape)) return false;
  }
  return is_one(call, a);
}

// The samples that run with |first|, itself included.
static size_t choose_chunk(const call_t *call, size_t first, size_t *chunk) {
  const size_t limit = atomic_load(&call->node->is_single) ? 1 : call->node->limit;
  size_t size = 0;
  for (size_t s = first; s < call->sample_count && size < limit; ++s) {
    if (call->is_taken[s] || (s != first && !can_join(call, first, s))) continue;
    call->is_taken[s] = true;
    chunk[size++] = s;
  }
  return size;
}

// The samples behind one another; the last one again up to |rows|.
static mmd_status_t stack_input(const call_t *call, size_t input, const size_t *chunk, size_t size,
                                size_t rows, mmd_tensor_t *out_batch) {
  const mmd_tensor_t *first = &call->tensors[chunk[0] * call->node->input_count + input];
  if (rows == 1) {
    *out_batch = mmd_tensor_retain(first);
    return NULL;
  }
  mmd_shape_t shape = first->shape;
  shape.dims[0] = (int64_t)rows;
  MMD_TRY(mmd_tensor_create(first->dtype, &shape, false, out_batch));
  const size_t bytes = mmd_tensor_byte_size(first);
  uint8_t *to = mmd_tensor_mutable_data(out_batch);
  for (size_t k = 0; k < rows && bytes; ++k) {
    const size_t s = chunk[k < size ? k : size - 1];
    const mmd_tensor_t *from = &call->tensors[s * call->node->input_count + input];
    memcpy(to + k * bytes, mmd_tensor_data(from), bytes);
  }
  return NULL;
}

static mmd_status_t give_output(const call_t *call, size_t output, const size_t *chunk, size_t size,
                                size_t rows, const mmd_tensor_t *batch) {
  const char *key = call->node->output_keys[output];
  if (rows == 1) return mmd_object_take(call->results[chunk[0]], key, mmd_value_tensor(batch));
  for (size_t k = 0; k < size; ++k) {
    mmd_tensor_t slice;
    MMD_TRY(mmd_tensor_slice(batch, 0, (int64_t)k, (int64_t)k + 1, &slice));
    mmd_value_t *value = mmd_value_tensor(&slice);
    mmd_tensor_deinit(&slice);
    MMD_TRY(mmd_object_take(call->results[chunk[k]], key, value));
  }
  return NULL;
}

static bool keeps_batch(const net_node_t *node, const mmd_tensor_t *outputs, size_t rows) {
  for (size_t i = 0; i < node->output_count; ++i) {
    const mmd_shape_t *shape = &outputs[i].shape;
    if (shape->rank < 1 || shape->dims[0] != (int64_t)rows) return false;
  }
  return true;
}

static mmd_status_t no_batch(const net_node_t *node, size_t rows) {
  return MMD_ERROR(
      MMD_NOT_SUPPORTED,
      "net '%s' takes %zu samples at once, but its outputs do not begin with the batch",
      node->net->name, rows);
}

// |out_is_kept| false: the outputs cannot be told apart, nothing was given.
static mmd_status_t run_rows(const call_t *call, const size_t *chunk, size_t size, size_t rows,
                             bool *out_is_kept) {
  const net_node_t *node = call->node;
  mmd_tensor_t inputs[MAX_TENSORS] = {0}, outputs[MAX_TENSORS] = {0};
  mmd_status_t status = mmd_call_check(call->call);
  for (size_t i = 0; i < node->input_count && !status; ++i) {
    status = stack_input(call, i, chunk, size, rows, &inputs[i]);
  }
  if (!status) {
    status = mmd_session_run(node->session, inputs, node->input_count, outputs, node->output_count);
  }
  *out_is_kept = !status && (rows == 1 || keeps_batch(node, outputs, rows));
  for (size_t i = 0; i < node->output_count && *out_is_kept && !status; ++i) {
    status = give_output(call, i, chunk, size, rows, &outputs[i]);
  }
  for (size_t i = 0; i < node->input_count; ++i) mmd_tensor_deinit(&inputs[i]);
  for (size_t i = 0; i < node->output_count; ++i) mmd_tensor_deinit(&outputs[i]);
  return status;
}

static mmd_status_t run_singly(const call_t *call, const size_t *chunk, size_t size) {
  bool is_kept;
  for (size_t k = 0; k < size; ++k) MMD_TRY(run_rows(call, &chunk[k], 1, 1, &is_kept));
  atomic_store(&((net_node_t *)(uintptr_t)call->node)->is_single, true);
  return NULL;
}

// Whether it is what the net says of its input, so that it may do the same samples one by one.
static bool is_of_input(mmd_status_t status) {
  const mmd_code_t code = mmd_status_code(status);
  return code == MMD_INVALID_ARGUMENT || code == MMD_NOT_SUPPORTED || code == MMD_OUT_OF_RANGE;
}

// A network may say that it takes any batch, and fail or mix the samples up all the same, because
// some node of it was traced with one. Then it gets one at a time from here on.
static mmd_status_t run_chunk(const call_t *call, const size_t *chunk, size_t size) {
  const net_node_t *node = call->node;
  bool is_kept = true;
  const size_t rows = node->exact && is_one(call, chunk[0]) ? node->exact : size;
  mmd_status_t status = run_rows(call, chunk, size, rows, &is_kept);
  if (status && (rows == 1 || node->exact || !is_of_input(status))) return status;
  if (!status && is_kept) return NULL;
  if (node->exact) return no_batch(node, rows);
  mmd_status_free(status);
  return run_singly(call, chunk, size);
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

static mmd_status_t run_batch(const net_node_t *node, const mmd_call_t *limits,
                              const mmd_value_t *samples, mmd_value_t **out_results) {
  const size_t count = mmd_array_size(samples);
  call_t call = {.node = node, .call = limits, .sample_count = count};
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

//===--- on a scheduler ---===//

static mmd_status_t run_merged(void *context, mmd_value_t *const *inputs, mmd_value_t **outputs) {
  return run_batch(context, NULL, inputs[0], outputs);
}

typedef struct errand_t {
  const net_node_t *node;
  const mmd_call_t *call;
  const mmd_value_t *samples;
  mmd_value_t **out_results;
  mmd_status_t status;
} errand_t;

static void run_errand(void *context, size_t index) {
  errand_t *errand = context;
  (void)index;
  errand->status = run_batch(errand->node, errand->call, errand->samples, errand->out_results);
}

static mmd_status_t run_somewhere(const net_node_t *node, const mmd_call_t *call,
                                  mmd_value_t *const *inputs, mmd_value_t **outputs) {
  if (!node->scheduler) return run_batch(node, call, inputs[0], &outputs[0]);
  if (node->is_batched && mmd_scheduler_is_dynamic_batch(node->scheduler)) {
    const mmd_batch_task_t task = {.key = node,
                                   .input_count = 1,
                                   .output_count = 1,
                                   .run = run_merged,
                                   .context = (void *)(uintptr_t)node};
    return mmd_scheduler_run_batched(node->scheduler, &task, call, inputs, outputs);
  }
  errand_t errand = {node, call, inputs[0], &outputs[0], NULL};
  mmd_scheduler_for_each(node->scheduler, 1, run_errand, &errand);
  return errand.status;
}

// For callers that want to see what the network gave.
static mmd_status_t record(const net_node_t *node, mmd_value_t *raw, mmd_value_t *results) {
  mmd_value_t *entry = mmd_value_object();
  MMD_TRY(mmd_array_take(raw, entry));
  MMD_TRY(mmd_object_take(entry, "net", mmd_value_string(node->net->name)));
  MMD_TRY(mmd_object_take(entry, "node", mmd_value_string(node->base.where)));
  return mmd_object_take(entry, "outputs", mmd_value_retain(results));
}

static mmd_status_t run(const mmd_pipeline_node_t *base, const mmd_run_t *call,
                        mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const net_node_t *node = (const net_node_t *)base;
  if (!mmd_array_size(inputs[0])) return mmd_fill_outputs(base, 0, outputs);
  const uint64_t event = mmd_profiler_begin(node->scope);
  mmd_status_t status = run_somewhere(node, call->call, inputs, outputs);
  mmd_profiler_end(node->scope, event);
  if (!status && call->raw) status = record(node, call->raw, outputs[0]);
  return mmd_status_annotate(status, "%s", base->where);
}

//===--- making ---===//

static void destroy(mmd_pipeline_node_t *base) {
  net_node_t *node = (net_node_t *)base;
  mmd_shared_session_release(node->shared);
  mmd_scheduler_release(node->scheduler);
  mmd_free(node);
}

static mmd_status_t find_net(mmd_package_t *package, const mmd_value_t *config, const char *where,
                             const mmd_package_net_t **out_net) {
  const char *name = mmd_value_get_string(mmd_object_get(config, "name"), NULL);
  if (!package) {
    return MMD_ERROR(MMD_NOT_FOUND, "%s: a Net needs a package around it", where);
  }
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

// The pipeline's name for a tensor of the net: |map| goes from the former to the latter. Packages
// of engines without names have "#0", "#1" … there.
static const char *outer_name(const mmd_value_t *map, const char *tensor, size_t index) {
  char number[16];
  snprintf(number, sizeof number, "#%zu", index);
  for (size_t i = 0; i < mmd_object_size(map); ++i) {
    const char *name = mmd_value_get_string(mmd_object_value_at(map, i), "");
    if (strcmp(name, tensor) == 0 || strcmp(name, number) == 0) return mmd_object_key_at(map, i);
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
    node->input_keys[i] = outer_name(input_map, mmd_session_input(node->session, i)->name, i);
  }
  for (size_t i = 0; i < node->output_count; ++i) {
    node->output_keys[i] = outer_name(output_map, mmd_session_output(node->session, i)->name, i);
  }
  return NULL;
}

static bool has_any_batch(const mmdeploy_plugin_tensor_info_t *info) {
  return info->rank < 0 || (info->rank > 0 && info->dims[0] < 0);
}

// The first number of the largest shape that the engine was built for, where the deploy config that
// detail.json repeats tells it (TensorRT); |limit| when that is less or nothing is told.
static size_t limit_of_shapes(const mmd_value_t *detail, const char *input, size_t limit) {
  const mmd_value_t *backend = mmd_object_get(detail, "backend_config");
  const mmd_value_t *nets = mmd_object_get(backend, "model_inputs");
  for (size_t i = 0; i < mmd_array_size(nets); ++i) {
    const mmd_value_t *shapes = mmd_object_get(mmd_array_at(nets, i), "input_shapes");
    const mmd_value_t *shape = mmd_object_get(mmd_object_get(shapes, input), "max_shape");
    const int64_t most = mmd_value_get_int(mmd_array_at(shape, 0), 0);
    if (most > 0 && (uint64_t)most < limit) limit = (size_t)most;
  }
  return limit;
}

static mmd_status_t limit_by_detail(const mmd_node_env_t *env, net_node_t *node) {
  const mmd_value_t *detail = NULL;
  mmd_status_t status = mmd_package_detail(env->package, &detail);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  if (mmd_status_ignore(status)) return NULL;  // it may be missing or hold anything
  for (size_t i = 0; i < node->input_count; ++i) {
    const char *name = mmd_session_input(node->session, i)->name;
    node->limit = limit_of_shapes(detail, name, node->limit);
  }
  return NULL;
}

// batch_size of deploy.json wins when somebody set it; the exporter always writes 1. A net of a
// fixed batch gets just that.
static mmd_status_t choose_limit(const mmd_node_env_t *env, net_node_t *node) {
  bool takes_any = true, takes_one = false;
  node->limit = node->net->batch_size > 1 ? (size_t)node->net->batch_size : 1;
  for (size_t i = 0; i < node->input_count; ++i) {
    const mmdeploy_plugin_tensor_info_t *info = mmd_session_input(node->session, i);
    takes_any = takes_any && has_any_batch(info);
    if (info->rank <= 0 || info->dims[0] < 0) continue;
    if (info->dims[0] <= 1 || (node->exact && node->exact != (size_t)info->dims[0]))
      takes_one = true;
    node->exact = (size_t)info->dims[0];
  }
  for (size_t i = 0; i < node->output_count; ++i) {
    takes_any = takes_any && has_any_batch(mmd_session_output(node->session, i));
  }
  if (takes_one) node->exact = 0;
  if (takes_one || node->exact) {
    node->limit = takes_one ? 1 : node->exact;
    return NULL;
  }
  if (node->limit == 1 && node->is_batched && takes_any) node->limit = DEFAULT_BATCH;
  return node->limit > 1 ? limit_by_detail(env, node) : NULL;
}

static mmd_status_t fill(net_node_t *node, const mmd_node_env_t *env, const mmd_value_t *config,
                         const mmd_task_keys_t *keys, const char *where) {
  const mmd_pipeline_options_t *options = env->build->options;
  MMD_TRY(find_net(env->package, config, where, &node->net));
  const mmd_session_key_t key = {
      .net = node->net,
      .device_name = options->device_name,
      .device_id = options->device_id,
      .threads = (int)mmd_pool_threads(env->build->pool),
      .options_json = options->backend_options_json,
  };
  MMD_TRY(mmd_shared_session_acquire(env->package, &key, &node->shared));
  node->session = mmd_shared_session_get(node->shared);
  node->is_batched = keys->is_batched;
  node->scheduler = mmd_scheduler_retain(mmd_node_find_scheduler(env, keys->scheduler));
  MMD_TRY(name_tensors(node, config, where));
  MMD_TRY(choose_limit(env, node));
  return mmd_node_scope(env, config, "Net", &node->scope);
}

mmd_status_t mmd_net_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                 const mmd_task_keys_t *keys, const char *where,
                                 mmd_pipeline_node_t **out_node) {
  net_node_t *node = mmd_alloc(sizeof *node);
  MMD_TRY_ALLOC(node);
  node->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy};
  atomic_init(&node->is_single, false);
  mmd_status_t status = fill(node, env, config, keys, where);
  if (status) {
    destroy(&node->base);
    return status;
  }
  *out_node = &node->base;
  return NULL;
}
