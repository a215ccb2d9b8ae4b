// SPDX-License-Identifier: Apache-2.0
//
// OpenVINO's C interface as far as we use it, declared by us; functions are looked up by name. The
// numbers of element types differ between releases, so they are learned from the library
// (library.c).
#ifndef MMD_BACKENDS_OPENVINO_RUNTIME_OV_API_H_
#define MMD_BACKENDS_OPENVINO_RUNTIME_OV_API_H_

#include <stddef.h>
#include <stdint.h>

typedef struct ov_core ov_core_t;
typedef struct ov_model ov_model_t;
typedef struct ov_compiled_model ov_compiled_model_t;
typedef struct ov_infer_request ov_infer_request_t;
typedef struct ov_tensor ov_tensor_t;
typedef struct ov_output_const_port ov_port_t;

typedef struct ov_version_t {
  const char *build_number;  // "2026.4.1-22982-…"
  const char *description;
} ov_version_t;

typedef struct ov_available_devices_t {
  char **devices;
  size_t size;
} ov_available_devices_t;

typedef struct ov_shape_t {
  int64_t rank;
  int64_t *dims;
} ov_shape_t;

typedef struct ov_dimension_t {
  int64_t min, max;  // inclusive; they differ where the size is dynamic
} ov_dimension_t;

typedef struct ov_partial_shape_t {
  ov_dimension_t rank;
  ov_dimension_t *dims;
} ov_partial_shape_t;

enum {
  OV_OK = 0,
  OV_NOT_IMPLEMENTED = -2,
  OV_PARAMETER_MISMATCH = -4,
  OV_NOT_FOUND = -5,
  OV_OUT_OF_BOUNDS = -6
};

// X(name, result, parameters)
#define MMD_OV_FUNCTIONS(X)                                                                     \
  X(get_openvino_version, int, (ov_version_t *))                                                \
  X(version_free, void, (ov_version_t *))                                                       \
  X(get_last_err_msg, const char *, (void))                                                     \
  X(free, void, (const char *))                                                                 \
  X(core_create, int, (ov_core_t **))                                                           \
  X(core_free, void, (ov_core_t *))                                                             \
  X(core_get_available_devices, int, (const ov_core_t *, ov_available_devices_t *))             \
  X(available_devices_free, void, (ov_available_devices_t *))                                   \
  X(core_read_model, int, (const ov_core_t *, const char *, const char *, ov_model_t **))       \
  X(core_read_model_from_memory_buffer, int,                                                    \
    (const ov_core_t *, const char *, size_t, const ov_tensor_t *, ov_model_t **))              \
  X(model_free, void, (ov_model_t *))                                                           \
  X(model_inputs_size, int, (const ov_model_t *, size_t *))                                     \
  X(model_const_input_by_index, int, (const ov_model_t *, size_t, ov_port_t **))                \
  X(core_compile_model, int,                                                                    \
    (const ov_core_t *, const ov_model_t *, const char *, size_t, ov_compiled_model_t **, ...)) \
  X(compiled_model_free, void, (ov_compiled_model_t *))                                         \
  X(compiled_model_inputs_size, int, (const ov_compiled_model_t *, size_t *))                   \
  X(compiled_model_outputs_size, int, (const ov_compiled_model_t *, size_t *))                  \
  X(compiled_model_input_by_index, int, (const ov_compiled_model_t *, size_t, ov_port_t **))    \
  X(compiled_model_output_by_index, int, (const ov_compiled_model_t *, size_t, ov_port_t **))   \
  X(compiled_model_get_property, int, (const ov_compiled_model_t *, const char *, char **))     \
  X(compiled_model_create_infer_request, int,                                                   \
    (const ov_compiled_model_t *, ov_infer_request_t **))                                       \
  X(output_const_port_free, void, (ov_port_t *))                                                \
  X(port_get_any_name, int, (const ov_port_t *, char **))                                       \
  X(port_get_element_type, int, (const ov_port_t *, int *))                                     \
  X(port_get_partial_shape, int, (const ov_port_t *, ov_partial_shape_t *))                     \
  X(partial_shape_free, void, (ov_partial_shape_t *))                                           \
  X(infer_request_set_input_tensor_by_index, int,                                               \
    (ov_infer_request_t *, size_t, const ov_tensor_t *))                                        \
  X(infer_request_get_output_tensor_by_index, int,                                              \
    (const ov_infer_request_t *, size_t, ov_tensor_t **))                                       \
  X(infer_request_infer, int, (ov_infer_request_t *))                                           \
  X(infer_request_start_async, int, (ov_infer_request_t *))                                     \
  X(infer_request_wait, int, (ov_infer_request_t *))                                            \
  X(infer_request_free, void, (ov_infer_request_t *))                                           \
  X(tensor_create_from_host_ptr, int, (int, ov_shape_t, void *, ov_tensor_t **))                \
  X(tensor_get_shape, int, (const ov_tensor_t *, ov_shape_t *))                                 \
  X(tensor_get_element_type, int, (const ov_tensor_t *, int *))                                 \
  X(tensor_get_byte_size, int, (const ov_tensor_t *, size_t *))                                 \
  X(tensor_data, int, (const ov_tensor_t *, void **))                                           \
  X(tensor_free, void, (ov_tensor_t *))                                                         \
  X(shape_free, int, (ov_shape_t *))

#define MMD_OV_MEMBER(name, result, parameters) result(*name) parameters;
typedef struct ov_functions_t {
  MMD_OV_FUNCTIONS(MMD_OV_MEMBER)
} ov_functions_t;
#undef MMD_OV_MEMBER

#endif  // MMD_BACKENDS_OPENVINO_RUNTIME_OV_API_H_
