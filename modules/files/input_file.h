// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files that are read. A file is read to its end or refused: what cannot be read is never taken for
// the end. No other place opens a file for reading.

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/errors.h"

namespace topkima::files {

template <typename E>
[[noreturn]] void raise(const std::string& message) {
  throw E(message);
}

/// What a file is to whoever reads it.
struct InputKind {
  const char* name;          ///< as a message calls it
  std::uint64_t most_bytes;  ///< a larger one is refused
  void (*raise)(const std::string& message);

  /// Throws the error that this kind of file ends in.
  [[noreturn]] void refuse(const std::string& message) const {
    raise(message);
    std::abort();
  }
};

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20, gibibyte = std::uint64_t{1} << 30;

inline constexpr InputKind configuration_file{"configuration file", 4 * mebibyte,
                                              raise<ConfigError>};
inline constexpr InputKind technology_file{"technology file", mebibyte, raise<ConfigError>};
inline constexpr InputKind model_ini_file{"model.ini", 64 * mebibyte, raise<DataError>};
inline constexpr InputKind stuck_list{"list of stuck cells", gibibyte, raise<DataError>};
inline constexpr InputKind npy_file{".npy file", 16 * gibibyte, raise<DataError>};
inline constexpr InputKind npz_file{".npz file", 16 * gibibyte, raise<DataError>};
/// Whatever a run reads, for its digest alone; who reads it for its content says what it may be,
/// and of none of these there may be more.
inline constexpr InputKind any_input{"file", 16 * gibibyte, raise<DataError>};
inline constexpr InputKind fst_file{"FST waveform", 1024 * gibibyte, raise<SimulationError>};

/// Refuses what has more bytes than its kind may have.
void check_size(const std::string& path, std::uint64_t bytes, const InputKind& kind);

/// Bytes from the first to the last, wherever they are.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Takes up to `bytes`; fewer are the last ones. Throws when they cannot be read.
  virtual std::size_t read(void* data, std::size_t bytes) = 0;
  /// How many there are in all, as far as can be told before they are read.
  virtual std::uint64_t size() const = 0;
  /// When no more are wanted: throws if what is behind them shows that they were not whole.
  virtual void finish() {}
};

/// A regular file. Whatever else has the name, a directory, device, pipe or socket, is refused
/// without a byte read from it. What goes wrong is thrown as the kind's error.
class InputFile : public ByteSource {
 public:
  InputFile(const std::string& path, const InputKind& kind);
  ~InputFile() override;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::size_t read(void* data, std::size_t bytes) override;
  std::uint64_t size() const override { return size_; }
  /// Goes on reading at this place, counted from the start.
  void seek(std::uint64_t place);
  /// What the file system says of it now: size, times, place on the disk.
  struct stat status() const;
  /// Hands the open file over to the caller, who closes it. Nothing can be read here any more.
  int release();

 private:
  [[noreturn]] void refuse(const std::string& why) const;

  std::string path_;
  const InputKind& kind_;
  int file_ = -1;
  std::uint64_t size_ = 0, at_ = 0;
};

/// All of a file.
std::string read_bytes(const std::string& path, const InputKind& kind);
/// The text of a file, without the byte order mark that some editors put before it.
std::string read_text(const std::string& path, const InputKind& kind);

/// Whether something has this name: a link that leads nowhere as well, which is then refused where
/// it is read. Throws the kind's error when that cannot be told.
bool is_there(const std::string& path, const InputKind& kind);

}  // namespace topkima::files
