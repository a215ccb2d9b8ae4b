// SPDX-License-Identifier: Apache-2.0
//
// What libraries of others keep to the end of the process is no leak of ours. ONNX Runtime has a
// few blocks for its own life; fontconfig links its patterns by offsets, which the leak checker
// cannot follow.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libonnxruntime\nleak:libfontconfig.so\n";
}
