// SPDX-License-Identifier: Apache-2.0
//
// ncnn's C interface as far as we use it, declared by us; functions are looked up by name.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_NCNN_API_H_
#define MMD_BACKENDS_NCNN_RUNTIME_NCNN_API_H_

#include <stddef.h>

typedef struct ncnn_option ncnn_option_t;
typedef struct ncnn_mat ncnn_mat_t;
typedef struct ncnn_allocator ncnn_allocator_t;
typedef struct ncnn_extractor ncnn_extractor_t;
typedef struct ncnn_net ncnn_net_t;
typedef struct ncnn_paramdict ncnn_paramdict_t;
typedef struct ncnn_modelbin ncnn_modelbin_t;

// Where a net is read from. |self| is the engine's own.
typedef struct ncnn_datareader_t {
  void *self;
  int (*scan)(struct ncnn_datareader_t *reader, const char *format, void *out);
  size_t (*read)(struct ncnn_datareader_t *reader, void *buffer, size_t size);
} ncnn_datareader_t;

// A custom layer. |self| is the engine's own; there is no place for state of ours.
typedef struct ncnn_layer_t {
  void *self;
  int (*load_param)(struct ncnn_layer_t *layer, const ncnn_paramdict_t *params);
  int (*load_model)(struct ncnn_layer_t *layer, const ncnn_modelbin_t *bin);
  int (*create_pipeline)(struct ncnn_layer_t *layer, const ncnn_option_t *option);
  int (*destroy_pipeline)(struct ncnn_layer_t *layer, const ncnn_option_t *option);
  int (*forward_1)(const struct ncnn_layer_t *layer, const ncnn_mat_t *bottom, ncnn_mat_t **top,
                   const ncnn_option_t *option);
  int (*forward_n)(const struct ncnn_layer_t *layer, ncnn_mat_t *const *bottoms, int bottom_count,
                   ncnn_mat_t **tops, int top_count, const ncnn_option_t *option);
  int (*forward_inplace_1)(const struct ncnn_layer_t *layer, ncnn_mat_t *mat,
                           const ncnn_option_t *option);
  int (*forward_inplace_n)(const struct ncnn_layer_t *layer, ncnn_mat_t **mats, int count,
                           const ncnn_option_t *option);
} ncnn_layer_t;

typedef ncnn_layer_t *(*ncnn_layer_creator_t)(void *user);
typedef void (*ncnn_layer_destroyer_t)(ncnn_layer_t *layer, void *user);

// X(name, result, parameters)
#define MMD_NCNN_FUNCTIONS(X)                                                               \
  X(version, const char *, (void))                                                          \
  X(option_create, ncnn_option_t *, (void))                                                 \
  X(option_destroy, void, (ncnn_option_t *))                                                \
  X(option_set_num_threads, void, (ncnn_option_t *, int))                                   \
  X(option_set_use_packing_layout, void, (ncnn_option_t *, int))                            \
  X(option_set_use_winograd_convolution, void, (ncnn_option_t *, int))                      \
  X(option_set_use_sgemm_convolution, void, (ncnn_option_t *, int))                         \
  X(option_set_use_fp16_packed, void, (ncnn_option_t *, int))                               \
  X(option_set_use_fp16_storage, void, (ncnn_option_t *, int))                              \
  X(option_set_use_fp16_arithmetic, void, (ncnn_option_t *, int))                           \
  X(option_set_use_bf16_storage, void, (ncnn_option_t *, int))                              \
  X(mat_create, ncnn_mat_t *, (void))                                                       \
  X(mat_create_1d, ncnn_mat_t *, (int, ncnn_allocator_t *))                                 \
  X(mat_create_2d, ncnn_mat_t *, (int, int, ncnn_allocator_t *))                            \
  X(mat_create_3d, ncnn_mat_t *, (int, int, int, ncnn_allocator_t *))                       \
  X(mat_create_4d, ncnn_mat_t *, (int, int, int, int, ncnn_allocator_t *))                  \
  X(mat_destroy, void, (ncnn_mat_t *))                                                      \
  X(mat_get_dims, int, (const ncnn_mat_t *))                                                \
  X(mat_get_w, int, (const ncnn_mat_t *))                                                   \
  X(mat_get_h, int, (const ncnn_mat_t *))                                                   \
  X(mat_get_d, int, (const ncnn_mat_t *))                                                   \
  X(mat_get_c, int, (const ncnn_mat_t *))                                                   \
  X(mat_get_elemsize, size_t, (const ncnn_mat_t *))                                         \
  X(mat_get_cstep, size_t, (const ncnn_mat_t *))                                            \
  X(mat_get_data, void *, (const ncnn_mat_t *))                                             \
  X(paramdict_get_int, int, (const ncnn_paramdict_t *, int, int))                           \
  X(paramdict_get_float, float, (const ncnn_paramdict_t *, int, float))                     \
  X(paramdict_get_array, ncnn_mat_t *, (const ncnn_paramdict_t *, int, const ncnn_mat_t *)) \
  X(datareader_create, ncnn_datareader_t *, (void))                                         \
  X(datareader_destroy, void, (ncnn_datareader_t *))                                        \
  X(layer_create, ncnn_layer_t *, (void))                                                   \
  X(layer_create_by_type, ncnn_layer_t *, (const char *))                                   \
  X(layer_destroy, void, (ncnn_layer_t *))                                                  \
  X(layer_set_one_blob_only, void, (ncnn_layer_t *, int))                                   \
  X(net_create, ncnn_net_t *, (void))                                                       \
  X(net_destroy, void, (ncnn_net_t *))                                                      \
  X(net_set_option, void, (ncnn_net_t *, ncnn_option_t *))                                  \
  X(net_register_custom_layer_by_type, void,                                                \
    (ncnn_net_t *, const char *, ncnn_layer_creator_t, ncnn_layer_destroyer_t, void *))     \
  X(net_load_param_memory, int, (ncnn_net_t *, const char *))                               \
  X(net_load_model_datareader, int, (ncnn_net_t *, const ncnn_datareader_t *))              \
  X(extractor_create, ncnn_extractor_t *, (ncnn_net_t *))                                   \
  X(extractor_destroy, void, (ncnn_extractor_t *))                                          \
  X(extractor_input, int, (ncnn_extractor_t *, const char *, const ncnn_mat_t *))           \
  X(extractor_extract, int, (ncnn_extractor_t *, const char *, ncnn_mat_t **))

#define MMD_NCNN_MEMBER(name, result, parameters) result(*name) parameters;
typedef struct ncnn_functions_t {
  MMD_NCNN_FUNCTIONS(MMD_NCNN_MEMBER)
} ncnn_functions_t;
#undef MMD_NCNN_MEMBER

#endif  // MMD_BACKENDS_NCNN_RUNTIME_NCNN_API_H_
