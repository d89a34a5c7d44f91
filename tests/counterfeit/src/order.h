// Copies that nobody has waited for.
#pragma once

#include <ATen/core/Tensor.h>

namespace counterfeit {

// These bytes of the host have just come from a device: they are there after the next wait.
void download_later(at::Tensor& host);
// These are on their way to a device: they must stay until the next wait.
void upload_later(const at::Tensor& host);
// The host waits, and all copies are done.
void wait();

}  // namespace counterfeit
