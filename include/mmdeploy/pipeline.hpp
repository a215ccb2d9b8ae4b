// SPDX-License-Identifier: Apache-2.0
//
// C++17 over pipeline.h.
#ifndef MMDEPLOY_PIPELINE_HPP
#define MMDEPLOY_PIPELINE_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/pipeline.h"
#include "mmdeploy/value.hpp"

namespace mmdeploy {
namespace cxx {

// A graph of tasks. May be used from several threads at once.
class Pipeline : public NonMovable {
 public:
  Pipeline(const Value &config, const Context &context) {
    detail::check(mmdeploy_pipeline_create_v3(config.handle().get(), context, &handle_));
  }
  ~Pipeline() { mmdeploy_pipeline_destroy(handle_); }

  // One array an input, each over the batch, to one array an output.
  Value Apply(const Value &inputs) { return run(inputs.handle().get()); }
  Value Apply(Span<const Mat> images) {
    mmdeploy_value_t input{};
    detail::check(mmdeploy_common_create_input(reinterpret(images.data()),
                                               detail::count_of(images.size()), &input));
    const Value::Handle owner(input, mmdeploy_value_destroy);
    return run(input);
  }
  // The outputs without the batch around them.
  Value Apply(const Mat &image) {
    const Value outputs = Apply(Span<const Mat>(&image, size_t{1}));
    Value::Array single;
    for (const Value &output : outputs) single.push_back(output.front());
    return Value(std::move(single));
  }

 private:
  Value run(mmdeploy_value_t input) {
    mmdeploy_value_t output{};
    detail::check(mmdeploy_pipeline_apply(handle_, input, &output));
    return Value::adopt(output);
  }

  mmdeploy_pipeline_t handle_{};
};

}  // namespace cxx

using cxx::Pipeline;

}  // namespace mmdeploy

#endif  // MMDEPLOY_PIPELINE_HPP
