// SPDX-License-Identifier: Apache-2.0
//
// The convert side of a backend: which operators its engine has, how a graph is legalised for it,
// how its files are written. In-tree targets and those of shared objects (exporting
// mmdeploy_target_query) use the same table.
#ifndef MMDEPLOY_PLUGIN_TARGET_H
#define MMDEPLOY_PLUGIN_TARGET_H

#include "mmdeploy/plugin/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMDEPLOY_TARGET_ABI_VERSION 1u

// The graph being converted; read through the services below.
typedef struct mmd_graph mmdeploy_graph_t;

// An operator that the engine has.
typedef struct mmdeploy_target_op_t {
  const char *domain;                // "" for ai.onnx, "mmdeploy"; "*" for any
  const char *name;                  // "*" for all of the domain
  int32_t min_version, max_version;  // opset versions of |domain| that are understood
  const char *note;                  // limits, first engine version; "" = none
} mmdeploy_target_op_t;

// Graph services of the host. Numbers are indices in execution order; strings are borrowed.
typedef struct mmdeploy_target_host_t {
  uint32_t abi_version;
  uint32_t struct_size;
  const mmdeploy_host_t *base;
  size_t (*input_count)(const mmdeploy_graph_t *graph);
  size_t (*output_count)(const mmdeploy_graph_t *graph);
  // Names, dtypes, dims (-1 = dynamic) of the network's inputs and outputs.
  int32_t (*input_info)(const mmdeploy_graph_t *graph, size_t index,
                        mmdeploy_plugin_tensor_info_t *out_info);
  int32_t (*output_info)(const mmdeploy_graph_t *graph, size_t index,
                         mmdeploy_plugin_tensor_info_t *out_info);
  size_t (*node_count)(const mmdeploy_graph_t *graph);  // of the root region
  int32_t (*node_info)(const mmdeploy_graph_t *graph, size_t index, const char **out_domain,
                       const char **out_op, const char **out_name, int64_t *out_version);
  // Writes the graph as ONNX; |opset| 0 keeps the graph's.
  int32_t (*write_onnx)(const mmdeploy_graph_t *graph, const char *path, int64_t opset,
                        mmdeploy_plugin_error_t *error);
  // Writes a file atomically.
  int32_t (*write_file)(const char *path, const void *data, size_t size,
                        mmdeploy_plugin_error_t *error);
  // Everything else about a graph, and changing it in legalize: see plugin/graph.h.
  const struct mmdeploy_graph_api_t *graph;
} mmdeploy_target_host_t;

#define MMDEPLOY_TARGET_MAX_FILES 4

typedef struct mmdeploy_target_request_t {
  uint32_t struct_size;
  const char *directory;            // work directory, exists
  const char *save_file;            // IR file name of the deploy config, "end2end.onnx"
  const char *backend_config_json;  // the deploy config's backend_config
  const char *ir_config_json;       // its ir_config (opset_version, dynamic_axes, …)
  const char *precision;            // "FP32", "FP16", "INT8"
  const char *python;               // the caller's interpreter for vendors' scripts, or NULL
  // For targets with MMDEPLOY_TARGET_TRIES, else NULL: an absolute path of a folder with folders 0,
  // 1, … of which each holds inputs of the network, input_0.npy, input_1.npy, …, in the graph's
  // order. What is written is run on them, and output_0.npy, … are put beside them.
  const char *trial;
} mmdeploy_target_request_t;

// Relative names of what was written; deploy.json's net and weights are files[0] and files[1] ("" =
// none).
typedef struct mmdeploy_target_result_t {
  uint32_t struct_size;
  size_t file_count;
  char files[MMDEPLOY_TARGET_MAX_FILES][256];
} mmdeploy_target_result_t;

// The compiler brings a simulator, for engines that do not run on this machine: see
// mmdeploy_target_request_t.trial.
#define MMDEPLOY_TARGET_TRIES 1u

typedef struct mmdeploy_target_t {
  uint32_t abi_version;
  uint32_t struct_size;
  const char *name;  // "onnxruntime"
  const char *description;
  const char *ir_type;    // IR the deploy config must name: "onnx" or "torchscript"
  const char *ir_suffix;  // ".onnx"
  void *reserved[4];
  const mmdeploy_target_op_t *ops;  // the supported-operator table
  size_t op_count;
  // Rewrites the graph until only operators of the table remain; NULL = nothing to do. The host
  // checks the table after it and lists every node that is left.
  int32_t (*legalize)(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                      const mmdeploy_target_request_t *request, mmdeploy_plugin_error_t *error);
  // Writes the engine's files into request->directory.
  int32_t (*write)(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                   const mmdeploy_target_request_t *request, mmdeploy_target_result_t *out_result,
                   mmdeploy_plugin_error_t *error);
  // Refuses what can be refused before there is a graph: a compiler that is not installed, a wrong
  // backend_config. Without a backend_config_json only the first is asked. NULL = nothing to
  // refuse.
  int32_t (*prepare)(const mmdeploy_target_request_t *request, mmdeploy_plugin_error_t *error);
  // One command that gets the engine or its compiler; NULL = there is none.
  const char *get;
  uint64_t features;
  // What the engine's arithmetic may differ by, relative to the largest number of an output; 0 for
  // one that computes in 32 bits. A verification is never stricter.
  double precision;
  // Where the compiler is, for people; fails as prepare does. NULL = there is none to be found.
  int32_t (*find)(const mmdeploy_target_request_t *request, char *out_text, size_t text_size,
                  mmdeploy_plugin_error_t *error);
} mmdeploy_target_t;

#define MMDEPLOY_TARGET_QUERY_SYMBOL "mmdeploy_target_query"
typedef const mmdeploy_target_t *(*mmdeploy_target_query_fn)(uint32_t host_abi_version,
                                                             const mmdeploy_target_host_t *host,
                                                             mmdeploy_plugin_error_t *error);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_PLUGIN_TARGET_H
