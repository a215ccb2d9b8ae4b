// SPDX-License-Identifier: Apache-2.0
//
// MMDeploy's operators for TorchScript. Files of our own target do without them.
#include <torch/library.h>
#include <torch/torch.h>

namespace {

// Places in the picture that the kernel's points look at: start + point * dilation + output *
// stride.
at::Tensor places(int64_t points, int64_t count, int64_t dilation, int64_t stride, int64_t padding,
                  const at::Tensor &like) {
  const auto options = at::TensorOptions(like.device()).dtype(like.scalar_type());
  const at::Tensor point = torch::arange(points, options).view({points, 1}) * dilation;
  return point + torch::arange(count, options) * stride - padding;
}

// Of pixels, as grid_sampler counts them without aligned corners.
at::Tensor to_grid(const at::Tensor &place, int64_t size) {
  return (place * 2 + 1) / size - 1;
}

at::Tensor modulated_deform_conv(const at::Tensor &input, const at::Tensor &weight,
                                 const at::Tensor &bias, const at::Tensor &offset,
                                 const at::Tensor &mask, int64_t kernel_h, int64_t kernel_w,
                                 int64_t stride_h, int64_t stride_w, int64_t pad_h, int64_t pad_w,
                                 int64_t dilation_h, int64_t dilation_w, int64_t groups,
                                 int64_t deform_groups, bool with_bias) {
  TORCH_CHECK(input.dim() == 4 && weight.dim() == 4 && offset.dim() == 4 && mask.dim() == 4,
              "modulated_deform_conv: tensors of 4 dimensions are expected");
  TORCH_CHECK(weight.size(2) == kernel_h && weight.size(3) == kernel_w,
              "modulated_deform_conv: the weights do not fit the kernel's size");
  TORCH_CHECK(groups > 0 && deform_groups > 0 && input.size(1) % deform_groups == 0 &&
                  input.size(1) == weight.size(1) * groups,
              "modulated_deform_conv: the channels do not fit weights and groups");
  const int64_t n = input.size(0), c = input.size(1), h = input.size(2), w = input.size(3);
  const int64_t m = weight.size(0), oh = offset.size(2), ow = offset.size(3);
  const int64_t points = kernel_h * kernel_w, parts = n * deform_groups;
  const at::Tensor moved = offset.reshape({parts, kernel_h, kernel_w, 2, oh, ow});
  const at::Tensor y =
      moved.select(3, 0) +
      places(kernel_h, oh, dilation_h, stride_h, pad_h, input).view({kernel_h, 1, oh, 1});
  const at::Tensor x =
      moved.select(3, 1) +
      places(kernel_w, ow, dilation_w, stride_w, pad_w, input).view({1, kernel_w, 1, ow});
  const at::Tensor grid =
      torch::stack({to_grid(x, w), to_grid(y, h)}, -1).reshape({parts, points * oh, ow, 2});
  const at::Tensor samples =
      torch::grid_sampler(input.reshape({parts, c / deform_groups, h, w}), grid, 0, 0, false);
  const at::Tensor columns = (samples * mask.reshape({parts, 1, points * oh, ow}))
                                 .reshape({n, groups, c / groups * points, oh * ow});
  at::Tensor out = torch::matmul(weight.reshape({groups, m / groups, c / groups * points}), columns)
                       .reshape({n, m, oh, ow});
  return with_bias ? out + bias.view({-1, 1, 1}) : out;
}

// What a Core ML converter maps to its own operator is traced through a stand-in, whose results
// have the right sizes alone: boxes, scores, classes, counts.
std::vector<at::Tensor> coreml_nms(const at::Tensor &boxes, const at::Tensor &scores, double,
                                   double, int64_t max_boxes) {
  TORCH_CHECK(boxes.dim() == 3 && boxes.size(2) == 4, "coreml_nms: boxes [N, B, 4] are expected");
  TORCH_CHECK(
      scores.dim() == 3 && scores.size(0) == boxes.size(0) && scores.size(1) == boxes.size(1),
      "coreml_nms: the scores do not fit the boxes");
  TORCH_CHECK(max_boxes >= 0, "coreml_nms: max_boxes is below 0");
  const int64_t n = boxes.size(0), c = scores.size(2);
  return {torch::zeros({n, max_boxes, 4}, boxes.options()),
          torch::zeros({n, max_boxes, c}, scores.options()),
          torch::zeros({n, max_boxes}, boxes.options().dtype(at::kInt)),
          torch::zeros({n}, boxes.options().dtype(at::kInt))};
}

}  // namespace

TORCH_LIBRARY(mmdeploy, library) {
  library.def(
      "modulated_deform_conv(Tensor input, Tensor weight, Tensor bias, Tensor offset, Tensor mask, "
      "int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_h, int pad_w, int "
      "dilation_h, "
      "int dilation_w, int groups, int deform_groups, bool with_bias) -> Tensor",
      modulated_deform_conv);
  library.def(
      "coreml_nms(Tensor boxes, Tensor scores, float iou_threshold, float score_threshold, int "
      "max_boxes) -> Tensor[]",
      coreml_nms);
}
