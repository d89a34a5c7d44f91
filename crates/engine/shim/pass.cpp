// One pass of AdamW over float tensors on the CPU: moments, weights and every number that the monitors want, while each
// value is in a register. ATen's operations would read the same memory seven times. It refuses nothing: its caller in
// src/shim.rs has checked devices, kinds and bounds.

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "shim.h"

namespace {

// Partial sums are per chunk of this many values and are added in order, so that results do not depend on the threads.
constexpr int64_t CHUNK = 16384;

struct Chunk {
  size_t item;
  int64_t start;
  int64_t count;
};

#if defined(__x86_64__) && defined(__GNUC__)
#define EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_PROCESSOR
#endif

EVERY_PROCESSOR
void measure(const float* gradient, int64_t count, VitalsStats* stats) {
  float squares = 0.0f, largest = 0.0f;
#pragma omp simd reduction(+ : squares) reduction(max : largest)
  for (int64_t i = 0; i < count; ++i) {
    squares += gradient[i] * gradient[i];
    largest = std::max(largest, std::fabs(gradient[i]));
  }
  stats->gradient_squares = squares;
  stats->gradient_max = largest;
}

EVERY_PROCESSOR
void update(float* weight, const float* gradient, float* first, float* second, int64_t count, float shrink,
            const VitalsAdam* adam, VitalsStats* stats) {
  const float keep1 = 1.0f - adam->beta1, beta2 = adam->beta2, keep2 = 1.0f - adam->beta2;
  const float step = adam->step, root = adam->inverse_root_correction2, epsilon = adam->epsilon;
  const float correction = adam->inverse_correction2, floor = epsilon * epsilon;
  float changes = 0.0f, weights = 0.0f, ratios = 0.0f;
#pragma omp simd reduction(+ : changes, weights, ratios)
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i], w = weight[i], square = g * g;
    const float m = first[i] + keep1 * (g - first[i]);
    const float v = beta2 * second[i] + keep2 * square;
    const float after = w * shrink - step * m / (std::sqrt(v) * root + epsilon);
    first[i] = m;
    second[i] = v;
    weight[i] = after;
    changes += (after - w) * (after - w);
    weights += w * w;
    // A square below the smallest normal float over a floor of zero would be 0 / 0.
    ratios += square / std::max(std::max(v * correction, floor), 1e-37f);
  }
  stats->change_squares = changes;
  stats->weight_squares = weights;
  stats->adam_ratios = ratios;
}

}  // namespace

extern "C" char* vitals_adamw_pass(const VitalsItem* items, size_t count, const VitalsAdam* adam, VitalsStats* stats) {
  return vitals_guarded([&] {
    std::vector<Chunk> chunks;
    for (size_t item = 0; item < count; ++item) {
      for (int64_t start = 0; start < items[item].count; start += CHUNK) {
        chunks.push_back({item, start, std::min(CHUNK, items[item].count - start)});
      }
    }
    std::vector<VitalsStats> parts(chunks.size());
    at::parallel_for(0, static_cast<int64_t>(chunks.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index) {
        const Chunk& chunk = chunks[index];
        const VitalsItem& item = items[chunk.item];
        const float* gradient = item.gradient + chunk.start;
        // Apart, so that frozen and moving tensors are summed alike to the last bit; the chunk stays in the cache.
        measure(gradient, chunk.count, &parts[index]);
        if (item.weight != nullptr) {
          update(item.weight + chunk.start, gradient, item.first + chunk.start, item.second + chunk.start, chunk.count,
                 item.shrink, adam, &parts[index]);
        }
      }
    });
    std::fill(stats, stats + count, VitalsStats{});
    for (size_t index = 0; index < chunks.size(); ++index) {
      VitalsStats& sum = stats[chunks[index].item];
      const VitalsStats& part = parts[index];
      sum.gradient_squares += part.gradient_squares;
      sum.gradient_max = std::max(sum.gradient_max, part.gradient_max);
      sum.change_squares += part.change_squares;
      sum.weight_squares += part.weight_squares;
      sum.adam_ratios += part.adam_ratios;
    }
    for (size_t item = 0; item < count; ++item) {
      // A maximum passes over what is not a number; the sum of squares does not.
      if (std::isnan(stats[item].gradient_squares)) stats[item].gradient_max = stats[item].gradient_squares;
    }
  });
}
