// SPDX-License-Identifier: Apache-2.0
#include "files/placed_file.h"

#include <cstring>

#include "config/errors.h"

namespace topkima::files {

PlacedFile::PlacedFile(const std::string& path) : place_(path) {
  if (!file_.create(place_.partial()))
    throw ConfigError(path + ": cannot be created: " + std::strerror(file_.error()));
  buffer_.reserve(chunk + chunk / 8);
}

void PlacedFile::flush() {
  file_.append(buffer_);
  buffer_.clear();
  if (file_.error() != 0) place_.fail("written", file_.error());
}

void PlacedFile::commit() {
  flush();
  if (!file_.close()) place_.fail("written", file_.error());
  place_.commit();
}

}  // namespace topkima::files
