// SPDX-License-Identifier: Apache-2.0
//
// C++17 over restorer.h.
#ifndef MMDEPLOY_RESTORER_HPP
#define MMDEPLOY_RESTORER_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/restorer.h"

namespace mmdeploy {
namespace cxx {

// Restored pictures. Each result has size 1. May be used from several threads at once.
class Restorer : public NonMovable {
 public:
  Restorer(const Model &model, const Context &context) {
    detail::check(mmdeploy_restorer_create_v2(model, context, &handle_));
  }
  ~Restorer() { mmdeploy_restorer_destroy(handle_); }

  using Result = Result_<mmdeploy_mat_t>;

  std::vector<Result> Apply(Span<const Mat> images) {
    if (images.empty()) return {};
    mmdeploy_mat_t *results{};
    const int n = detail::count_of(images.size());
    detail::check(mmdeploy_restorer_apply(handle_, reinterpret(images.data()), n, &results));
    std::shared_ptr<mmdeploy_mat_t> data(results,
                                         [n](auto *p) { mmdeploy_restorer_release_result(p, n); });
    return detail::share_out(data, static_cast<const int *>(nullptr), images.size());
  }
  Result Apply(const Mat &image) { return Apply(Span<const Mat>(&image, size_t{1}))[0]; }

 private:
  mmdeploy_restorer_t handle_{};
};

}  // namespace cxx

using cxx::Restorer;

}  // namespace mmdeploy

#endif  // MMDEPLOY_RESTORER_HPP
