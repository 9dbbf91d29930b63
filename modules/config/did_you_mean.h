// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a message about a name that nothing has says of names that may have been meant.

#include <string>
#include <vector>

namespace topkima::config {

/// "; did you mean 'topk.k'?": those of `names` that `name` is close to, judged by what is behind
/// their dots. Empty when none is.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& names);

}  // namespace topkima::config
