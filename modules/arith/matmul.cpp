#include "arith/matmul.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

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

memory::desc matrix(int rows, int columns, memory::data_type type) {
  return {{rows, columns}, type, memory::format_tag::ab};
}

/// One packed operand and the primitives compiled for the numbers of rows seen so far.
class Product {
 public:
  Product(const std::int8_t* b, int depth, int columns)
      : depth_(depth), columns_(columns), single_(make(1)) {
    auto& context = Context::get();
    memory source(matrix(depth, columns, memory::data_type::s8), context.engine,
                  const_cast<std::int8_t*>(b));
    packed_ = memory(single_.description.weights_desc(), context.engine);
    dnnl::reorder(source, packed_).execute(context.stream, source, packed_);
    context.stream.wait();
  }

  void multiply(const std::int8_t* a, int rows, std::int32_t* c) {
    if (rows == 1) {
      run(single_, packed_, a, c);
      return;
    }
    auto found = batches_.find(rows);
    if (found == batches_.end()) found = batches_.emplace(rows, Batch{make(rows), {}}).first;
    auto& [primitive, packed] = found->second;
    if (!packed) {
      auto& context = Context::get();
      packed = memory(primitive.description.weights_desc(), context.engine);
      dnnl::reorder(packed_, packed).execute(context.stream, packed_, packed);
      context.stream.wait();
    }
    run(primitive, packed, a, c);
  }

 private:
  struct Primitive {
    dnnl::matmul::primitive_desc description;
    dnnl::matmul primitive;
    memory a, c;
  };
  struct Batch {
    Primitive primitive;
    memory packed;
  };

  Primitive make(int rows) const {
    auto& context = Context::get();
    const memory::desc weights({depth_, columns_}, memory::data_type::s8, memory::format_tag::any);
    const auto a = matrix(rows, depth_, memory::data_type::s8);
    const auto c = matrix(rows, columns_, memory::data_type::s32);
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a, weights, c),
                                                   context.engine);
    return {description, dnnl::matmul(description), memory(a, context.engine, nullptr),
            memory(c, context.engine, nullptr)};
  }

  // The C interface takes the arguments as an array; the C++ one builds a hash map per call, which
  // costs as much as the product of one row.
  static void run(Primitive& p, const memory& packed, const std::int8_t* a, std::int32_t* c) {
    p.a.set_data_handle(const_cast<std::int8_t*>(a));
    p.c.set_data_handle(c);
    const std::array<dnnl_exec_arg_t, 3> arguments{{{DNNL_ARG_SRC, p.a.get()},
                                                    {DNNL_ARG_WEIGHTS, packed.get()},
                                                    {DNNL_ARG_DST, p.c.get()}}};
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(p.primitive.get(), Context::get().stream.get(),
                               static_cast<int>(arguments.size()), arguments.data()),
        "could not execute an int8 product");
  }

  int depth_, columns_;
  Primitive single_;
  memory packed_;
  std::map<int, Batch> batches_;
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

}  // namespace

struct PackedMatrix::Impl {
  int columns;
  std::vector<Product> parts;  ///< {B}, or {Bl, Bh} with B = 16 Bh + Bl
  std::vector<std::int32_t> high;
};

PackedMatrix::PackedMatrix() = default;
PackedMatrix::~PackedMatrix() = default;
PackedMatrix::PackedMatrix(PackedMatrix&&) noexcept = default;
PackedMatrix& PackedMatrix::operator=(PackedMatrix&&) noexcept = default;

void PackedMatrix::pack(const std::int8_t* b, int depth, int columns) {
  auto impl = std::make_unique<Impl>();
  impl->columns = columns;
  const std::size_t size = std::size_t(depth) * columns;
  const bool small = std::all_of(
      b, b + size, [](std::int8_t value) { return std::abs(int{value}) <= always_exact_magnitude; });
  static const bool large_exact = large_weights_are_exact();
  if (small || large_exact) {
    impl->parts.emplace_back(b, depth, columns);
  } else {
    std::vector<std::int8_t> low(size), high(size);
    for (std::size_t i = 0; i < size; ++i) {
      low[i] = static_cast<std::int8_t>(b[i] & 15);
      high[i] = static_cast<std::int8_t>((b[i] - low[i]) / 16);
    }
    impl->parts.emplace_back(low.data(), depth, columns);
    impl->parts.emplace_back(high.data(), depth, columns);
  }
  impl_ = std::move(impl);
}

void PackedMatrix::multiply(const std::int8_t* a, int rows, std::int32_t* c) const {
  if (rows == 0) return;
  impl_->parts[0].multiply(a, rows, c);
  if (impl_->parts.size() == 1) return;
  auto& high = impl_->high;
  high.resize(std::size_t(rows) * impl_->columns);
  impl_->parts[1].multiply(a, rows, high.data());
  for (std::size_t i = 0; i < high.size(); ++i) c[i] += 16 * high[i];
}

}  // namespace topkima::arith
