// SPDX-License-Identifier: Apache-2.0
#include "registers/register_map.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "registers/register_file.h"
#include "stage/row.h"

using namespace topkima::registers;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

tlm::tlm_response_status access(RegisterFile& file, std::uint64_t address, bool write) {
  topkima::stage::RowPayload payload;
  std::uint32_t word = 1;
  auto& transaction = write ? payload.write(&word, 4, address) : payload.read(&word, 4, address);
  file.transport(transaction);
  return transaction.get_response_status();
}

}  // namespace

TEST_CASE("every element of every register is reachable, by the accesses it has and no other") {
  for (const auto& block : register_map()) {
    RegisterFile file(block);
    for (const auto* r : block.registers) {
      CAPTURE(block.name, r->name);
      const auto ok = tlm::TLM_OK_RESPONSE, refused = tlm::TLM_COMMAND_ERROR_RESPONSE;
      for (std::uint32_t i = 0; i < r->count; ++i) {
        REQUIRE(file.value(*r, i) == r->reset);
        const std::uint64_t address = r->offset + 4ull * i;
        REQUIRE(access(file, address, false) == (r->access == Access::write_only ? refused : ok));
        REQUIRE(access(file, address, true) == (r->access == Access::read_only ? refused : ok));
      }
    }
  }
}

TEST_CASE("registers of a block are words at offsets of their own, with names of their own") {
  for (const auto& block : register_map()) {
    std::set<std::uint64_t> words;
    std::set<std::string> names;
    for (const auto* r : block.registers) {
      CAPTURE(block.name, r->name);
      CHECK(r->offset % 4 == 0);
      CHECK(r->count >= 1);
      CHECK(names.insert(r->name).second);
      CHECK(std::string(r->meaning).size() > 0);
      for (std::uint32_t i = 0; i < r->count; ++i)
        REQUIRE(words.insert(r->offset + 4ull * i).second);
    }
  }
}

TEST_CASE("instances of a block, and blocks, do not overlap") {
  // With two heads of two crossbars, two DMA channels and three projections.
  std::map<std::string, int> instances{{"dma", 2},     {"projection", 3}, {"ima", 2}, {"topk", 2},
                                       {"softmax", 2}, {"fold", 2},       {"mask", 2}};
  std::map<std::uint64_t, std::string> owner;
  const auto claim = [&](std::uint64_t base, const Block& block) {
    for (const auto* r : block.registers)
      for (std::uint32_t i = 0; i < r->count; ++i) {
        const std::uint64_t address = base + r->offset + 4ull * i;
        CAPTURE(block.name, r->name, i, owner[address]);
        REQUIRE(owner[address].empty());
        owner[address] = block.name;
      }
  };
  for (const auto& block : register_map()) {
    const int count = instances.count(block.name) ? instances[block.name] : 1;
    CHECK((count == 1) == (block.stride == 0));
    const std::string name = block.name;
    const int heads = name == "ima" || name == "topk" ? 2 : 1;
    for (int h = 0; h < heads; ++h)
      for (int i = 0; i < count; ++i)
        claim(block.base + std::uint64_t(h) * head_stride + std::uint64_t(i) * block.stride, block);
  }
  CHECK(block("softmax").base < block("ima").base + head_stride);
  CHECK(owner.upper_bound(memory_base - 1)->first >= block("ima").base);  // nothing in the memory
}

TEST_CASE("blocks are found by name, and an unknown name is an error") {
  CHECK(std::string(block("topk").name) == "topk");
  CHECK(block("controller").base == 0);
  CHECK_THROWS(block("nonesuch"));
}

TEST_CASE("the controller identifies itself as TKF1") {
  CHECK(controller::id.reset == (('T' << 24) | ('K' << 16) | ('F' << 8) | '1'));
}

TEST_CASE("the C header consists of comments, guards and unique definitions of numbers") {
  const auto text = c_header();
  std::map<std::string, unsigned long long> defined;
  int conditions = 0;
  for (const auto& line : lines_of(text)) {
    CAPTURE(line);
    if (line.empty()) continue;
    const auto open = line.find("/*"), close = line.find("*/");
    REQUIRE((open == std::string::npos) == (close == std::string::npos));
    if (open != std::string::npos) {
      REQUIRE(open < close);
      REQUIRE(close + 2 == line.size());  // one comment, and nothing behind it
      REQUIRE(line.find("/*", open + 2) == std::string::npos);
    }
    std::istringstream words(line.substr(0, open));
    std::string directive, name, value, rest;
    if (!(words >> directive)) continue;
    words >> name >> value >> rest;
    REQUIRE(rest.empty());
    if (directive == "#ifndef") ++conditions;
    if (directive == "#endif") --conditions;
    if (directive != "#define" || value.empty()) continue;
    REQUIRE(name.rfind("TOPKIMA_", 0) == 0);
    REQUIRE(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string::npos);
    std::size_t used = 0;
    const auto number = std::stoull(value, &used, 0);
    REQUIRE((value.substr(used) == "u" || value.substr(used) == "ull"));
    REQUIRE(defined.emplace(name, number).second);
  }
  CHECK(conditions == 0);
  CHECK(defined.at("TOPKIMA_CONTROLLER_BASE") == 0);
  CHECK(defined.at("TOPKIMA_CONTROLLER_CONTROL") == 0x04);
  CHECK(defined.at("TOPKIMA_CONTROLLER_DOORBELL") == 0x44);
  CHECK(defined.at("TOPKIMA_DMA_BASE") == 0x1000);
  CHECK(defined.at("TOPKIMA_DMA_STRIDE") == 0x100);
  CHECK(defined.at("TOPKIMA_TOPK_BASE") == 0x100000020);
  CHECK(defined.at("TOPKIMA_PROJECTION_MAXIMUM_COUNT") == 4096);
  CHECK(defined.at("TOPKIMA_MEMORY_BASE") == 0x80000000);
  for (const auto& block : register_map())
    for (const auto* r : block.registers) {
      std::string name = block.name;
      for (char& c : name) c = static_cast<char>(std::toupper(c));
      CHECK(defined.at("TOPKIMA_" + name + "_" + r->name) == r->offset);
    }
}

TEST_CASE("docs/register-map.md is what the table says") {
  std::ifstream file(TOPKIMA_SOURCE_DIR "/docs/register-map.md");
  REQUIRE(file);
  std::ostringstream stored;
  stored << file.rdbuf();
  CHECK(stored.str() == markdown());
}

TEST_CASE("every table of the page has the same number of cells in all its rows") {
  std::istringstream text(markdown());
  std::ptrdiff_t columns = 0;
  for (std::string line; std::getline(text, line);) {
    CAPTURE(line);
    const auto bars = std::count(line.begin(), line.end(), '|');
    if (bars > 0 && columns > 0) CHECK(bars == columns);
    columns = bars;
  }
}
