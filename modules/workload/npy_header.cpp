// SPDX-License-Identifier: Apache-2.0
#include "workload/npy_header.h"

#include <algorithm>
#include <charconv>

namespace topkima::workload {
namespace {

constexpr std::size_t most_dimensions = 64;  // NumPy's own limit
constexpr int deepest = 32;                  // brackets in brackets of a structured type
constexpr std::size_t longest_type = 60;     // of what a message repeats

/// The few words of Python that such a dictionary is made of.
class Literal {
 public:
  explicit Literal(std::string_view text) : text_(text) {}

  /// Takes `c` if it comes next.
  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("expected '") + c + "'");
  }
  void expect_end() {
    skip_blanks();
    if (at_ != text_.size()) fail("expected nothing behind the dictionary");
  }
  bool string_follows() {
    skip_blanks();
    return at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"');
  }
  std::string string();
  bool boolean();
  std::size_t size();
  /// A string, number or word, or a tuple or list of such: its text.
  std::string value();

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw MalformedHeader(what + " at character " + std::to_string(at_ + 1));
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\n\r\f\v").find(text_[at_]) != text_.npos)
      ++at_;
  }
  std::string_view word();
  void skip_value(int depth);

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string Literal::string() {
  if (!string_follows()) fail("expected a string in quotes");
  const char quote = text_[at_++];
  const auto end = text_.find(quote, at_);
  if (end == text_.npos) fail("the string has no end");
  const auto content = text_.substr(at_, end - at_);
  if (content.find_first_of("\\\n") != text_.npos) fail("the string holds an escape");
  at_ = end + 1;
  return std::string(content);
}

/// Letters and digits.
std::string_view Literal::word() {
  skip_blanks();
  const std::size_t begin = at_;
  const auto belongs = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  while (at_ < text_.size() && belongs(text_[at_])) ++at_;
  if (at_ == begin) fail("expected a value");
  return text_.substr(begin, at_ - begin);
}

bool Literal::boolean() {
  const auto given = word();
  if (given != "True" && given != "False") fail("expected True or False");
  return given == "True";
}

std::size_t Literal::size() {
  auto digits = word();
  if (digits.back() == 'L') digits.remove_suffix(1);  // a long integer, of Python 2
  std::size_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) fail("expected a size, 0..2^64 - 1,");
  return number;
}

void Literal::skip_value(int depth) {
  if (depth > deepest) fail("too many brackets");
  if (string_follows()) {
    string();
    return;
  }
  const bool tuple = take('(');
  if (!tuple && !take('[')) {
    word();
    return;
  }
  const char close = tuple ? ')' : ']';
  while (!take(close)) {
    skip_value(depth + 1);
    if (take(',')) continue;
    expect(close);
    return;
  }
}

std::string Literal::value() {
  skip_blanks();
  const std::size_t begin = at_;
  skip_value(0);
  return std::string(text_.substr(begin, at_ - begin));
}

std::vector<std::size_t> parse_shape(Literal& literal) {
  std::vector<std::size_t> shape;
  literal.expect('(');
  while (!literal.take(')')) {
    shape.push_back(literal.size());
    if (shape.size() > most_dimensions)
      throw MalformedHeader("more than " + std::to_string(most_dimensions) + " dimensions");
    // (3) is no tuple, but a number in brackets.
    if (shape.size() > 1 && literal.take(')')) break;
    literal.expect(',');
  }
  return shape;
}

/// The parts of a type such as '<f4'. A type of another form has no kind.
NpyType parse_type(const std::string& text) {
  NpyType type;
  type.text = text;
  std::string_view rest = text;
  if (rest.empty()) return type;
  const char order = rest.front();
  if (std::string_view("<>=|").find(order) != rest.npos) rest.remove_prefix(1);
  if (rest.empty()) return type;
  const char kind = rest.front();
  rest.remove_prefix(1);
  if (std::string_view("biufcmMOSUVa").find(kind) == rest.npos) return type;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), type.bytes);
  const bool sized = read.ec == std::errc();
  const std::string_view behind = sized ? rest.substr(std::size_t(read.ptr - rest.data())) : rest;
  const bool timed = (kind == 'm' || kind == 'M') && !behind.empty() && behind.front() == '[';
  if ((!sized && kind != 'O') || (!behind.empty() && !timed)) return type;
  const auto one_of = [&](std::initializer_list<std::size_t> sizes) {
    return std::count(sizes.begin(), sizes.end(), type.bytes) > 0;
  };
  if ((kind == 'i' || kind == 'u') && !one_of({1, 2, 4, 8})) return type;
  if (kind == 'f' && !one_of({2, 4, 8, 12, 16})) return type;
  type.kind = kind;
  type.swapped = order == '>' && type.bytes > 1;
  return type;
}

NpyType read_type(Literal& literal) {
  if (literal.string_follows()) return parse_type(literal.string());
  NpyType type;
  type.text = literal.value();
  return type;
}

std::string meaning(const NpyType& type) {
  const auto bits = [&](const char* name) { return name + std::to_string(8 * type.bytes); };
  switch (type.kind) {
    case 'i': return bits("int");
    case 'u': return bits("uint");
    case 'f': return bits("float");
    case 'c': return bits("complex");
    case 'b': return "booleans";
    case 'm':
    case 'M': return "times";
    case 'O': return "Python objects";
    case 'S':
    case 'a':
    case 'U': return "texts";
    case 'V':
      return std::to_string(type.bytes) + " bytes without a meaning" +
             (type.bytes == 2 ? ", as which bfloat16 is stored" : "");
    default: break;
  }
  const char first = type.text.empty() ? '\0' : type.text.front();
  return first == '[' || first == '(' ? "several fields a value" : "no type of NumPy's";
}

}  // namespace

std::string NpyType::description() const {
  const bool cut = text.size() > longest_type;
  return "'" + text.substr(0, longest_type) + (cut ? "..." : "") + "' (" + meaning(*this) + ")";
}

NpyHeader parse_npy_header(std::string_view text) {
  NpyHeader header;
  bool has_type = false, has_order = false, has_shape = false;
  const auto once = [](bool& seen, const std::string& key) {
    if (seen) throw MalformedHeader("'" + key + "' is given twice");
    seen = true;
  };
  Literal literal(text);
  literal.expect('{');
  while (!literal.take('}')) {
    const std::string key = literal.string();
    literal.expect(':');
    if (key == "descr") {
      once(has_type, key);
      header.type = read_type(literal);
    } else if (key == "fortran_order") {
      once(has_order, key);
      header.fortran_order = literal.boolean();
    } else if (key == "shape") {
      once(has_shape, key);
      header.shape = parse_shape(literal);
    } else {
      throw MalformedHeader("unknown key '" + key.substr(0, longest_type) + "'");
    }
    if (literal.take(',')) continue;
    literal.expect('}');
    break;
  }
  literal.expect_end();
  if (!has_type || !has_order || !has_shape)
    throw MalformedHeader("expected the keys 'descr', 'fortran_order' and 'shape'");
  return header;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (const auto n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

}  // namespace topkima::workload
