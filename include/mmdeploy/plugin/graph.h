// SPDX-License-Identifier: Apache-2.0
//
// Reading and changing graphs from outside: passes of shared objects, and whoever else is handed a
// graph. A plugin exports mmdeploy_graph_query and gives a list of passes; the host gives the table
// of functions below.
//
// A graph holds a root region; a region is an ordered list of nodes with inputs, outputs and
// constants; a node has inputs and outputs, which are values (edges): one producer, any number of
// uses. A node may own regions (If, Loop, Scan) as attributes, whose nodes use values from around
// them. Nodes stand in topological order: make a node behind what it uses and before what uses it.
//
// Handles are borrowed: they live as long as the graph, but for what node_erase and
// value_erase_constant take away. Text that goes in is copied; text that comes out is borrowed from
// the graph, "" where there is none, never NULL. A graph belongs to one thread at a time.
//
// Functions that can fail return a code, fill |error| (may be NULL) and, but for what their comment
// says, leave the graph as it was. Handles must be of the graph that the pass was given; a NULL
// handle where none is allowed gives MMDEPLOY_PLUGIN_INVALID_ARGUMENT, or nothing for functions
// without a code.
//
// Frozen at version 1: entries are only added at the end; look at |struct_size| before using one of
// a later release. Since 0.1.
#ifndef MMDEPLOY_PLUGIN_GRAPH_H
#define MMDEPLOY_PLUGIN_GRAPH_H

#include "mmdeploy/plugin/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMDEPLOY_GRAPH_ABI_VERSION 1u

typedef struct mmd_graph mmdeploy_graph_t;
typedef struct mmd_region mmdeploy_region_t;
typedef struct mmd_node mmdeploy_node_t;
typedef struct mmd_edge mmdeploy_graph_value_t;

typedef enum mmdeploy_attr_kind_t {
  MMDEPLOY_ATTR_NONE = 0,  // there is no such attribute
  MMDEPLOY_ATTR_INT = 1,
  MMDEPLOY_ATTR_FLOAT = 2,
  MMDEPLOY_ATTR_STRING = 3,
  MMDEPLOY_ATTR_TENSOR = 4,
  MMDEPLOY_ATTR_REGION = 5,
  MMDEPLOY_ATTR_INTS = 6,
  MMDEPLOY_ATTR_FLOATS = 7,
  MMDEPLOY_ATTR_STRINGS = 8,
  MMDEPLOY_ATTR_OTHER = 9  // kept and written back; not to be read here
} mmdeploy_attr_kind_t;

// A tensor's numbers: packed row-major in the machine's byte order, one byte for a bool. Strings
// cannot be read or written.
typedef struct mmdeploy_graph_tensor_t {
  int32_t dtype;  // mmdeploy_plugin_dtype_t
  int32_t rank;
  int64_t dims[MMDEPLOY_PLUGIN_MAX_RANK];
  const void *data;
  size_t byte_size;
} mmdeploy_graph_tensor_t;

typedef struct mmdeploy_graph_api_t {
  uint32_t abi_version;
  uint32_t struct_size;
  const mmdeploy_host_t *base;

  // The graph. Domain "" is ai.onnx; opset gives 0 for a domain that is not imported.
  mmdeploy_region_t *(*graph_root)(mmdeploy_graph_t *graph);
  const char *(*graph_name)(const mmdeploy_graph_t *graph);
  int64_t (*graph_opset)(const mmdeploy_graph_t *graph, const char *domain);
  int32_t (*graph_set_opset)(mmdeploy_graph_t *graph, const char *domain, int64_t version,
                             mmdeploy_plugin_error_t *error);
  mmdeploy_graph_value_t *(*graph_find_value)(const mmdeploy_graph_t *graph, const char *name);
  // Types of all values again, from those of the inputs. What was changed has no types before.
  int32_t (*graph_infer)(mmdeploy_graph_t *graph, mmdeploy_plugin_error_t *error);
  // What the host checks after a pass: order, uses, names, attributes.
  int32_t (*graph_verify)(const mmdeploy_graph_t *graph, mmdeploy_plugin_error_t *error);

  // Regions. |index| past the end gives NULL; |owner| is NULL for the root.
  size_t (*region_input_count)(const mmdeploy_region_t *region);
  mmdeploy_graph_value_t *(*region_input)(const mmdeploy_region_t *region, size_t index);
  size_t (*region_output_count)(const mmdeploy_region_t *region);
  mmdeploy_graph_value_t *(*region_output)(const mmdeploy_region_t *region, size_t index);
  int32_t (*region_set_output)(mmdeploy_region_t *region, size_t index,
                               mmdeploy_graph_value_t *value, mmdeploy_plugin_error_t *error);
  size_t (*region_constant_count)(const mmdeploy_region_t *region);
  mmdeploy_graph_value_t *(*region_constant)(const mmdeploy_region_t *region, size_t index);
  size_t (*region_node_count)(const mmdeploy_region_t *region);
  mmdeploy_node_t *(*region_first_node)(const mmdeploy_region_t *region);
  mmdeploy_node_t *(*region_last_node)(const mmdeploy_region_t *region);
  mmdeploy_node_t *(*region_owner)(const mmdeploy_region_t *region);

  // Nodes. NULL at the ends of the region. To erase while walking, ask for the next one before.
  mmdeploy_node_t *(*node_next)(const mmdeploy_node_t *node);
  mmdeploy_node_t *(*node_previous)(const mmdeploy_node_t *node);
  mmdeploy_region_t *(*node_region)(const mmdeploy_node_t *node);  // that it lies in
  const char *(*node_domain)(const mmdeploy_node_t *node);
  const char *(*node_op)(const mmdeploy_node_t *node);
  int64_t (*node_version)(const mmdeploy_node_t *node);  // opset version whose meaning it has
  const char *(*node_name)(const mmdeploy_node_t *node);
  const char *(*node_scope)(const mmdeploy_node_t *node);  // "backbone.layer1.0", or ""
  size_t (*node_input_count)(const mmdeploy_node_t *node);
  // NULL past the end, and for one that is left out.
  mmdeploy_graph_value_t *(*node_input)(const mmdeploy_node_t *node, size_t index);
  size_t (*node_output_count)(const mmdeploy_node_t *node);
  mmdeploy_graph_value_t *(*node_output)(const mmdeploy_node_t *node, size_t index);
  // A node before |before|, or the region's last when NULL. |inputs| may hold NULLs. Outputs get
  // fresh names made from |name|, and no types before graph_infer. The domain must be imported.
  int32_t (*node_create)(mmdeploy_region_t *region, mmdeploy_node_t *before, const char *domain,
                         const char *op, const char *name, size_t input_count,
                         mmdeploy_graph_value_t *const *inputs, size_t output_count,
                         mmdeploy_node_t **out_node, mmdeploy_plugin_error_t *error);
  // Its outputs must have no uses (value_replace_uses, value_forward).
  int32_t (*node_erase)(mmdeploy_node_t *node, mmdeploy_plugin_error_t *error);
  // NULL leaves the input out; an index past the end adds inputs.
  int32_t (*node_set_input)(mmdeploy_node_t *node, size_t index, mmdeploy_graph_value_t *value,
                            mmdeploy_plugin_error_t *error);
  int32_t (*node_set_op)(mmdeploy_node_t *node, const char *domain, const char *op, int64_t version,
                         mmdeploy_plugin_error_t *error);
  int32_t (*node_set_name)(mmdeploy_node_t *node, const char *name, mmdeploy_plugin_error_t *error);
  int32_t (*node_set_scope)(mmdeploy_node_t *node, const char *scope,
                            mmdeploy_plugin_error_t *error);
  // In the same region; NULL = last.
  int32_t (*node_move_before)(mmdeploy_node_t *node, mmdeploy_node_t *before,
                              mmdeploy_plugin_error_t *error);

  // Attributes, by name. Readers give |fallback| (NULL and 0) where there is none of that kind; a
  // setter replaces.
  size_t (*attr_count)(const mmdeploy_node_t *node);
  const char *(*attr_name)(const mmdeploy_node_t *node, size_t index);
  int32_t (*attr_kind)(const mmdeploy_node_t *node, const char *name);  // mmdeploy_attr_kind_t
  int64_t (*attr_int)(const mmdeploy_node_t *node, const char *name, int64_t fallback);
  double (*attr_float)(const mmdeploy_node_t *node, const char *name, double fallback);
  const char *(*attr_string)(const mmdeploy_node_t *node, const char *name, const char *fallback);
  const int64_t *(*attr_ints)(const mmdeploy_node_t *node, const char *name, size_t *out_count);
  const double *(*attr_floats)(const mmdeploy_node_t *node, const char *name, size_t *out_count);
  // MMDEPLOY_PLUGIN_NOT_FOUND when there is none. The data is aligned, and borrowed until the next
  // change of the attribute.
  int32_t (*attr_tensor)(mmdeploy_node_t *node, const char *name,
                         mmdeploy_graph_tensor_t *out_tensor, mmdeploy_plugin_error_t *error);
  mmdeploy_region_t *(*attr_region)(const mmdeploy_node_t *node, const char *name);
  int32_t (*attr_set_int)(mmdeploy_node_t *node, const char *name, int64_t number,
                          mmdeploy_plugin_error_t *error);
  int32_t (*attr_set_float)(mmdeploy_node_t *node, const char *name, double number,
                            mmdeploy_plugin_error_t *error);
  int32_t (*attr_set_string)(mmdeploy_node_t *node, const char *name, const char *text,
                             mmdeploy_plugin_error_t *error);
  int32_t (*attr_set_ints)(mmdeploy_node_t *node, const char *name, size_t count,
                           const int64_t *numbers, mmdeploy_plugin_error_t *error);
  int32_t (*attr_set_floats)(mmdeploy_node_t *node, const char *name, size_t count,
                             const double *numbers, mmdeploy_plugin_error_t *error);
  int32_t (*attr_set_tensor)(mmdeploy_node_t *node, const char *name,
                             const mmdeploy_graph_tensor_t *tensor,
                             mmdeploy_plugin_error_t *error);  // the data is copied
  void (*attr_remove)(mmdeploy_node_t *node, const char *name);

  // Values. The producer is NULL for inputs and constants.
  const char *(*value_name)(const mmdeploy_graph_value_t *value);
  // MMDEPLOY_PLUGIN_NOT_SUPPORTED for what is no tensor, or of a type that is not known.
  int32_t (*value_info)(const mmdeploy_graph_value_t *value,
                        mmdeploy_plugin_tensor_info_t *out_info);
  // dtype, rank and dims of |info|; -1 is a fresh symbol unless dim_names has one.
  int32_t (*value_set_info)(mmdeploy_graph_value_t *value,
                            const mmdeploy_plugin_tensor_info_t *info,
                            mmdeploy_plugin_error_t *error);
  mmdeploy_node_t *(*value_producer)(const mmdeploy_graph_value_t *value);
  int32_t (*value_is_constant)(const mmdeploy_graph_value_t *value);
  int32_t (*value_is_output)(const mmdeploy_graph_value_t *value);  // of any region
  // Uses by nodes and as region outputs; the user is NULL for the latter. In no order.
  size_t (*value_use_count)(const mmdeploy_graph_value_t *value);
  mmdeploy_node_t *(*value_user)(const mmdeploy_graph_value_t *value, size_t index);
  int32_t (*value_rename)(mmdeploy_graph_value_t *value, const char *name,
                          mmdeploy_plugin_error_t *error);  // fails when the name is taken
  // Every use of |from|, region outputs too, becomes one of |to|.
  int32_t (*value_replace_uses)(mmdeploy_graph_value_t *from, mmdeploy_graph_value_t *to,
                                mmdeploy_plugin_error_t *error);
  // The same, but outputs of regions keep their names: |to| takes the name over, or an Identity is
  // put between.
  int32_t (*value_forward)(mmdeploy_graph_value_t *from, mmdeploy_graph_value_t *to,
                           mmdeploy_plugin_error_t *error);
  // Numbers of a constant (an initialiser, or the output of a Constant node with a tensor).
  // MMDEPLOY_PLUGIN_NOT_FOUND for others. The data is aligned, and borrowed until the constant
  // is changed or erased, or the pass returns.
  int32_t (*value_constant)(mmdeploy_graph_value_t *value, mmdeploy_graph_tensor_t *out_tensor,
                            mmdeploy_plugin_error_t *error);
  // A new initialiser; |name| gets a number when it is taken. The data is copied.
  int32_t (*constant_create)(mmdeploy_region_t *region, const char *name,
                             const mmdeploy_graph_tensor_t *tensor,
                             mmdeploy_graph_value_t **out_value, mmdeploy_plugin_error_t *error);
  int32_t (*constant_set)(mmdeploy_graph_value_t *value, const mmdeploy_graph_tensor_t *tensor,
                          mmdeploy_plugin_error_t *error);
  int32_t (*value_erase_constant)(mmdeploy_graph_value_t *value,
                                  mmdeploy_plugin_error_t *error);  // unused initialisers only
} mmdeploy_graph_api_t;

// A rewrite of a graph. It keeps the names and types of the graph's inputs and outputs and computes
// the same. The host verifies the graph after it; a graph that is broken then is thrown away with
// an error that names the pass.
typedef struct mmdeploy_graph_pass_t {
  uint32_t struct_size;
  const char *name;  // "remove_dropout": lower case, digits and '_'; unlike those of the host
  const char *help;  // one line
  // |*out_changed| is 0 before; set it to 1 when something was changed.
  int32_t (*run)(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph, int32_t *out_changed,
                 mmdeploy_plugin_error_t *error);
} mmdeploy_graph_pass_t;

typedef struct mmdeploy_graph_plugin_t {
  uint32_t abi_version;
  uint32_t struct_size;
  const char *name;
  const char *description;
  void *reserved[4];
  size_t pass_count;
  const mmdeploy_graph_pass_t *const *passes;
} mmdeploy_graph_plugin_t;

// The exported symbol. |host_abi_version| is the newest that the host knows; |api| and what is
// returned live as long as the process. NULL, with |error| filled, when the versions do not fit.
// Called once for each file.
#define MMDEPLOY_GRAPH_QUERY_SYMBOL "mmdeploy_graph_query"
typedef const mmdeploy_graph_plugin_t *(*mmdeploy_graph_query_fn)(uint32_t host_abi_version,
                                                                  const mmdeploy_graph_api_t *api,
                                                                  mmdeploy_plugin_error_t *error);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_PLUGIN_GRAPH_H
