// What the environment asks for and what was counted: read when the library is loaded, written when the process ends.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sstream>
#include <unistd.h>

#include "counterfeit.h"

namespace counterfeit {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "VITALS_COUNTERFEIT: %s\n", what.c_str());
  std::abort();
}

size_t bytes(const std::string& text) {
  char* unit = nullptr;
  const size_t number = std::strtoull(text.c_str(), &unit, 10);
  for (const auto& [name, shift] : {std::pair{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}}) {
    if (std::strcmp(unit, name) == 0 && unit != text.c_str()) return number << shift;
  }
  refuse("no number of bytes: " + text);
}

// As CUDA reads it: what stands behind the first word that names no card is invisible, and so is everything if a card is
// named twice.
std::vector<int> visible(int devices, const char* mask) {
  std::vector<int> found;
  if (mask == nullptr) {
    for (int card = 0; card < devices; ++card) found.push_back(card);
    return found;
  }
  for (const std::string& word : split(mask)) {
    int card = 0;
    const bool by_uuid = word.rfind("GPU-", 0) == 0;
    if (by_uuid) {
      while (card < devices && uuid(card).rfind(word, 0) != 0) ++card;
    } else {
      char* end = nullptr;
      card = static_cast<int>(std::strtol(word.c_str(), &end, 10));
      if (end == word.c_str()) card = -1;
    }
    if (card < 0 || card >= devices) break;
    if (std::find(found.begin(), found.end(), card) != found.end()) return {};
    found.push_back(card);
  }
  return found;
}

Settings read() {
  Settings found;
  int devices = 2;
  const char* text = std::getenv("VITALS_COUNTERFEIT");
  for (const std::string& part : split(text == nullptr ? "" : text)) {
    const size_t sign = part.find('=');
    const std::string name = part.substr(0, sign), value = sign == std::string::npos ? "" : part.substr(sign + 1);
    if (name == "devices") devices = std::clamp(std::atoi(value.c_str()), 0, 8);
    else if (name == "memory") found.memory = bytes(value);
    else if (name == "fail_at") found.fail_at = std::atoll(value.c_str());
    else if (name == "counts") found.counts = value;
    else if (name == "card") found.card = value;
    else refuse("nothing is called " + name);
  }
  found.visible = visible(devices, std::getenv("CUDA_VISIBLE_DEVICES"));
  return found;
}

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

const Settings& settings() {
  static const Settings* const found = new Settings(read());
  return *found;
}

std::string uuid(int card) { return "GPU-c0de0000-0000-4000-8000-00000000000" + std::to_string(card); }

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
