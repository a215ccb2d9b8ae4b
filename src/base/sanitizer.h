// SPDX-License-Identifier: Apache-2.0
//
// MMD_HAS_SANITIZER: 1 in builds with the address or the thread sanitizer, of gcc and of clang;
// else 0.
#ifndef MMD_BASE_SANITIZER_H_
#define MMD_BASE_SANITIZER_H_

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MMD_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MMD_HAS_SANITIZER 1
#endif
#endif
#ifndef MMD_HAS_SANITIZER
#define MMD_HAS_SANITIZER 0
#endif

#endif  // MMD_BASE_SANITIZER_H_
