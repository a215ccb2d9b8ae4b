// SPDX-License-Identifier: Apache-2.0
//
// ncnn's numbers of UnaryOp and BinaryOp.
#ifndef MMD_BACKENDS_NCNN_TARGET_OPS_H_
#define MMD_BACKENDS_NCNN_TARGET_OPS_H_

enum {
  NC_ABS = 0,
  NC_NEG = 1,
  NC_FLOOR = 2,
  NC_SQUARE = 4,
  NC_SQRT = 5,
  NC_LOG = 8,
  NC_RECIPROCAL = 15,
  NC_TRUNC = 19,
  NC_SIGN = 20,
};

enum {
  NC_ADD = 0,
  NC_SUB = 1,
  NC_MUL = 2,
  NC_DIV = 3,
  NC_MAX = 4,
  NC_MIN = 5,
  NC_POW = 6,
  NC_RSUB = 7,
  NC_RDIV = 8,
  NC_RPOW = 9,
  NC_FMOD = 12,
};

#endif  // MMD_BACKENDS_NCNN_TARGET_OPS_H_
