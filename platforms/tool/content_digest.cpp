// SPDX-License-Identifier: Apache-2.0
#include "tool/content_digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "config/errors.h"

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

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      // A FIFO would wait for its other end.
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (file_ < 0) fail();
  }
  ~OpenFile() { ::close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  struct stat look() const {
    struct stat found {};
    if (::fstat(file_, &found) != 0) fail();
    if (!S_ISREG(found.st_mode)) throw DataError(path_ + ": is no file");
    return found;
  }
  std::string digest() const {
    Digest digest;
    std::vector<char> buffer(std::size_t{1} << 18);
    for (;;) {
      const auto count = ::read(file_, buffer.data(), buffer.size());
      if (count == 0) return digest.text();
      if (count < 0 && errno != EINTR) fail();
      if (count > 0) digest.add(buffer.data(), std::size_t(count));
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw DataError(path_ + ": cannot be read: " + std::strerror(errno));
  }

  std::string path_;
  int file_;
};

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

std::string sha256_of_file(const std::string& path) {
  static std::map<std::string, Remembered> all;
  const OpenFile file(path);
  const auto found = file.look();
  const State state = state_of(found);
  const auto known = all.find(path);
  if (known != all.end() && known->second.state == state) return known->second.digest;
  const bool young = found.st_ctim.tv_sec + young_s > std::time(nullptr);
  const std::string digest = file.digest();
  if (state_of(file.look()) != state) throw DataError(path + ": changes while it is read");
  if (young)
    all.erase(path);
  else
    all[path] = {state, digest};
  return digest;
}

}  // namespace topkima::platforms
