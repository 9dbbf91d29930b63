// SPDX-License-Identifier: Apache-2.0
#include "workload/samples.h"

#include <algorithm>
#include <climits>
#include <stdexcept>

#include "workload/npz.h"

namespace topkima::workload {
namespace {

std::vector<std::size_t> image_shape(const ModelPackage& model, std::size_t dimensions) {
  std::vector<std::size_t> shape{std::size_t(model.height), std::size_t(model.width)};
  // A single channel may be left out.
  if (dimensions != 3 || model.channels > 1) shape.push_back(std::size_t(model.channels));
  return shape;
}

/// The shape without its first dimension must be `wanted`.
void expect_samples(const NpyReader& npy, const std::vector<std::size_t>& wanted) {
  const auto& shape = npy.shape();
  if (!shape.empty() && std::vector<std::size_t>(shape.begin() + 1, shape.end()) == wanted) return;
  std::string text = shape_text(wanted);
  text.insert(1, wanted.empty() ? "samples" : "samples, ");
  npy.reject("has shape " + echoed(shape_text(shape)) + "; expected " + text + ", after the model");
}

using Rows = void(const std::uint8_t* sample, const ModelPackage& model, std::int8_t* rows);

void image_rows(const std::uint8_t* image, const ModelPackage& model, std::int8_t* rows) {
  const int patch = model.patch, channels = model.channels;
  rows += model.inputs;  // the class token's
  for (int top = 0; top < model.height; top += patch)
    for (int left = 0; left < model.width; left += patch)
      for (int y = top; y < top + patch; ++y)
        for (int i = left * channels; i < (left + patch) * channels; ++i)
          *rows++ = static_cast<std::int8_t>(
              std::max(int{image[y * model.width * channels + i]} - 128, -127));
}

void text_rows(const std::uint8_t* tokens, const ModelPackage& model, std::int8_t* rows) {
  for (int t = 0; t < model.tokens; ++t, rows += model.inputs) rows[tokens[t]] = 127;
}

/// What samples of a task are: their shape in a file of so many dimensions, the largest number in
/// them, and the rows of the embedding that they become.
struct SampleKind {
  std::vector<std::size_t> shape;
  std::int64_t largest;
  Rows* rows;
};

SampleKind sample_kind(const ModelPackage& model, std::size_t dimensions) {
  switch (model.task) {
    case Task::image: return {image_shape(model, dimensions), 255, image_rows};
    case Task::text: return {{std::size_t(model.tokens)}, model.inputs - 1, text_rows};
  }
  throw std::logic_error("model.task");
}

}  // namespace

Samples read_samples(const std::string& path, const ModelPackage& model, int first, int most) {
  const NpzFile npz(path);
  const std::string suffix = npz.holds("x") ? "" : "_test";
  if (!npz.holds("x" + suffix)) throw DataError(path + ": holds no array 'x' or 'x_test'");
  const std::string x = "x" + suffix, y = "y" + suffix;
  auto values = npz.array(x);
  const auto kind = sample_kind(model, values.shape().size());
  expect_samples(values, kind.shape);
  const std::size_t there = values.shape().front();
  if (std::size_t(first) >= there)
    throw DataError(path + ": holds " + std::to_string(there) +
                    " samples; the first asked for is " + std::to_string(first));
  const std::size_t count = most == 0 ? there - std::size_t(first)
                                      : std::min(there - std::size_t(first), std::size_t(most));
  if (count > std::size_t(INT_MAX))
    values.reject("has " + std::to_string(count) + " samples; expected " + std::to_string(INT_MAX) +
                  " at most");
  Samples samples;
  samples.first = first;
  samples.count = static_cast<int>(count);
  samples.values = values.integers<std::uint8_t>(0, kind.largest, {std::size_t(first), count});
  if (!npz.holds(y)) {
    const std::string other = suffix.empty() ? "_test" : "";
    if (npz.holds("y" + other) && !npz.holds("x" + other))
      throw DataError(path + ": holds " + x + " and y" + other + "; the labels of " + x +
                      " are expected as " + y);
    return samples;
  }
  const bool of_tokens = config::predicts_tokens(model.task);
  auto labels = npz.array(y);
  expect_samples(labels, of_tokens ? kind.shape : std::vector<std::size_t>());
  if (labels.shape().front() != there)
    labels.reject("has " + std::to_string(labels.shape().front()) + " samples; expected " +
                  std::to_string(there) + ", as many as " + x);
  samples.labels = labels.integers<std::int32_t>(of_tokens ? -1 : 0, model.classes - 1,
                                                 {std::size_t(first), count});
  return samples;
}

std::vector<std::int8_t> embedding_rows(const Samples& samples, const ModelPackage& model) {
  const std::size_t each = samples.values.size() / std::size_t(samples.count);
  const std::size_t row_bytes = std::size_t(model.tokens) * std::size_t(model.inputs);
  std::vector<std::int8_t> rows(std::size_t(samples.count) * row_bytes, 0);
  Rows* convert = sample_kind(model, 0).rows;
  for (std::size_t s = 0; s < std::size_t(samples.count); ++s)
    convert(samples.values.data() + s * each, model, rows.data() + s * row_bytes);
  return rows;
}

}  // namespace topkima::workload
