// SPDX-License-Identifier: Apache-2.0
//
// The attributes of operators by name and kind, for those who put wrong ones in their place.
#ifndef MMD_TESTS_FUZZ_OP_ATTRS_H_
#define MMD_TESTS_FUZZ_OP_ATTRS_H_

#include <stddef.h>

typedef struct mmd_op_attrs_t {
  const char *op;     // in whatever domain
  const char *attrs;  // "axis:i mode:s"; kinds as in MMD_FUZZ_KINDS
} mmd_op_attrs_t;

// Letters of kinds, in the order of mmd_attr_kind_t; a dot stands for those that are not used.
#define MMD_FUZZ_KINDS "ifstgIFS.Gp."

// What |op| reads, or "" for an operator without attributes.
const char *mmd_op_attrs(const char *op);

#endif  // MMD_TESTS_FUZZ_OP_ATTRS_H_
