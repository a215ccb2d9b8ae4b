// SPDX-License-Identifier: Apache-2.0
#include "bench/bench_libtorch.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <cstdio>

void *bench_libtorch_open(const char *path, int threads) {
  try {
    auto *module = new torch::jit::script::Module(torch::jit::load(path));
    module->eval();
    at::set_num_threads(threads);
    return module;
  } catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return nullptr;
  }
}

int bench_libtorch_run(void *module, float *data, const int64_t *dims, int rank) {
  try {
    const c10::InferenceMode inference;
    const torch::jit::GraphOptimizerEnabledGuard optimizer(false);
    std::vector<c10::IValue> inputs{torch::from_blob(data, at::IntArrayRef(dims, rank))};
    const c10::IValue out = static_cast<torch::jit::script::Module *>(module)->forward(inputs);
    return out.isTensor() || out.isTuple() ? 0 : 1;
  } catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}

void bench_libtorch_close(void *module) {
  delete static_cast<torch::jit::script::Module *>(module);
}
