// SPDX-License-Identifier: Apache-2.0
//
// Which operators of ai.onnx take float16 and bfloat16, from the schemas of the ONNX standard.
#include <stdlib.h>
#include <string.h>

#include "convert/edit_precision.h"

// Small ranges and coarse steps harm these: positions, sizes, sums of squares, ranks of scores.
const char *const mmd_precision_kept_ops[] = {
    "CumSum",   "GridSample",      "NonMaxSuppression", "QuantizeLinear",
    "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare",   "Resize",
    "RoiAlign", "Upsample",        "DequantizeLinear",  "MeanVarianceNormalization",
    NULL,
};

typedef struct precision_op_t {
  const char *op;
  int f16, bf16;  // first opset version; 0 = none up to 21
} precision_op_t;

// Sorted by name. Operators that are not here take float16 from their first version on.
static const precision_op_t g_ops[] = {
    {"Abs", 1, 13},
    {"Add", 1, 13},
    {"ArgMax", 1, 13},
    {"ArgMin", 1, 13},
    {"BatchNormalization", 1, 14},
    {"Cast", 1, 13},
    {"Ceil", 1, 13},
    {"Celu", 0, 0},
    {"CenterCropPad", 18, 18},
    {"Clip", 1, 13},
    {"Col2Im", 18, 18},
    {"Concat", 1, 13},
    {"CumSum", 14, 14},
    {"DepthToSpace", 1, 13},
    {"DequantizeLinear", 19, 19},
    {"Div", 1, 13},
    {"Dropout", 1, 13},
    {"DynamicQuantizeLinear", 0, 0},
    {"Equal", 1, 13},
    {"Erf", 1, 13},
    {"Exp", 1, 13},
    {"Expand", 1, 13},
    {"Flatten", 1, 13},
    {"Floor", 1, 13},
    {"Gather", 1, 13},
    {"GatherElements", 1, 13},
    {"GatherND", 1, 13},
    {"Gelu", 20, 20},
    {"Gemm", 1, 13},
    {"Greater", 1, 13},
    {"GreaterOrEqual", 12, 16},
    {"GroupNormalization", 18, 18},
    {"Hardmax", 1, 13},
    {"Identity", 1, 13},
    {"IsInf", 20, 20},
    {"IsNaN", 1, 13},
    {"LRN", 1, 13},
    {"LayerNormalization", 17, 17},
    {"LeakyRelu", 1, 16},
    {"Less", 1, 13},
    {"LessOrEqual", 12, 16},
    {"Log", 1, 13},
    {"LogSoftmax", 1, 13},
    {"MatMul", 1, 13},
    {"Max", 1, 13},
    {"Mean", 1, 13},
    {"MeanVarianceNormalization", 1, 13},
    {"Min", 1, 13},
    {"Mod", 10, 13},
    {"Mul", 1, 13},
    {"Neg", 1, 13},
    {"NonMaxSuppression", 0, 0},
    {"NonZero", 1, 13},
    {"PRelu", 1, 16},
    {"Pad", 1, 13},
    {"Pow", 1, 13},
    {"QuantizeLinear", 19, 19},
    {"Range", 0, 0},
    {"Reciprocal", 1, 13},
    {"ReduceL1", 1, 13},
    {"ReduceL2", 1, 13},
    {"ReduceLogSum", 1, 13},
    {"ReduceLogSumExp", 1, 13},
    {"ReduceMax", 1, 13},
    {"ReduceMean", 1, 13},
    {"ReduceMin", 1, 13},
    {"ReduceProd", 1, 13},
    {"ReduceSum", 1, 13},
    {"ReduceSumSquare", 1, 13},
    {"Relu", 1, 13},
    {"Reshape", 1, 13},
    {"Resize", 1, 13},
    {"ScatterElements", 1, 13},
    {"ScatterND", 1, 13},
    {"Shape", 1, 13},
    {"Sigmoid", 1, 13},
    {"Sign", 1, 13},
    {"Size", 1, 13},
    {"Slice", 1, 13},
    {"Softmax", 1, 13},
    {"SpaceToDepth", 1, 13},
    {"Split", 1, 13},
    {"Sqrt", 1, 13},
    {"Squeeze", 1, 13},
    {"Sub", 1, 13},
    {"Sum", 1, 13},
    {"Tanh", 1, 13},
    {"Tile", 1, 13},
    {"Transpose", 1, 13},
    {"Trilu", 14, 14},
    {"Unsqueeze", 1, 13},
    {"Where", 1, 16},
};

static int compare_names(const void *name, const void *entry) {
  return strcmp(name, ((const precision_op_t *)entry)->op);
}

bool mmd_precision_accepts(const char *op, int64_t version, mmd_dtype_t dtype) {
  const precision_op_t *found =
      bsearch(op, g_ops, sizeof g_ops / sizeof *g_ops, sizeof *g_ops, compare_names);
  const int since = dtype == MMD_F16 ? (found ? found->f16 : 1) : (found ? found->bf16 : 0);
  return since > 0 && version >= since;
}
