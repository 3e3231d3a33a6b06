#pragma once

// The operators that treat each element by itself.
#include "ir/ops/binary.h"
#include "ir/ops/cast.h"
#include "ir/ops/unary.h"
