// What src/shim.rs calls: plain functions over libtorch that tch lacks. Each catches what libtorch throws and returns its
// words, to be given back to vitals_free; null means that all went well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>

extern "C" {

// One tensor of an AdamW pass. Without a weight only its gradient is measured.
struct VitalsItem {
  float* weight;
  const float* gradient;
  float* first;
  float* second;
  int64_t count;
  float shrink;  // 1 - learning rate x weight decay
};

struct VitalsAdam {
  float beta1;
  float beta2;
  float epsilon;
  float step;                      // learning rate / (1 - beta1^t)
  float inverse_correction2;       // 1 / (1 - beta2^t)
  float inverse_root_correction2;  // its square root
};

// Bytes of the host.
struct VitalsBytes {
  const uint8_t* bytes;
  size_t count;
};

// Sums over one tensor.
struct VitalsStats {
  double gradient_squares;
  double gradient_max;
  double change_squares;
  double weight_squares;  // before the update
  double adam_ratios;     // gradient^2 / second moment
};
}

template <typename Work>
char* vitals_guarded(Work&& work) {
  try {
    work();
    return nullptr;
  } catch (const std::exception& error) {
    return strdup(error.what());
  } catch (...) {
    return strdup("an unknown C++ exception");
  }
}
