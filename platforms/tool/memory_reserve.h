// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory for when there is none left: what ends then in an orderly way, and says so, needs some.

namespace topkima::platforms {

/// Keeps a reserve from now on. The first allocation that finds no memory is served from
/// it; the next one that finds none has the rest given back, for what is tidied up, and throws
/// std::bad_alloc. Where that meets something that must not throw, such as the destructor of a JSON
/// value, which allocates, the process ends with exit code 4 and `line` on standard error.
void keep_memory_reserve(const char* line);
/// The same once more, where work goes on after a std::bad_alloc.
void restore_memory_reserve();

}  // namespace topkima::platforms
