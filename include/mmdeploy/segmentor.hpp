// SPDX-License-Identifier: Apache-2.0
//
// C++17 over segmentor.h.
#ifndef MMDEPLOY_SEGMENTOR_HPP
#define MMDEPLOY_SEGMENTOR_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/segmentor.h"

namespace mmdeploy {
namespace cxx {

using Segmentation = mmdeploy_segmentation_t;

// A class for each pixel. Each result has size 1. May be used from several threads at once.
class Segmentor : public NonMovable {
 public:
  Segmentor(const Model &model, const Context &context) {
    detail::check(mmdeploy_segmentor_create_v2(model, context, &handle_));
  }
  ~Segmentor() { mmdeploy_segmentor_destroy(handle_); }

  using Result = Result_<Segmentation>;

  std::vector<Result> Apply(Span<const Mat> images) {
    if (images.empty()) return {};
    Segmentation *results{};
    const int n = detail::count_of(images.size());
    detail::check(mmdeploy_segmentor_apply(handle_, reinterpret(images.data()), n, &results));
    std::shared_ptr<Segmentation> data(results,
                                       [n](auto *p) { mmdeploy_segmentor_release_result(p, n); });
    return detail::share_out(data, static_cast<const int *>(nullptr), images.size());
  }
  Result Apply(const Mat &image) { return Apply(Span<const Mat>(&image, size_t{1}))[0]; }

 private:
  mmdeploy_segmentor_t handle_{};
};

}  // namespace cxx

using cxx::Segmentation;
using cxx::Segmentor;

}  // namespace mmdeploy

#endif  // MMDEPLOY_SEGMENTOR_HPP
