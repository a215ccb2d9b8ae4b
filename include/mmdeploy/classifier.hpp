// SPDX-License-Identifier: Apache-2.0
//
// C++17 over classifier.h.
#ifndef MMDEPLOY_CLASSIFIER_HPP
#define MMDEPLOY_CLASSIFIER_HPP

#include "mmdeploy/classifier.h"
#include "mmdeploy/common.hpp"

namespace mmdeploy {
namespace cxx {

using Classification = mmdeploy_classification_t;

// Classes of pictures, best first. May be used from several threads at once.
class Classifier : public NonMovable {
 public:
  Classifier(const Model &model, const Context &context) {
    detail::check(mmdeploy_classifier_create_v2(model, context, &handle_));
  }
  ~Classifier() { mmdeploy_classifier_destroy(handle_); }

  using Result = Result_<Classification>;

  std::vector<Result> Apply(Span<const Mat> images) {
    if (images.empty()) return {};
    Classification *results{};
    int *counts{};
    const int n = detail::count_of(images.size());
    detail::check(
        mmdeploy_classifier_apply(handle_, reinterpret(images.data()), n, &results, &counts));
    std::shared_ptr<Classification> data(results, [counts, count = n](auto *p) {
      mmdeploy_classifier_release_result(p, counts, count);
    });
    return detail::share_out(data, counts, images.size());
  }
  Result Apply(const Mat &image) { return Apply(Span<const Mat>(&image, size_t{1}))[0]; }

 private:
  mmdeploy_classifier_t handle_{};
};

}  // namespace cxx

using cxx::Classification;
using cxx::Classifier;

}  // namespace mmdeploy

#endif  // MMDEPLOY_CLASSIFIER_HPP
