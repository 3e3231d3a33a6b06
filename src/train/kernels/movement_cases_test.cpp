#include "train/kernels/cases.h"

namespace bitloom::train {

std::vector<Case> movement_cases() { return {}; }

}  // namespace bitloom::train
