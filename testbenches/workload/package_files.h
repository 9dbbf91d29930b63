// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small model package as files: a test changes what it wants before they are written.

#include <zip.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/temporary_directory.h"
#include "workload/npy_file.h"

namespace topkima::testbenches {

inline std::string shape_of(const std::vector<int>& sizes) {
  std::string text;
  for (const int size : sizes) text += std::to_string(size) + ",";
  return text;
}

/// A .npy file of int32, counting up from `first` round 0..`range` - 1.
inline std::string counting(const std::vector<int>& shape, int range = 100, int first = 0) {
  int count = 1;
  for (const int size : shape) count *= size;
  std::vector<std::int32_t> values;
  for (int i = 0; i < count; ++i) values.push_back((first + i) % range);
  return npy_bytes(npy_dictionary("<i4", shape_of(shape)), data_of(values));
}

/// Images of 4 x 4 pixels of three colours in patches of 2 x 2; one layer of two heads.
struct PackageFiles {
  using Section = std::map<std::string, std::string>;

  std::map<std::string, Section> ini{{"model",
                                      {{"format", "topkima-model"},
                                       {"version", "1"},
                                       {"task", "image"},
                                       {"layers", "1"},
                                       {"heads", "2"},
                                       {"d_model", "4"},
                                       {"hidden", "3"},
                                       {"tokens", "5"},
                                       {"inputs", "12"},
                                       {"classes", "6"},
                                       {"height", "4"},
                                       {"width", "4"},
                                       {"channels", "3"},
                                       {"patch", "2"},
                                       {"trained", "by hand, twice"},
                                       {"accuracy", "0.75"},
                                       {"float_accuracy", "0.5"}}},
                                     {"embedding", {{"maximum", "1000"}, {"gain", "300"}}},
                                     {"layer0",
                                      {{"query_maximum", "100, 200"},
                                       {"key_maximum", "300, 400"},
                                       {"value_maximum", "500"},
                                       {"query_range", "1.5, 2.5"},
                                       {"key_range", "0.5, 3e-1"},
                                       {"value_range", "4"},
                                       {"output_maximum", "600"},
                                       {"expand_maximum", "700"},
                                       {"contract_maximum", "800"},
                                       {"output_gain", "11"},
                                       {"contract_gain", "12"},
                                       {"ramp_lsb", "3, 4"}}},
                                     {"classifier", {{"maximum", "900"}}},
                                     {"parameters", {{"topk.k", "3"}, {"ima.bits", "6"}}}};
  std::map<std::string, std::string> tensors;  ///< by name, without ".npy"
  std::string more_ini;                        ///< behind the rest

  PackageFiles() {
    tensors = {{"embed", counting({12, 4})},
               {"position", counting({5, 4}, 30000, 20000)},
               {"norm", counting({2, 4})},
               {"classifier", counting({4, 6})},
               {"layer0.norm1", counting({2, 4}, 100, 50)},
               {"layer0.norm2", counting({2, 4})},
               {"layer0.gelu", counting({255}, 120)},
               {"layer0.expand", counting({4, 3})},
               {"layer0.contract", counting({3, 4})}};
    for (const char* name : {"query", "key", "value", "output"})
      tensors[std::string("layer0.") + name] = counting({4, 4});
  }

  /// The same for texts of five tokens, over a vocabulary of six.
  static PackageFiles text() {
    PackageFiles files;
    auto& model = files.ini["model"];
    for (const char* key : {"height", "width", "channels", "patch"}) model.erase(key);
    model["task"] = "text";
    model["inputs"] = "6";
    files.tensors["embed"] = counting({6, 4});
    return files;
  }

  void write(const TemporaryDirectory& directory) const {
    std::string text;
    for (const auto& [section, keys] : ini) {
      text += "[" + section + "]\n";
      for (const auto& [key, value] : keys) text += key + " = " + value + "\n";
    }
    directory.write("model.ini", text + more_ini);
    for (const auto& [name, bytes] : tensors) directory.write(name + ".npy", bytes);
  }
};

/// A .npz file of these .npy files.
inline void write_npz(const std::string& path, const std::map<std::string, std::string>& arrays,
                      bool deflated = true) {
  zip_t* archive = ::zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  if (!archive) throw std::runtime_error("no archive " + path);
  for (const auto& [name, bytes] : arrays) {
    auto* source = ::zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const auto index = ::zip_file_add(archive, (name + ".npy").c_str(), source, 0);
    ::zip_set_file_compression(archive, zip_uint64_t(index),
                               deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  if (::zip_close(archive) != 0) throw std::runtime_error("cannot write " + path);
}

}  // namespace topkima::testbenches
