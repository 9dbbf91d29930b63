// SPDX-License-Identifier: Apache-2.0
#include "cosim/shift_add_cases.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace topkima::cosim {
namespace {

int some_codes(const AddedRow& row) {
  int arrays = 0;
  for (int a = 0; a < row.own_arrays; ++a) arrays += row.has_codes(a);
  return arrays;
}

bool has_code(const AddedRow& row, int code) {
  return std::find(row.codes.begin(), row.codes.end(), code) != row.codes.end();
}

}  // namespace

bool AddedRow::has_codes(int array) const {
  const auto each = std::ptrdiff_t{own_slices} * own_d_k, first = array * each;
  return std::any_of(codes.begin() + first, codes.begin() + first + each,
                     [](std::int16_t code) { return code != 0; });
}

// clang-format off
const ShiftAddCases::Table& ShiftAddCases::cases() {
  using Row = const AddedRow&;
  static const Table cases{
      {"all arrays of the RTL have codes", "shift_add#behaviour",
       [](Row r) { return some_codes(r) == r.arrays; }},
      {"an array without codes beside one that has some", "shift_add#easy-to-get-wrong",
       [](Row r) { return some_codes(r) > 0 && some_codes(r) < r.own_arrays; }},
      {"fewer arrays than the RTL has", "shift_add#easy-to-get-wrong",
       [](Row r) { return r.own_arrays < r.arrays; }},
      {"fewer slices than the RTL has", "shift_add#easy-to-get-wrong",
       [](Row r) { return r.own_slices < r.slices; }},
      {"fewer elements than the RTL has", "shift_add#easy-to-get-wrong",
       [](Row r) { return r.own_d_k < r.d_k; }},
      {"the highest slice of the RTL has a code", "shift_add#behaviour",
       [](Row r) {
         return r.own_slices == r.slices &&
                std::any_of(r.codes.end() - r.own_d_k, r.codes.end(), [](std::int16_t code) { return code != 0; });
       }},
      {"the last element of the RTL has a value", "shift_add#pins-of-a-shift-and-add",
       [](Row r) { return r.own_d_k == r.d_k && r.values.back() != 0; }},
      {"the highest code", "shift_add#behaviour",
       [](Row r) { return has_code(r, (1 << (r.code_bits - 1)) - 1); }},
      {"the lowest code", "shift_add#behaviour",
       [](Row r) { return has_code(r, -(1 << (r.code_bits - 1))); }},
      {"values of both signs", "shift_add#behaviour",
       [](Row r) {
         const auto [least, most] = std::minmax_element(r.values.begin(), r.values.end());
         return *least < 0 && *most > 0;
       }},
      {"a value beyond the range of one array", "shift_add#easy-to-get-wrong",
       [](Row r) {
         return std::any_of(r.values.begin(), r.values.end(), [&](std::int64_t value) {
           return std::abs(value) > std::int64_t{1} << (r.code_bits - 1 + r.own_slices);
         });
       }},
      {"the values wait", "README#stalls",
       [](Row r) { return r.stay.waited(); }},
  };
  return cases;
}
// clang-format on

ShiftAddCases::ShiftAddCases(int arrays, int slices, int d_k, const arith::AvProductConfig& config,
                             int own_arrays, const stage::Clock& clock, crossbar::ShiftAdd& unit)
    : CountedCases(cases()), clock_(clock), lsb_(config.lsb) {
  row_.arrays = arrays;
  row_.slices = slices;
  row_.d_k = d_k;
  row_.own_arrays = own_arrays;
  row_.own_slices = config.slices;
  row_.own_d_k = config.d_k;
  row_.code_bits = config.bits;
  unit.observe(*this);
}

void ShiftAddCases::begun(const stage::RowTag&, const std::vector<unsigned char>& codes) {
  row_.codes.resize(codes.size() / sizeof row_.codes[0]);
  std::memcpy(row_.codes.data(), codes.data(), codes.size());
  row_.stay.begun = clock_.now();
}

void ShiftAddCases::finished(const stage::RowTag&, const std::vector<unsigned char>& values) {
  const auto* value = reinterpret_cast<const std::int32_t*>(values.data());
  row_.values.assign(value, value + row_.own_d_k);
  for (auto& each : row_.values) each /= lsb_;
  row_.stay.finished = clock_.now();
  finished_ = true;
}

void ShiftAddCases::taken(const stage::RowTag&) {
  row_.stay.taken = clock_.now();
  count(row_);
  finished_ = false;
}

void ShiftAddCases::conclude() {
  if (finished_) taken({});
}

}  // namespace topkima::cosim
