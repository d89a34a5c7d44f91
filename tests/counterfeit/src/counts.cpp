// What was counted: written when the process ends, or for a test within it.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sstream>
#include <unistd.h>
#include <vector>

#include "counterfeit.h"

namespace counterfeit {
namespace {

struct Notes {
  std::mutex lock;
  std::map<std::string, uint64_t> seen;
};
Notes& notes() {
  static Notes* const notes = new Notes;
  return *notes;
}

std::string told() {
  const Counts& now = counts();
  std::ostringstream line;
  line << "{\"pid\":" << getpid() << ",\"host_reads\":" << now.host_reads << ",\"async_reads\":" << now.async_reads
       << ",\"uploads\":" << now.uploads << ",\"async_uploads\":" << now.async_uploads
       << ",\"uploaded_bytes\":" << now.uploaded_bytes << ",\"peer_copies\":" << now.peer_copies
       << ",\"launches\":" << now.launches << ",\"allocations\":" << now.allocations << ",\"devices\":[";
  const std::vector<int>& visible = settings().visible;
  for (size_t device = 0; device < visible.size(); ++device) {
    const auto [peak, bytes] = held(static_cast<c10::DeviceIndex>(device));
    line << (device == 0 ? "" : ",") << "{\"uuid\":\"" << uuid(visible[device]) << "\",\"peak_bytes\":" << peak
         << ",\"bytes\":" << bytes << "}";
  }
  line << "],\"operations\":{";
  const std::lock_guard<std::mutex> guard(notes().lock);
  const char* comma = "";
  for (const auto& [name, count] : notes().seen) {
    line << comma << "\"" << name << "\":" << count;
    comma = ",";
  }
  line << "}}\n";
  return line.str();
}

void write_at_end() {
  if (settings().counts.empty()) return;
  const std::string line = told();
  const int file = open(settings().counts.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0 || write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    std::perror(settings().counts.c_str());
  }
  if (file >= 0) close(file);
}

const int registered = std::atexit(write_at_end);

}  // namespace

Counts& counts() {
  static Counts* const counts = new Counts;
  return *counts;
}

void note(const std::string& operation) {
  const std::lock_guard<std::mutex> guard(notes().lock);
  ++notes().seen[operation];
}

}  // namespace counterfeit

// The same line for a test within the process, to be freed by its caller.
extern "C" __attribute__((visibility("default"))) char* vitals_counterfeit_counts() {
  return strdup(counterfeit::told().c_str());
}
