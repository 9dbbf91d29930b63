// SPDX-License-Identifier: Apache-2.0
#include "tool/content_digest.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace topkima::platforms {
namespace {

/// Beyond the grain of any file system's times, FAT's included.
constexpr std::time_t young_s = 3;

class Digest {
 public:
  Digest() : context_(::EVP_MD_CTX_new()) {
    if (!context_ || ::EVP_DigestInit_ex(context_.get(), ::EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("SHA-256 is not to be had from OpenSSL");
  }
  void add(const void* bytes, std::size_t count) {
    ::EVP_DigestUpdate(context_.get(), bytes, count);
  }
  std::string text() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    ::EVP_DigestFinal_ex(context_.get(), bytes, &count);
    std::string digits;
    for (unsigned i = 0; i < count; ++i) {
      digits += "0123456789abcdef"[bytes[i] >> 4];
      digits += "0123456789abcdef"[bytes[i] & 15];
    }
    return digits;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// What changes with a file's content, as far as the file system tells.
using State = std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long>;

struct Remembered {
  State state;
  std::string digest;
};

std::string digest_of(files::InputFile& file) {
  Digest digest;
  std::vector<char> buffer(std::size_t{1} << 18);
  while (const std::size_t count = file.read(buffer.data(), buffer.size()))
    digest.add(buffer.data(), count);
  return digest.text();
}

State state_of(const struct stat& found) {
  return {found.st_dev,          found.st_ino,         found.st_size,        found.st_mtim.tv_sec,
          found.st_mtim.tv_nsec, found.st_ctim.tv_sec, found.st_ctim.tv_nsec};
}

}  // namespace

std::string sha256(const std::string& bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.text();
}

std::string sha256_of_file(const std::string& path, const files::InputKind& kind) {
  static std::map<std::string, Remembered> all;
  files::InputFile file(path, kind);
  const auto found = file.status();
  const State state = state_of(found);
  const auto known = all.find(path);
  if (known != all.end() && known->second.state == state) return known->second.digest;
  const bool young = found.st_ctim.tv_sec + young_s > std::time(nullptr);
  const std::string digest = digest_of(file);
  if (state_of(file.status()) != state) throw DataError(path + ": changes while it is read");
  if (young)
    all.erase(path);
  else
    all[path] = {state, digest};
  return digest;
}

}  // namespace topkima::platforms
