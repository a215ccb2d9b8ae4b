// SPDX-License-Identifier: Apache-2.0
//
// The intermediate representation.
//
// A graph owns a root region; a region is an ordered list of nodes with inputs and outputs; a node
// has a domain, an operator and the opset version whose meaning it has, inputs and outputs (edges),
// attributes, and may own regions (If, Loop, Scan) that use edges of the regions around them. An
// edge is one SSA value: it has one producer (a node, a region's input, or a constant) and any
// number of uses. Operators that nobody knows are ordinary nodes: kept and written back.
//
// Structs are open for reading. Change them only through the functions below, which keep
// producer and use lists right. Nodes, edges and names live in the graph's arena until the graph is
// destroyed; the weights of constants are counted storages, released when their edge is erased. A
// graph is not thread-safe.
#ifndef MMD_GRAPH_GRAPH_H_
#define MMD_GRAPH_GRAPH_H_

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "base/storage.h"
#include "base/str.h"
#include "graph/dim.h"
#include "tensor/tensor.h"

typedef struct mmd_graph mmd_graph_t;
typedef struct mmd_region mmd_region_t;
typedef struct mmd_node mmd_node_t;
typedef struct mmd_edge mmd_edge_t;

// Bytes of a file that mean nothing here: its reader keeps them, its writer puts them back. Copies
// of a graph keep them, rewrites may lose them.
typedef struct mmd_kept {
  size_t size;  // never 0: what has nothing to keep has NULL
  uint8_t data[];
} mmd_kept_t;

#define MMD_DOMAIN_ONNX ""  // ai.onnx
#define MMD_DOMAIN_MMDEPLOY "mmdeploy"

typedef enum mmd_type_kind_t {
  MMD_TYPE_UNKNOWN,
  MMD_TYPE_TENSOR,
  MMD_TYPE_SEQUENCE,
  MMD_TYPE_OPTIONAL,
} mmd_type_kind_t;

typedef struct mmd_type {
  mmd_type_kind_t kind;
  mmd_dtype_t dtype;  // tensors; MMD_DTYPE_UNDEFINED = not known
  bool has_rank;      // false: any rank
  int rank;
  const mmd_dim_t *dims[MMD_MAX_RANK];  // never NULL below |rank|
  const struct mmd_type *element;       // sequences and optionals
} mmd_type_t;

typedef enum mmd_attr_kind_t {
  MMD_ATTR_INT,
  MMD_ATTR_FLOAT,
  MMD_ATTR_STRING,
  MMD_ATTR_TENSOR,
  MMD_ATTR_REGION,
  MMD_ATTR_INTS,
  MMD_ATTR_FLOATS,
  MMD_ATTR_STRINGS,
  MMD_ATTR_TENSORS,
  MMD_ATTR_REGIONS,
  MMD_ATTR_TYPE,
  MMD_ATTR_REFERENCE,  // inside a function: the function's attribute |string.data|
} mmd_attr_kind_t;

typedef struct mmd_attr_string_t {
  const char *data;  // NUL behind |size| bytes
  size_t size;
} mmd_attr_string_t;

typedef struct mmd_attr {
  const char *name;
  mmd_attr_kind_t kind;
  size_t count;  // of the list kinds
  union {
    int64_t integer;
    double number;  // ONNX keeps float32; exact when read from there
    mmd_attr_string_t string;
    mmd_tensor_t *tensor;
    mmd_region_t *region;
    const int64_t *integers;
    const double *numbers;
    const mmd_attr_string_t *strings;
    mmd_tensor_t *tensors;
    mmd_region_t **regions;
    const mmd_type_t *type;
  } u;
  const mmd_kept_t *kept;
} mmd_attr_t;

typedef struct mmd_use {
  mmd_node_t *node;      // user, or NULL for a region output
  mmd_region_t *region;  // region whose output it is, or NULL
  size_t index;          // of the input or output
  struct mmd_use *next, *previous;
} mmd_use_t;

struct mmd_edge {
  const char *name;  // unique in its graph; never NULL
  mmd_type_t type;
  mmd_region_t *region;  // where it is defined
  mmd_node_t *producer;  // NULL for region inputs and constants
  size_t output_index;   // of |producer|, or of the region's inputs
  bool is_constant;
  mmd_tensor_t constant;  // when |is_constant|
  mmd_use_t *uses;        // any order
  // Shape arithmetic: the elements of a small integer tensor as expressions, or NULL (see
  // ops/infer.h).
  const mmd_dim_t **elements;
  size_t element_count;
  const char *doc;                // may be NULL
  const mmd_kept_t *kept;         // of the value
  const mmd_kept_t *tensor_kept;  // of the constant
  struct mmd_edge *next_name;     // of the chain in names.c
  uint64_t name_hash;             // another one in each run
};

struct mmd_node {
  const char *domain;    // "" for ai.onnx
  const char *op;        // "Conv"
  int64_t version;       // opset version of |domain| whose meaning it has
  const char *name;      // "" allowed
  const char *scope;     // module path it came from, "backbone.layer1.0", or ""
  const char *overload;  // ONNX function overload, ""
  const char *doc;       // may be NULL
  size_t input_count, output_count;
  mmd_edge_t **inputs;   // NULL item = optional input left out
  mmd_edge_t **outputs;  // NULL item = optional output left out
  size_t attr_count, attr_capacity;
  mmd_attr_t *attrs;
  mmd_region_t *region;  // that it lies in
  mmd_node_t *next, *previous;
  mmd_storage_t *unknown;  // protobuf fields that we do not know, or NULL
  size_t input_capacity;
  mmd_use_t **input_uses;  // beside |inputs|
  size_t mark;             // scratch of the function that runs now
  bool erased;
};

struct mmd_region {
  mmd_graph_t *graph;
  mmd_node_t *owner;  // NULL for the root and for functions
  const char *name;
  size_t input_count, input_capacity, output_count, output_capacity;
  mmd_edge_t **inputs, **outputs;
  mmd_use_t **output_uses;  // beside |outputs|
  size_t output_use_capacity;
  mmd_node_t *first, *last;
  size_t node_count;
  size_t constant_count, constant_capacity;
  mmd_edge_t **constants;  // initialisers, in file order
  const char *doc;
  const mmd_kept_t *kept;
  mmd_region_t *next_region;  // of all regions of the graph, attached or not
};

typedef struct mmd_opset_t {
  const char *domain;
  int64_t version;
  const mmd_kept_t *kept;
} mmd_opset_t;

typedef struct mmd_property_t {
  const char *key, *value;
  const mmd_kept_t *kept;
} mmd_property_t;

// A model-local function of an ONNX file.
typedef struct mmd_function {
  const char *domain, *name, *overload, *doc;
  size_t attr_name_count, attr_name_capacity;
  const char **attr_names;
  size_t attr_default_count, attr_default_capacity;
  mmd_attr_t *attr_defaults;
  mmd_region_t *body;
  size_t opset_count, opset_capacity;
  mmd_opset_t *opsets;
  const mmd_kept_t *kept;
} mmd_function_t;

struct mmd_graph {
  mmd_arena_t arena;
  mmd_region_t *root;
  const char *name;
  int64_t ir_version;  // of the ONNX file it came from or goes to
  size_t opset_count, opset_capacity;
  mmd_opset_t *opsets;
  size_t property_count, property_capacity;
  mmd_property_t *properties;  // metadata_props
  size_t function_count, function_capacity;
  mmd_function_t **functions;
  const char *producer_name, *producer_version, *model_domain, *doc;
  int64_t model_version;
  const mmd_kept_t *kept;
  struct mmd_names *names;  // edges of all regions by name (names.c)
  void *dims;               // interning table (dim.c)
  mmd_map_t *suffixes;      // last number that made a fresh name of a base
  mmd_region_t *regions;    // all that were made
};

mmd_status_t mmd_graph_create(const char *name, mmd_graph_t **out_graph) MMD_MUST_USE;
void mmd_graph_destroy(mmd_graph_t *graph);  // NULL is fine
mmd_status_t mmd_graph_set_opset(mmd_graph_t *graph, const char *domain,
                                 int64_t version) MMD_MUST_USE;
int64_t mmd_graph_opset(const mmd_graph_t *graph, const char *domain);  // 0 when not imported
mmd_status_t mmd_graph_set_property(mmd_graph_t *graph, const char *key,
                                    const char *value) MMD_MUST_USE;
// Copies |size| bytes into the graph; NULL for none.
mmd_status_t mmd_graph_keep(mmd_graph_t *graph, const void *data, size_t size,
                            const mmd_kept_t **out_kept) MMD_MUST_USE;
mmd_edge_t *mmd_graph_find_edge(const mmd_graph_t *graph, const char *name);
size_t mmd_graph_node_count(const mmd_graph_t *graph);  // with nested regions
// A name no edge has yet: |base|, "|base|_1", …; lives in the arena, NULL when memory is short.
const char *mmd_graph_fresh_name(mmd_graph_t *graph, const char *base);
// The same for a node: it also differs from all names given here before, and none of the node's
// outputs ("|base|_0" …) has a name yet.
const char *mmd_graph_fresh_node_name(mmd_graph_t *graph, const char *base);
mmd_status_t mmd_graph_add_function(mmd_graph_t *graph, const char *domain, const char *name,
                                    mmd_function_t **out_function) MMD_MUST_USE;

// Regions. |owner| NULL makes a function body or a detached region.
mmd_status_t mmd_region_create(mmd_graph_t *graph, const char *name,
                               mmd_region_t **out_region) MMD_MUST_USE;
// |name| NULL or taken: a fresh one is made from it. |type| NULL = unknown.
mmd_status_t mmd_region_add_input(mmd_region_t *region, const char *name, const mmd_type_t *type,
                                  mmd_edge_t **out_edge) MMD_MUST_USE;
mmd_status_t mmd_region_add_constant(mmd_region_t *region, const char *name,
                                     const mmd_tensor_t *tensor,
                                     mmd_edge_t **out_edge) MMD_MUST_USE;  // retains the storage
mmd_status_t mmd_region_add_output(mmd_region_t *region, mmd_edge_t *edge) MMD_MUST_USE;
mmd_status_t mmd_region_set_output(mmd_region_t *region, size_t index,
                                   mmd_edge_t *edge) MMD_MUST_USE;
mmd_status_t mmd_region_remove_input(mmd_region_t *region,
                                     size_t index) MMD_MUST_USE;  // must be unused
mmd_status_t mmd_region_remove_output(mmd_region_t *region, size_t index) MMD_MUST_USE;
// All constants of |from| become the last of |to|, a region of the same graph.
mmd_status_t mmd_region_move_constants(mmd_region_t *from, mmd_region_t *to) MMD_MUST_USE;
// True when |inner| is |outer| or lies inside it.
bool mmd_region_is_inside(const mmd_region_t *inner, const mmd_region_t *outer);

// Nodes. A new node stands before |before|, or last when NULL. Output edges get fresh names from
// |name|
// ("<name>" for one output, "<name>_<i>" for more) and unknown types; the version is the graph's
// opset of |domain| (set it first). Strings are copied. |inputs| NULL leaves all out. Domain
// "ai.onnx" is "".
mmd_status_t mmd_node_create(mmd_region_t *region, mmd_node_t *before, const char *domain,
                             const char *op, const char *name, size_t input_count,
                             mmd_edge_t *const *inputs, size_t output_count,
                             mmd_node_t **out_node) MMD_MUST_USE;
// Readers of files give the names themselves (NULL or "" = output left out); a taken one gets a
// number behind it.
mmd_status_t mmd_node_create_named(mmd_region_t *region, mmd_node_t *before, const char *domain,
                                   const char *op, const char *name, size_t input_count,
                                   mmd_edge_t *const *inputs, size_t output_count,
                                   const char *const *output_names,
                                   mmd_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_node_set_input(mmd_node_t *node, size_t index,
                                mmd_edge_t *edge) MMD_MUST_USE;  // grows with NULLs
mmd_status_t mmd_node_trim_inputs(mmd_node_t *node, size_t count)
    MMD_MUST_USE;  // drops those from |count| on, then trailing NULLs
mmd_status_t mmd_node_drop_output(mmd_node_t *node, size_t index)
    MMD_MUST_USE;  // must be unused; trailing ones go, others become NULL
// The same, but those behind it move up: for operators with any number of outputs.
mmd_status_t mmd_node_remove_output(mmd_node_t *node, size_t index) MMD_MUST_USE;
mmd_status_t mmd_node_set_name(mmd_node_t *node, const char *name) MMD_MUST_USE;
mmd_status_t mmd_node_set_scope(mmd_node_t *node, const char *scope) MMD_MUST_USE;
mmd_status_t mmd_node_set_op(mmd_node_t *node, const char *domain, const char *op,
                             int64_t version) MMD_MUST_USE;
void mmd_node_move_before(mmd_node_t *node, mmd_node_t *before);  // same region; NULL = last
// To another region of the same graph, before a node of it; NULL = last.
void mmd_node_move_into(mmd_node_t *node, mmd_region_t *region, mmd_node_t *before);
// Unlinks the node, drops its uses and its regions. Its outputs must have no uses.
mmd_status_t mmd_node_erase(mmd_node_t *node) MMD_MUST_USE;
bool mmd_node_is(const mmd_node_t *node, const char *domain, const char *op);
mmd_edge_t *mmd_node_input(const mmd_node_t *node, size_t index);  // NULL past the end
// "Conv node 'conv1' (backbone.conv1)" for messages; appends.
mmd_status_t mmd_node_describe(const mmd_node_t *node, mmd_str_t *out_text) MMD_MUST_USE;

// Attributes; a setter replaces. Data is copied (tensors are retained).
const mmd_attr_t *mmd_node_attr(const mmd_node_t *node, const char *name);
int64_t mmd_node_attr_int(const mmd_node_t *node, const char *name, int64_t fallback);
double mmd_node_attr_float(const mmd_node_t *node, const char *name,
                           double fallback);  // an int reads as float
const char *mmd_node_attr_string(const mmd_node_t *node, const char *name, const char *fallback);
const int64_t *mmd_node_attr_ints(const mmd_node_t *node, const char *name,
                                  size_t *out_count);  // NULL, 0 when absent
const double *mmd_node_attr_floats(const mmd_node_t *node, const char *name, size_t *out_count);
const mmd_tensor_t *mmd_node_attr_tensor(const mmd_node_t *node,
                                         const char *name);                    // NULL when absent
mmd_region_t *mmd_node_attr_region(const mmd_node_t *node, const char *name);  // NULL when absent
mmd_status_t mmd_node_set_int(mmd_node_t *node, const char *name, int64_t number) MMD_MUST_USE;
mmd_status_t mmd_node_set_float(mmd_node_t *node, const char *name, double number) MMD_MUST_USE;
mmd_status_t mmd_node_set_string(mmd_node_t *node, const char *name, const char *text) MMD_MUST_USE;
mmd_status_t mmd_node_set_ints(mmd_node_t *node, const char *name, size_t count,
                               const int64_t *numbers) MMD_MUST_USE;
mmd_status_t mmd_node_set_floats(mmd_node_t *node, const char *name, size_t count,
                                 const double *numbers) MMD_MUST_USE;
mmd_status_t mmd_node_set_strings(mmd_node_t *node, const char *name, size_t count,
                                  const mmd_attr_string_t *strings) MMD_MUST_USE;
mmd_status_t mmd_node_set_tensor(mmd_node_t *node, const char *name,
                                 const mmd_tensor_t *tensor) MMD_MUST_USE;
mmd_status_t mmd_node_set_region(mmd_node_t *node, const char *name, mmd_region_t *region)
    MMD_MUST_USE;  // region becomes owned by |node|
mmd_status_t mmd_node_set_attr(mmd_node_t *node,
                               const mmd_attr_t *attr) MMD_MUST_USE;  // any kind, copied
void mmd_node_remove_attr(mmd_node_t *node, const char *name);

// Edges.
// |type| is copied; NULL for unknown.
mmd_status_t mmd_edge_set_type(mmd_edge_t *edge, const mmd_type_t *type) MMD_MUST_USE;
// Leaves a tensor its element type alone, for inference to find rank, sizes and elements anew.
void mmd_edge_forget_sizes(mmd_edge_t *edge);
mmd_status_t mmd_edge_rename(mmd_edge_t *edge,
                             const char *name) MMD_MUST_USE;  // MMD_INVALID_ARGUMENT when taken
// Every use of |from| (region outputs too) becomes a use of |to|.
mmd_status_t mmd_edge_replace_uses(mmd_edge_t *from, mmd_edge_t *to) MMD_MUST_USE;
// The same, but a region output keeps its name: when |from| is an output, |to| takes over the name
// if it can, else an Identity is put between.
mmd_status_t mmd_edge_forward(mmd_edge_t *from, mmd_edge_t *to) MMD_MUST_USE;
// Whether mmd_edge_forward would need no Identity.
bool mmd_edge_can_forward(const mmd_edge_t *from, const mmd_edge_t *to);
size_t mmd_edge_use_count(const mmd_edge_t *edge);
bool mmd_edge_is_output(const mmd_edge_t *edge);  // of any region
// Replaces the weights of a constant.
mmd_status_t mmd_edge_set_constant(mmd_edge_t *edge, const mmd_tensor_t *tensor) MMD_MUST_USE;
// Removes an unused constant from its region and releases its storage.
mmd_status_t mmd_edge_erase_constant(mmd_edge_t *edge) MMD_MUST_USE;
// The same for all unused constants of the region at once; how many there were.
size_t mmd_region_erase_unused_constants(mmd_region_t *region);

// Types.
mmd_type_t mmd_type_tensor(mmd_graph_t *graph, mmd_dtype_t dtype, int rank,
                           const int64_t *dims);  // -1 = fresh symbol
mmd_status_t mmd_type_format(const mmd_type_t *type, mmd_str_t *out_text)
    MMD_MUST_USE;  // "f32[batch,3,224,224]", "seq(f32[?])"
bool mmd_type_equal(const mmd_type_t *a, const mmd_type_t *b);
bool mmd_type_is_static(const mmd_type_t *type);  // tensor whose dims are all constants

mmd_status_t mmd_type_parse(mmd_graph_t *graph, const char *text, size_t size,
                            mmd_type_t *out_type) MMD_MUST_USE;
mmd_status_t mmd_type_copy(mmd_graph_t *graph, const mmd_type_t *type,
                           mmd_type_t *out_type) MMD_MUST_USE;  // from any graph

// A copy that shares the weights.
mmd_status_t mmd_graph_clone(const mmd_graph_t *graph, mmd_graph_t **out_graph) MMD_MUST_USE;

#endif  // MMD_GRAPH_GRAPH_H_
