// SPDX-License-Identifier: Apache-2.0
//
// Where our files say which axes of inputs always have one size ("0.2,1.2;…", input.axis): the
// engine takes any sizes and would read past its tensors.
#ifndef MMD_BACKENDS_OPENVINO_EQUAL_SIZES_H_
#define MMD_BACKENDS_OPENVINO_EQUAL_SIZES_H_

#define MMD_OV_EQUAL_SIZES "<equal_sizes value=\""

#endif  // MMD_BACKENDS_OPENVINO_EQUAL_SIZES_H_
