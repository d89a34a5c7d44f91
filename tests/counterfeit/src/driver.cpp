// The driver's C interface as far as programs ask it which cards there are: names, UUIDs, memory, under the mask. By the
// signatures of NVIDIA's `cuda.h`.

#include <cstdio>
#include <cstring>

#include "settings.h"

namespace {

using counterfeit::settings;

constexpr int SUCCESS = 0, INVALID_VALUE = 1, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101, UNKNOWN = 999;
constexpr int CAPABILITY_MAJOR = 75, CAPABILITY_MINOR = 76;

bool started = false;

// What to answer instead of asking a card, or success.
int refusal(int device) {
  if (!started) return NOT_INITIALIZED;
  return device >= 0 && device < static_cast<int>(settings().visible.size()) ? SUCCESS : INVALID_DEVICE;
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int cuInit(unsigned) {
  if (!settings().driver_starts) return UNKNOWN;
  if (settings().visible.empty()) return NO_DEVICE;
  started = true;
  return SUCCESS;
}

EXPORTED int cuDriverGetVersion(int* version) {
  *version = settings().driver;
  return SUCCESS;
}

EXPORTED int cuDeviceGetCount(int* count) {
  if (!started) return NOT_INITIALIZED;
  *count = static_cast<int>(settings().visible.size());
  return SUCCESS;
}

EXPORTED int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return refusal(ordinal);
}

EXPORTED int cuDeviceGetName(char* name, int room, int device) {
  std::snprintf(name, room, "Counterfeit GPU");
  return refusal(device);
}

EXPORTED int cuDeviceGetUuid_v2(unsigned char* bytes, int device) {
  if (const int refused = refusal(device)) return refused;
  const std::string text = counterfeit::uuid(settings().visible[device]);
  int written = 0;
  for (size_t place = std::strlen("GPU-"); place + 1 < text.size() && written < 16; ++place) {
    unsigned byte = 0;
    if (text[place] == '-' || std::sscanf(text.c_str() + place, "%2x", &byte) != 1) continue;
    bytes[written++] = static_cast<unsigned char>(byte);
    ++place;
  }
  return SUCCESS;
}

EXPORTED int cuDeviceTotalMem_v2(size_t* bytes, int device) {
  *bytes = settings().memory;
  return refusal(device);
}

EXPORTED int cuDeviceGetAttribute(int* value, int which, int device) {
  if (which != CAPABILITY_MAJOR && which != CAPABILITY_MINOR) return INVALID_VALUE;
  *value = settings().capability[which == CAPABILITY_MINOR];
  return refusal(device);
}

EXPORTED int cuGetErrorString(int code, const char** words) {
  *words = code == NO_DEVICE         ? "no CUDA-capable device is detected"
           : code == INVALID_DEVICE  ? "invalid device ordinal"
           : code == NOT_INITIALIZED ? "initialization error"
           : code == INVALID_VALUE   ? "invalid argument"
                                     : "unknown error";
  return SUCCESS;
}
