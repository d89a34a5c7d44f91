// Reads what the environment asks for. A word that it does not know ends the program: a test that misspells one would prove
// nothing.

#include "settings.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

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

void numbers(const std::string& text, int* major, int* minor) {
  if (std::sscanf(text.c_str(), "%d.%d", major, minor) != 2) refuse("no version: " + text);
}

// `13.0` as CUDA counts versions.
int version(const std::string& text) {
  int major = 0, minor = 0;
  numbers(text, &major, &minor);
  return 1000 * major + 10 * minor;
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
    else if (name == "driver" && value == "broken") found.driver_starts = false;
    else if (name == "driver") found.driver = version(value);
    else if (name == "capability") numbers(value, &found.capability[0], &found.capability[1]);
    else if (name == "fail_at") found.fail_at = std::atoll(value.c_str());
    else if (name == "counts") found.counts = value;
    else if (name == "card") found.card = value;
    else refuse("nothing is called " + name);
  }
  found.visible = visible(devices, std::getenv("CUDA_VISIBLE_DEVICES"));
  return found;
}

}  // namespace

const Settings& settings() {
  static const Settings* const found = new Settings(read());
  return *found;
}

int cards() {
  const bool is_new_enough = settings().driver_starts && settings().driver >= 13000;
  return is_new_enough ? static_cast<int>(settings().visible.size()) : 0;
}

std::string uuid(int card) { return "GPU-c0de0000-0000-4000-8000-00000000000" + std::to_string(card); }

}  // namespace counterfeit
