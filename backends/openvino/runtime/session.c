// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/runtime/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/module.h"
#include "backends/openvino/equal_sizes.h"
#include "backends/openvino/runtime/compile.h"
#include "base/alloc.h"

enum { MAX_TENSORS = 64 };

//===--- descriptors -------------------------------------------------------===//

static mmd_status_t copy_dims(const ov_partial_shape_t *shape,
                              mmdeploy_plugin_tensor_info_t *out_info) {
  const bool is_ranked = shape->rank.min == shape->rank.max && shape->rank.min >= 0;
  if (!is_ranked || shape->rank.min > MMDEPLOY_PLUGIN_MAX_RANK) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s' has no fixed number of dimensions up to %d",
                     out_info->name, MMDEPLOY_PLUGIN_MAX_RANK);
  }
  out_info->rank = (int32_t)shape->rank.min;
  for (int32_t i = 0; i < out_info->rank; ++i) {
    const ov_dimension_t dim = shape->dims[i];
    out_info->dims[i] = dim.min == dim.max ? dim.min : -1;
  }
  return NULL;
}

static mmd_status_t describe_port(ov_session_t *session, const ov_port_t *port,
                                  mmdeploy_plugin_tensor_info_t *out_info) {
  const ov_library_t *library = session->library;
  char *name = NULL;
  int element_type = 0;
  ov_partial_shape_t shape = {0};
  MMD_TRY(ov_check(library, library->fn.port_get_any_name(port, &name), "name"));
  out_info->name = mmd_arena_strdup(&session->arena, name);
  library->fn.free(name);
  MMD_TRY_ALLOC(out_info->name);
  MMD_TRY(ov_check(library, library->fn.port_get_element_type(port, &element_type), "type"));
  out_info->dtype = ov_library_dtype(library, element_type);
  if (!out_info->dtype) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s': the engine's element type %d is not supported",
                     out_info->name, element_type);
  }
  MMD_TRY(ov_check(library, library->fn.port_get_partial_shape(port, &shape), "shape"));
  mmd_status_t status = copy_dims(&shape, out_info);
  library->fn.partial_shape_free(&shape);
  return status;
}

typedef int (*port_getter_t)(const ov_compiled_model_t *, size_t, ov_port_t **);

static mmd_status_t describe_side(ov_session_t *session, const ov_compiled_model_t *compiled,
                                  port_getter_t get, size_t count,
                                  mmdeploy_plugin_tensor_info_t **out_infos) {
  if (count > MAX_TENSORS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu inputs or outputs; at most %d are supported", count,
                     (int)MAX_TENSORS);
  }
  *out_infos = mmd_arena_alloc_array(&session->arena, count, sizeof **out_infos);
  MMD_TRY_ALLOC(*out_infos);
  for (size_t i = 0; i < count; ++i) {
    ov_port_t *port = NULL;
    MMD_TRY(ov_check(session->library, get(compiled, i, &port), "port"));
    mmd_status_t status = describe_port(session, port, &(*out_infos)[i]);
    session->library->fn.output_const_port_free(port);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t describe(ov_session_t *session, const ov_compiled_model_t *compiled) {
  const ov_library_t *library = session->library;
  const ov_functions_t *fn = &library->fn;
  MMD_TRY(
      ov_check(library, fn->compiled_model_inputs_size(compiled, &session->input_count), "inputs"));
  MMD_TRY(ov_check(library, fn->compiled_model_outputs_size(compiled, &session->output_count),
                   "outputs"));
  MMD_TRY(describe_side(session, compiled, fn->compiled_model_input_by_index, session->input_count,
                        &session->inputs));
  return describe_side(session, compiled, fn->compiled_model_output_by_index, session->output_count,
                       &session->outputs);
}

//===--- sizes that go together --------------------------------------------===//

// "0.2,1.2": false when it is not that, or names what is not there.
static bool parse_equal(const ov_session_t *session, const char *text, ov_equal_sizes_t *out) {
  unsigned numbers[4];
  if (sscanf(text, "%4u.%4u,%4u.%4u", &numbers[0], &numbers[1], &numbers[2], &numbers[3]) != 4)
    return false;
  for (int i = 0; i < 2; ++i) {
    const unsigned input = numbers[2 * i], axis = numbers[2 * i + 1];
    if (input >= session->input_count || (int)axis >= session->inputs[input].rank) return false;
    out->inputs[i] = input;
    out->axes[i] = (int)axis;
  }
  return true;
}

// What stands behind the mark, or NULL.
static const char *find_mark(const char *text, size_t size) {
  const size_t length = sizeof MMD_OV_EQUAL_SIZES - 1;
  const char *end = text + size;
  while ((text = memchr(text, '<', (size_t)(end - text)))) {
    if ((size_t)(end - text) >= length && memcmp(text, MMD_OV_EQUAL_SIZES, length) == 0)
      return text + length;
    ++text;
  }
  return NULL;
}

// The engine does not look whether sizes fit each other when it runs; our files say which do.
static void read_equal_sizes(ov_session_t *session, const mmdeploy_session_desc_t *desc) {
  const char *text = desc->net_data ? find_mark(desc->net_data, desc->net_size) : NULL;
  if (!text) return;
  const char *end = (const char *)desc->net_data + desc->net_size;
  char item[32];
  for (; session->equal_count < OV_MAX_EQUAL_SIZES; ++text) {
    size_t size = 0;
    while (text < end && *text != ';' && *text != '"' && size + 1 < sizeof item)
      item[size++] = *text++;
    item[size] = '\0';
    if (!parse_equal(session, item, &session->equal[session->equal_count])) return;
    ++session->equal_count;
    if (text >= end || *text != ';') return;
  }
}

static mmd_status_t check_sizes(const ov_session_t *session, const mmdeploy_run_tensor_t *inputs) {
  for (size_t i = 0; i < session->equal_count; ++i) {
    const ov_equal_sizes_t *equal = &session->equal[i];
    const int64_t a = inputs[equal->inputs[0]].dims[equal->axes[0]];
    const int64_t b = inputs[equal->inputs[1]].dims[equal->axes[1]];
    if (a == b) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "input '%s': axis %d has size %lld, but axis %d of '%s' has %lld; they must "
                     "be equal",
                     session->inputs[equal->inputs[1]].name, equal->axes[1], (long long)b,
                     equal->axes[0], session->inputs[equal->inputs[0]].name, (long long)a);
  }
  return NULL;
}

//===--- life --------------------------------------------------------------===//

// A number that the engine chose, or -1.
static long read_number(const ov_library_t *library, const ov_compiled_model_t *compiled,
                        const char *key) {
  char *text = NULL;
  if (library->fn.compiled_model_get_property(compiled, key, &text) != OV_OK || !text) return -1;
  const long number = strtol(text, NULL, 10);
  library->fn.free(text);
  return number;
}

// With one thread in a stream 2026.4.1 keeps a failure of a plain run to itself, and leaves the
// results of the run before; one that is started and waited for tells it.
static bool hides_failures(const ov_library_t *library, const ov_compiled_model_t *compiled) {
  return read_number(library, compiled, "INFERENCE_NUM_THREADS") == 1 &&
         read_number(library, compiled, "NUM_STREAMS") != 0;
}

static mmd_status_t copy_text(ov_session_t *session, const char **text) {
  if (!*text) return NULL;
  *text = mmd_arena_strdup(&session->arena, *text);
  return *text ? NULL : mmd_status_no_memory();
}

// The bytes of the files live as long as the session; its words are copied.
static mmd_status_t copy_desc(ov_session_t *session, const mmdeploy_session_desc_t *desc) {
  session->desc = *desc;
  MMD_TRY(copy_text(session, &session->desc.name));
  MMD_TRY(copy_text(session, &session->desc.net_path));
  MMD_TRY(copy_text(session, &session->desc.weights_path));
  MMD_TRY(copy_text(session, &session->desc.device_name));
  MMD_TRY(copy_text(session, &session->desc.precision));
  return copy_text(session, &session->desc.options_json);
}

static mmd_status_t start(ov_session_t *session, const mmdeploy_session_desc_t *desc) {
  ov_compiled_model_t *compiled = NULL;
  MMD_TRY(copy_desc(session, desc));
  MMD_TRY(ov_compile(session->library, &session->desc, &compiled));
  mmd_status_t status = describe(session, compiled);
  if (!status) read_equal_sizes(session, desc);
  session->is_waiting = hides_failures(session->library, compiled);
  if (!status) return ov_requests_create(session->library, compiled, &session->requests);
  session->library->fn.compiled_model_free(compiled);
  return status;
}

mmd_status_t ov_session_create(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                               ov_session_t **out_session) {
  *out_session = NULL;
  ov_session_t *session = mmd_alloc(sizeof *session);
  MMD_TRY_ALLOC(session);
  mmd_status_t status = mmd_mutex_init(&session->mutex);
  if (status) {
    mmd_free(session);
    return status;
  }
  session->library = library;
  mmd_arena_init(&session->arena);
  status = start(session, desc);
  if (status) {
    ov_session_destroy(session);
    return status;
  }
  *out_session = session;
  return NULL;
}

void ov_session_destroy(ov_session_t *session) {
  if (!session) return;
  ov_requests_release(session->requests);
  mmd_mutex_deinit(&session->mutex);
  mmd_arena_deinit(&session->arena);
  mmd_free(session);
}

//===--- inputs ------------------------------------------------------------===//

static mmd_status_t set_input(const ov_session_t *session, ov_loan_t *loan, size_t index,
                              const mmdeploy_run_tensor_t *input) {
  const ov_library_t *library = session->library;
  const char *name = session->inputs[index].name;
  static char nothing[8];  // what an empty tensor points to
  ov_tensor_t *tensor = NULL;
  int64_t dims[MMDEPLOY_PLUGIN_MAX_RANK];
  memcpy(dims, input->dims, sizeof dims);
  const bool is_known = input->dtype > 0 && input->dtype < MMD_DTYPE_COUNT &&
                        library->element_types[input->dtype] >= 0;
  if (!is_known) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "input '%s': element type %d is not supported", name,
                     (int)input->dtype);
  }
  MMD_TRY(ov_check(library,
                   library->fn.tensor_create_from_host_ptr(
                       library->element_types[input->dtype], (ov_shape_t){input->rank, dims},
                       input->data ? input->data : nothing, &tensor),
                   name));
  const int code = library->fn.infer_request_set_input_tensor_by_index(loan->native, index, tensor);
  library->fn.tensor_free(tensor);
  return ov_check(library, code, name);
}

//===--- outputs -----------------------------------------------------------===//

static mmd_status_t read_result(const ov_session_t *session, size_t index,
                                const ov_tensor_t *tensor, mmdeploy_run_tensor_t *out_result) {
  const ov_library_t *library = session->library;
  const char *name = session->outputs[index].name;
  ov_shape_t shape = {0};
  int element_type = 0;
  MMD_TRY(ov_check(library, library->fn.tensor_get_element_type(tensor, &element_type), name));
  MMD_TRY(
      ov_check(library, library->fn.tensor_get_byte_size(tensor, &out_result->byte_size), name));
  MMD_TRY(ov_check(library, library->fn.tensor_data(tensor, &out_result->data), name));
  // Of a number without axes the C interface does not tell the shape.
  if (session->outputs[index].rank)
    MMD_TRY(ov_check(library, library->fn.tensor_get_shape(tensor, &shape), name));
  const bool fits = shape.rank >= 0 && shape.rank <= MMDEPLOY_PLUGIN_MAX_RANK;
  if (fits && shape.rank)
    memcpy(out_result->dims, shape.dims, (size_t)shape.rank * sizeof *shape.dims);
  out_result->rank = (int32_t)shape.rank;
  out_result->dtype = ov_library_dtype(library, element_type);
  if (shape.dims) library->fn.shape_free(&shape);
  if (fits && out_result->dtype) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "output '%s': its rank or element type is not supported",
                   name);
}

static mmd_status_t take_output(const ov_session_t *session, ov_loan_t *loan, size_t index,
                                mmdeploy_run_tensor_t *output) {
  const ov_library_t *library = session->library;
  mmdeploy_run_tensor_t result = {0};
  ov_tensor_t *tensor = NULL;
  MMD_TRY(ov_check(
      library, library->fn.infer_request_get_output_tensor_by_index(loan->native, index, &tensor),
      session->outputs[index].name));
  mmd_status_t status = read_result(session, index, tensor, &result);
  library->fn.tensor_free(tensor);  // the request keeps the memory
  MMD_TRY(status);
  if (output->data) return mmd_module_copy_result(session->outputs[index].name, &result, output);
  ov_loan_retain(loan);
  result.owner = loan;
  result.release = ov_loan_release;
  *output = result;
  return NULL;
}

static mmd_status_t take_outputs(const ov_session_t *session, ov_loan_t *loan,
                                 mmdeploy_run_tensor_t *outputs, size_t count) {
  for (size_t i = 0; i < count; ++i) MMD_TRY(take_output(session, loan, i, &outputs[i]));
  return NULL;
}

static mmd_status_t borrow(ov_session_t *session, ov_loan_t **out_loan) {
  mmd_mutex_lock(&session->mutex);
  mmd_status_t status = ov_requests_borrow(session->requests, out_loan);
  mmd_mutex_unlock(&session->mutex);
  return status;
}

// A compiled network for which memory was short goes on saying so for the sizes of the run before
// (2026.4.1), so it is compiled again. Where that fails, too, the old one stays.
static void renew(ov_session_t *session, const ov_requests_t *spent) {
  ov_compiled_model_t *compiled = NULL;
  ov_requests_t *fresh = NULL;
  mmd_mutex_lock(&session->mutex);
  if (session->requests == spent) {
    mmd_status_t status = ov_compile(session->library, &session->desc, &compiled);
    if (!status) status = ov_requests_create(session->library, compiled, &fresh);
    mmd_status_free(status);
  }
  if (fresh) {
    ov_requests_release(session->requests);
    session->requests = fresh;
  }
  mmd_mutex_unlock(&session->mutex);
}

static mmd_status_t infer(const ov_session_t *session, const ov_loan_t *loan) {
  const ov_functions_t *fn = &session->library->fn;
  int code = session->is_waiting ? fn->infer_request_start_async(loan->native)
                                 : fn->infer_request_infer(loan->native);
  if (session->is_waiting && code == OV_OK) code = fn->infer_request_wait(loan->native);
  return ov_check(session->library, code, "run");
}

mmd_status_t ov_session_run(ov_session_t *session, const mmdeploy_run_tensor_t *inputs,
                            size_t input_count, mmdeploy_run_tensor_t *outputs,
                            size_t output_count) {
  ov_loan_t *loan = NULL;
  MMD_TRY(check_sizes(session, inputs));
  MMD_TRY(borrow(session, &loan));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < input_count && !status; ++i)
    status = set_input(session, loan, i, &inputs[i]);
  if (!status) status = infer(session, loan);
  if (!status) status = take_outputs(session, loan, outputs, output_count);
  loan->is_spent = status != NULL;
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) renew(session, loan->requests);
  ov_loan_release(loan);
  return status;
}
