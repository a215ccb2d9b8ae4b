// SPDX-License-Identifier: Apache-2.0
//
// Layers that configs put into the blocks of a backbone ("plugins").
#ifndef MMD_NN_PLUGIN_LAYER_H_
#define MMD_NN_PLUGIN_LAYER_H_

#include "nn/builder.h"

// The layer of a plugin's |cfg| over |channels| channels, in the scope of its block. Known types:
// ContextBlock, ConvModule, DropBlock, GeneralizedAttention, NonLocal2d.
mmd_edge_t *mmd_nn_plugin_layer(mmd_builder_t *builder, const mmd_value_t *cfg, int64_t channels,
                                mmd_edge_t *x);
// The same as the module |name|; |cfg| is the config item |where|.
mmd_edge_t *mmd_nn_plugin_layer_named(mmd_builder_t *builder, const char *name, const char *where,
                                      const mmd_value_t *cfg, int64_t channels, mmd_edge_t *x);

#endif  // MMD_NN_PLUGIN_LAYER_H_
