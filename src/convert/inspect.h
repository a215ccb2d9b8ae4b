// SPDX-License-Identifier: Apache-2.0
//
// What `inspect` says, by kind of file. Each fills |result| for machines and appends text for
// people.
#ifndef MMD_CONVERT_INSPECT_H_
#define MMD_CONVERT_INSPECT_H_

#include "base/str.h"
#include "formats/checkpoint/checkpoint.h"
#include "graph/graph.h"
#include "pipeline/package.h"
#include "value/value.h"

// |stats| adds minimum, maximum, mean, deviation and NaN and inf counts of each tensor: reads all.
mmd_status_t mmd_inspect_checkpoint(const mmd_checkpoint_t *checkpoint, bool stats,
                                    mmd_value_t *result, mmd_str_t *text) MMD_MUST_USE;
mmd_status_t mmd_inspect_graph(const mmd_graph_t *graph, mmd_value_t *result,
                               mmd_str_t *text) MMD_MUST_USE;
mmd_status_t mmd_inspect_config(const mmd_value_t *config, mmd_value_t *result,
                                mmd_str_t *text) MMD_MUST_USE;
mmd_status_t mmd_inspect_package(mmd_package_t *package, mmd_value_t *result,
                                 mmd_str_t *text) MMD_MUST_USE;

// An ONNX file, also one whose external data are not there: the rows and members "external data"
// and "missing data" say so.
mmd_status_t mmd_inspect_import(const char *path, mmd_value_t *result, mmd_str_t *text,
                                mmd_graph_t **out_graph) MMD_MUST_USE;

// Inputs and outputs only: members "inputs" and "outputs" of |result|, and lines indented by
// |indent|.
mmd_status_t mmd_inspect_ports(const mmd_graph_t *graph, int indent, mmd_value_t *result,
                               mmd_str_t *text) MMD_MUST_USE;

// The tree of modules with shapes, parameters and costs (convert/graph_tree.h): member "tree" of
// |result|, and a table. Modules of level |depth| are shown closed; negative = none. Types must be
// inferred.
mmd_status_t mmd_inspect_tree(mmd_graph_t *graph, int depth, mmd_value_t *result,
                              mmd_str_t *text) MMD_MUST_USE;

// Helpers. "label          value": all of them in one column.
mmd_status_t mmd_inspect_row(mmd_str_t *text, const char *label, const char *fmt, ...) MMD_MUST_USE
    MMD_PRINTF(3, 4);
mmd_status_t mmd_inspect_size(mmd_str_t *text, uint64_t bytes) MMD_MUST_USE;    // "13.4 MiB"
mmd_status_t mmd_inspect_count(mmd_str_t *text, uint64_t number) MMD_MUST_USE;  // "1.82 G"
// |value| as one line of JSON, shortened to |limit| bytes; 0 = whole.
mmd_status_t mmd_inspect_json(mmd_str_t *text, const mmd_value_t *value, size_t limit) MMD_MUST_USE;
// The row "classes": their number and the first names. Nothing for NULL.
mmd_status_t mmd_inspect_classes(mmd_str_t *text, const mmd_value_t *classes) MMD_MUST_USE;

#endif  // MMD_CONVERT_INSPECT_H_
