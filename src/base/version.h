#pragma once

namespace bitloom {

/// "0.1.0", or in a checkout "0.1.0+abc1234" with "-dirty" when files differ from that commit.
const char* version();

}  // namespace bitloom
