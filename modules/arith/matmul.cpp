// SPDX-License-Identifier: Apache-2.0
#include "arith/matmul.h"

#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <vector>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

using dnnl::memory;

/// Largest |b| for which pairs of 8-bit products never saturate: 2 * 255 * 63 < 2^15.
constexpr int always_exact_magnitude = 63;

struct Context {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};

  Context() { omp_set_num_threads(1); }
  static Context& get() {
    static Context context;
    return context;
  }
};

/// oneDNN writes the code that it makes where it has got no memory for it: better to try before.
void expect_memory_for_code() {
  constexpr std::size_t ample = std::size_t{8} << 20;
  void* const tried =
      ::mmap(nullptr, ample, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (tried == MAP_FAILED) throw std::bad_alloc();
  ::munmap(tried, ample);
}

memory::desc matrix(int rows, int columns, memory::data_type type) {
  return {{rows, columns}, type, memory::format_tag::ab};
}

/// One right operand, and the kernel for each number of rows seen so far. The operand stays plain:
/// oneDNN would pack it by a reorder that is slower than all the products that follow.
class Product {
 public:
  Product(const std::int8_t* b, int depth, int columns)
      : depth_(depth), columns_(columns), b_(b, b + std::size_t(depth) * columns) {}

  void multiply(const std::int8_t* a, int rows, std::int32_t* c) {
    auto found = kernels_.find(rows);
    if (found == kernels_.end()) found = kernels_.emplace(rows, make(rows)).first;
    Kernel& kernel = found->second;
    kernel.a.set_data_handle(const_cast<std::int8_t*>(a));
    kernel.b.set_data_handle(b_.data());
    kernel.c.set_data_handle(c);
    kernel.primitive.execute(
        Context::get().stream,
        {{DNNL_ARG_SRC, kernel.a}, {DNNL_ARG_WEIGHTS, kernel.b}, {DNNL_ARG_DST, kernel.c}});
  }

 private:
  struct Kernel {
    dnnl::matmul primitive;
    memory a, b, c;
  };

  /// oneDNN calls it a runtime error where it gets no memory for the code that it makes.
  Kernel make(int rows) const try {
    const auto& engine = Context::get().engine;
    expect_memory_for_code();
    const auto a = matrix(rows, depth_, memory::data_type::s8);
    const auto b = matrix(depth_, columns_, memory::data_type::s8);
    const auto c = matrix(rows, columns_, memory::data_type::s32);
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a, b, c), engine);
    return {dnnl::matmul(description), memory(a, engine, nullptr), memory(b, engine, nullptr),
            memory(c, engine, nullptr)};
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_out_of_memory && error.status != dnnl_runtime_error) throw;
    throw std::bad_alloc();
  }

  int depth_, columns_;
  std::vector<std::int8_t> b_;
  std::map<int, Kernel> kernels_;
};

/// Tries the worst case: large operands of equal sign, several rows and one.
bool large_weights_are_exact() {
  constexpr int depth = 64, columns = 32, rows = 4;
  const std::vector<std::int8_t> a(rows * depth, 127), b(depth * columns, 127);
  std::vector<std::int32_t> c(rows * columns);
  Product product(b.data(), depth, columns);
  for (const int n : {1, rows}) {
    product.multiply(a.data(), n, c.data());
    const auto exact = [](std::int32_t value) { return value == depth * 127 * 127; };
    if (!std::all_of(c.begin(), c.begin() + n * columns, exact)) return false;
  }
  return true;
}

/// Products of 127 * 127 that a float's 24-bit significand adds without rounding.
constexpr int exact_float_depth = (1 << 24) / (128 * 128);

TOPKIMA_SIMD_CLONES
void widen(const std::int8_t* values, std::size_t count, float* floats) {
  for (std::size_t i = 0; i < count; ++i) floats[i] = values[i];
}

TOPKIMA_SIMD_CLONES
void add_rounded(const float* sums, std::size_t count, std::int32_t* c) {
  for (std::size_t i = 0; i < count; ++i) c[i] += static_cast<std::int32_t>(sums[i]);
}

TOPKIMA_SIMD_CLONES
int largest_magnitude(const std::int8_t* values, std::size_t count) {
  std::int16_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int16_t value = values[i];
    largest = std::max<std::int16_t>(largest, value < 0 ? -value : value);
  }
  return largest;
}

/// Large operands on a CPU whose int8 products saturate.
class FloatProduct {
 public:
  FloatProduct(const std::int8_t* b, int depth, int columns)
      : depth_(depth), columns_(columns), b_(std::size_t(depth) * columns) {
    widen(b, b_.size(), b_.data());
  }

  void multiply(const std::int8_t* a, int rows, std::int32_t* c) {
    // Some rows at a time: the converted operands stay in the cache.
    for (int row = 0; row < rows; row += most_rows)
      multiply_block(a + std::ptrdiff_t{row} * depth_, std::min(most_rows, rows - row),
                     c + std::ptrdiff_t{row} * columns_);
  }

 private:
  static constexpr int most_rows = 96;

  void multiply_block(const std::int8_t* a, int rows, std::int32_t* c) {
    a_.resize(std::size_t(rows) * depth_);
    widen(a, a_.size(), a_.data());
    sums_.resize(std::size_t(rows) * columns_);
    std::fill_n(c, sums_.size(), 0);
    for (int first = 0; first < depth_; first += exact_float_depth) {
      const int depth = std::min(exact_float_depth, depth_ - first);
      arith::multiply(a_.data() + first, depth_, rows, b_.data() + std::size_t(first) * columns_,
                      depth, columns_, sums_.data());
      add_rounded(sums_.data(), sums_.size(), c);
    }
  }

  int depth_, columns_;
  std::vector<float> b_, a_, sums_;
};

/// What calls oneDNN. Throws std::bad_alloc where that lacks memory.
template <typename Work>
void with_onednn(Work work) {
  try {
    Context::get();
    work();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    throw;
  }
}

}  // namespace

struct PackedMatrix::Impl {
  std::optional<Product> product;
  std::optional<FloatProduct> large;
};

PackedMatrix::PackedMatrix() = default;
PackedMatrix::~PackedMatrix() = default;
PackedMatrix::PackedMatrix(PackedMatrix&&) noexcept = default;
PackedMatrix& PackedMatrix::operator=(PackedMatrix&&) noexcept = default;

void PackedMatrix::pack(const std::int8_t* b, int depth, int columns) {
  with_onednn([&] {
    impl_ = std::make_unique<Impl>();
    const bool small = largest_magnitude(b, std::size_t(depth) * columns) <= always_exact_magnitude;
    static const bool large_exact = large_weights_are_exact();
    if (small || large_exact)
      impl_->product.emplace(b, depth, columns);
    else
      impl_->large.emplace(b, depth, columns);
  });
}

void PackedMatrix::multiply(const std::int8_t* a, int rows, std::int32_t* c) const {
  if (rows == 0) return;
  with_onednn([&] {
    if (impl_->product)
      impl_->product->multiply(a, rows, c);
    else
      impl_->large->multiply(a, rows, c);
  });
}

void multiply(const float* a, int stride, int rows, const float* b, int depth, int columns,
              float* c) {
  with_onednn([&] {
    expect_memory_for_code();
    dnnl::error::wrap_c_api(
        dnnl_sgemm('N', 'N', rows, columns, depth, 1.0f, a, stride, b, columns, 0.0f, c, columns),
        "could not execute a float product");
  });
}

}  // namespace topkima::arith
