// Copies that nobody has waited for. A GPU makes them later: until the host waits, what it would read is not there, and what
// it handed over may not change. Here the one reads as no number, and the other is found out at the next wait. A wait
// waits for all streams.

#include "order.h"

#include <cstring>
#include <limits>
#include <mutex>
#include <vector>

#include "call.h"
#include "counterfeit.h"

namespace counterfeit {
namespace {

struct Copy {
  // On the host; held, as CUDA holds page-locked memory until its copies are done.
  at::Tensor host;
  // What it will be, or what it must still be.
  at::Tensor contents;
  bool is_download;
};

struct Copies {
  std::mutex lock;
  std::vector<Copy> open;
};

Copies& copies() {
  static Copies* const copies = new Copies;
  return *copies;
}

void add(Copy copy) {
  const std::lock_guard<std::mutex> guard(copies().lock);
  copies().open.push_back(std::move(copy));
}

// Bytes, not values: what is no number is equal to itself here.
bool same_bytes(const at::Tensor& one, const at::Tensor& other) {
  const at::Tensor first = one.contiguous(), second = other.contiguous();
  return std::memcmp(first.const_data_ptr(), second.const_data_ptr(), first.nbytes()) == 0;
}

}  // namespace

void download_later(at::Tensor& host) {
  const BelowAll below;
  add({host, host.clone(), true});
  if (host.is_floating_point()) {
    host.fill_(std::numeric_limits<double>::quiet_NaN());
  } else {
    host.bitwise_not_();
  }
}

void upload_later(const at::Tensor& host) {
  const BelowAll below;
  add({host, host.clone(), false});
}

void wait() {
  std::vector<Copy> done;
  {
    const std::lock_guard<std::mutex> guard(copies().lock);
    done.swap(copies().open);
  }
  const BelowAll below;
  bool has_changed = false;
  for (const Copy& copy : done) {
    if (copy.is_download) {
      copy.host.copy_(copy.contents);
    } else {
      has_changed = has_changed || !same_bytes(copy.host, copy.contents);
    }
  }
  TORCH_CHECK(!has_changed, "page-locked memory was changed before the copy of it to the device was done");
}

}  // namespace counterfeit
