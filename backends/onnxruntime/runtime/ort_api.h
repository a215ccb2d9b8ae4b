// SPDX-License-Identifier: Apache-2.0
//
// ONNX Runtime's C interface as far as we use it, declared by us: OrtApi is a table of function
// pointers that only grows at its end, so a slot number names a function for ever. Slots beyond the
// ones below are not touched. All of them exist since API 15.
#ifndef MMD_BACKENDS_ONNXRUNTIME_RUNTIME_ORT_API_H_
#define MMD_BACKENDS_ONNXRUNTIME_RUNTIME_ORT_API_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtCustomOpDomain OrtCustomOpDomain;
typedef struct OrtKernelInfo OrtKernelInfo;
typedef struct OrtKernelContext OrtKernelContext;
typedef struct OrtCustomOp OrtCustomOp;

typedef struct OrtApi {
  void *slots[1];  // many
} OrtApi;

typedef struct OrtApiBase {
  const OrtApi *(*GetApi)(uint32_t version);
  const char *(*GetVersionString)(void);
} OrtApiBase;

typedef const OrtApiBase *(*ort_get_api_base_fn)(void);
typedef void (*ort_logging_fn)(void *param, int severity, const char *category, const char *id,
                               const char *location, const char *message);

enum { ORT_API_OLDEST = 15, ORT_API_NEWEST = 17 };
enum { ORT_LOG_VERBOSE, ORT_LOG_INFO, ORT_LOG_WARNING, ORT_LOG_ERROR, ORT_LOG_FATAL };
enum {
  ORT_OPTIMIZE_NONE = 0,
  ORT_OPTIMIZE_BASIC = 1,
  ORT_OPTIMIZE_EXTENDED = 2,
  ORT_OPTIMIZE_ALL = 99
};
enum { ORT_TYPE_TENSOR = 1 };  // ONNXType
enum { ORT_ALLOCATOR_DEVICE = 0, ORT_ALLOCATOR_ARENA = 1 };
enum { ORT_MEMORY_DEFAULT = 0 };
enum { ORT_ARITY_ONE = 0, ORT_ARITY_OPTIONAL = 1 };
enum { ORT_FAIL = 1, ORT_INVALID_ARGUMENT = 2, ORT_NOT_IMPLEMENTED = 9 };

// An operator of ours. The engine reads no member behind those of |version|: the second pair of
// create and compute, which can fail, is there from 16 on.
struct OrtCustomOp {
  uint32_t version;
  void *(*CreateKernel)(const OrtCustomOp *, const OrtApi *, const OrtKernelInfo *);
  const char *(*GetName)(const OrtCustomOp *);
  const char *(*GetExecutionProviderType)(const OrtCustomOp *);
  int (*GetInputType)(const OrtCustomOp *, size_t);
  size_t (*GetInputTypeCount)(const OrtCustomOp *);
  int (*GetOutputType)(const OrtCustomOp *, size_t);
  size_t (*GetOutputTypeCount)(const OrtCustomOp *);
  void (*KernelCompute)(void *, OrtKernelContext *);
  void (*KernelDestroy)(void *);
  int (*GetInputCharacteristic)(const OrtCustomOp *, size_t);
  int (*GetOutputCharacteristic)(const OrtCustomOp *, size_t);
  int (*GetInputMemoryType)(const OrtCustomOp *, size_t);
  int (*GetVariadicInputMinArity)(const OrtCustomOp *);
  int (*GetVariadicInputHomogeneity)(const OrtCustomOp *);
  int (*GetVariadicOutputMinArity)(const OrtCustomOp *);
  int (*GetVariadicOutputHomogeneity)(const OrtCustomOp *);
  OrtStatus *(*CreateKernelV2)(const OrtCustomOp *, const OrtApi *, const OrtKernelInfo *, void **);
  OrtStatus *(*KernelComputeV2)(void *, OrtKernelContext *);
  void *later[8];  // NULL
};

// X(slot, name, result, parameters)
#define MMD_ORT_FUNCTIONS(X)                                                                       \
  X(0, CreateStatus, OrtStatus *, (int, const char *))                                             \
  X(1, GetErrorCode, int, (const OrtStatus *))                                                     \
  X(2, GetErrorMessage, const char *, (const OrtStatus *))                                         \
  X(4, CreateEnvWithCustomLogger, OrtStatus *,                                                     \
    (ort_logging_fn, void *, int, const char *, OrtEnv **))                                        \
  X(7, CreateSession, OrtStatus *,                                                                 \
    (const OrtEnv *, const char *, const OrtSessionOptions *, OrtSession **))                      \
  X(8, CreateSessionFromArray, OrtStatus *,                                                        \
    (const OrtEnv *, const void *, size_t, const OrtSessionOptions *, OrtSession **))              \
  X(9, Run, OrtStatus *,                                                                           \
    (OrtSession *, const OrtRunOptions *, const char *const *, const OrtValue *const *, size_t,    \
     const char *const *, size_t, OrtValue **))                                                    \
  X(10, CreateSessionOptions, OrtStatus *, (OrtSessionOptions **))                                 \
  X(17, DisableMemPattern, OrtStatus *, (OrtSessionOptions *))                                     \
  X(19, DisableCpuMemArena, OrtStatus *, (OrtSessionOptions *))                                    \
  X(23, SetSessionGraphOptimizationLevel, OrtStatus *, (OrtSessionOptions *, int))                 \
  X(24, SetIntraOpNumThreads, OrtStatus *, (OrtSessionOptions *, int))                             \
  X(25, SetInterOpNumThreads, OrtStatus *, (OrtSessionOptions *, int))                             \
  X(26, CreateCustomOpDomain, OrtStatus *, (const char *, OrtCustomOpDomain **))                   \
  X(27, CustomOpDomain_Add, OrtStatus *, (OrtCustomOpDomain *, const OrtCustomOp *))               \
  X(28, AddCustomOpDomain, OrtStatus *, (OrtSessionOptions *, OrtCustomOpDomain *))                \
  X(30, SessionGetInputCount, OrtStatus *, (const OrtSession *, size_t *))                         \
  X(31, SessionGetOutputCount, OrtStatus *, (const OrtSession *, size_t *))                        \
  X(33, SessionGetInputTypeInfo, OrtStatus *, (const OrtSession *, size_t, OrtTypeInfo **))        \
  X(34, SessionGetOutputTypeInfo, OrtStatus *, (const OrtSession *, size_t, OrtTypeInfo **))       \
  X(36, SessionGetInputName, OrtStatus *, (const OrtSession *, size_t, OrtAllocator *, char **))   \
  X(37, SessionGetOutputName, OrtStatus *, (const OrtSession *, size_t, OrtAllocator *, char **))  \
  X(49, CreateTensorWithDataAsOrtValue, OrtStatus *,                                               \
    (const OrtMemoryInfo *, void *, size_t, const int64_t *, size_t, int, OrtValue **))            \
  X(50, IsTensor, OrtStatus *, (const OrtValue *, int *))                                          \
  X(51, GetTensorMutableData, OrtStatus *, (OrtValue *, void **))                                  \
  X(55, CastTypeInfoToTensorInfo, OrtStatus *,                                                     \
    (const OrtTypeInfo *, const OrtTensorTypeAndShapeInfo **))                                     \
  X(56, GetOnnxTypeFromTypeInfo, OrtStatus *, (const OrtTypeInfo *, int *))                        \
  X(60, GetTensorElementType, OrtStatus *, (const OrtTensorTypeAndShapeInfo *, int *))             \
  X(61, GetDimensionsCount, OrtStatus *, (const OrtTensorTypeAndShapeInfo *, size_t *))            \
  X(62, GetDimensions, OrtStatus *, (const OrtTensorTypeAndShapeInfo *, int64_t *, size_t))        \
  X(63, GetSymbolicDimensions, OrtStatus *,                                                        \
    (const OrtTensorTypeAndShapeInfo *, const char **, size_t))                                    \
  X(64, GetTensorShapeElementCount, OrtStatus *, (const OrtTensorTypeAndShapeInfo *, size_t *))    \
  X(65, GetTensorTypeAndShape, OrtStatus *, (const OrtValue *, OrtTensorTypeAndShapeInfo **))      \
  X(69, CreateCpuMemoryInfo, OrtStatus *, (int, int, OrtMemoryInfo **))                            \
  X(76, AllocatorFree, OrtStatus *, (OrtAllocator *, void *))                                      \
  X(78, GetAllocatorWithDefaultOptions, OrtStatus *, (OrtAllocator **))                            \
  X(85, KernelInfoGetAttribute_float, OrtStatus *, (const OrtKernelInfo *, const char *, float *)) \
  X(86, KernelInfoGetAttribute_int64, OrtStatus *,                                                 \
    (const OrtKernelInfo *, const char *, int64_t *))                                              \
  X(88, KernelContext_GetInputCount, OrtStatus *, (const OrtKernelContext *, size_t *))            \
  X(90, KernelContext_GetInput, OrtStatus *,                                                       \
    (const OrtKernelContext *, size_t, const OrtValue **))                                         \
  X(91, KernelContext_GetOutput, OrtStatus *,                                                      \
    (OrtKernelContext *, size_t, const int64_t *, size_t, OrtValue **))                            \
  X(92, ReleaseEnv, void, (OrtEnv *))                                                              \
  X(93, ReleaseStatus, void, (OrtStatus *))                                                        \
  X(94, ReleaseMemoryInfo, void, (OrtMemoryInfo *))                                                \
  X(95, ReleaseSession, void, (OrtSession *))                                                      \
  X(96, ReleaseValue, void, (OrtValue *))                                                          \
  X(98, ReleaseTypeInfo, void, (OrtTypeInfo *))                                                    \
  X(99, ReleaseTensorTypeAndShapeInfo, void, (OrtTensorTypeAndShapeInfo *))                        \
  X(100, ReleaseSessionOptions, void, (OrtSessionOptions *))                                       \
  X(101, ReleaseCustomOpDomain, void, (OrtCustomOpDomain *))                                       \
  X(130, AddSessionConfigEntry, OrtStatus *, (OrtSessionOptions *, const char *, const char *))    \
  X(163, KernelInfoGetAttributeArray_int64, OrtStatus *,                                           \
    (const OrtKernelInfo *, const char *, int64_t *, size_t *))                                    \
  X(244, KernelInfo_GetNodeName, OrtStatus *, (const OrtKernelInfo *, char *, size_t *))

typedef struct ort_functions_t {
#define X(slot, name, result, parameters) result(*name) parameters;
  MMD_ORT_FUNCTIONS(X)
#undef X
} ort_functions_t;

// A table slot is copied byte by byte, since ISO C does not convert object to function pointers.
static inline void ort_functions_read(const OrtApi *api, ort_functions_t *out_functions) {
#define X(slot, name, result, parameters) \
  memcpy(&out_functions->name, (const char *)api + (slot) * sizeof(void *), sizeof(void *));
  MMD_ORT_FUNCTIONS(X)
#undef X
}

#endif  // MMD_BACKENDS_ONNXRUNTIME_RUNTIME_ORT_API_H_
