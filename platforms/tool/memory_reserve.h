// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory for when there is none left: what ends then in an orderly way, and says so, needs some.

namespace topkima::platforms {

/// Keeps a reserve from now on. The first allocation that finds no memory is served from
/// it; the next one that finds none has the rest given back, for what is tidied up, and throws
/// std::bad_alloc. Where that meets something that must not throw, such as the destructor of a JSON
/// value, which allocates, the process ends with exit code 4 and a line on standard error. To be
/// called again where work goes on after a std::bad_alloc.
void keep_memory_reserve();

/// What a user is told.
inline constexpr const char* out_of_memory = "not enough memory for this workload";

}  // namespace topkima::platforms
