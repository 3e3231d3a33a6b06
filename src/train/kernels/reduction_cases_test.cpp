#include "train/kernels/cases.h"

namespace bitloom::train {

std::vector<Case> reduction_cases() { return {}; }

}  // namespace bitloom::train
