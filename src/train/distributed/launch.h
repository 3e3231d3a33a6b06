#pragma once

#include <functional>
#include <string>

namespace bitloom::train {

/// What a launcher (torchrun, a line of Slurm's srun) says of the processes that train together: environment variables, one a member.
struct Launch {
  int rank = 0, size = 1;              ///< RANK, WORLD_SIZE
  int local_rank = 0, local_size = 1;  ///< LOCAL_RANK, LOCAL_WORLD_SIZE: of those on this machine; chooses the GPU and shares out threads
  std::string address;                 ///< MASTER_ADDR: the machine of rank 0
  int port = 0;                        ///< MASTER_PORT, on which rank 0 listens
  bool agent_listens = false;          ///< TORCHELASTIC_USE_AGENT_STORE: torchrun itself listens there
  int attempt = 0;                     ///< TORCHELASTIC_RESTART_COUNT
};

/// @param variable  the value of an environment variable, or null: getenv, but in tests
/// @return one process alone where neither RANK nor WORLD_SIZE is set
/// @throws InputError naming the variable that is missing, no number or out of range
Launch read_launch(const std::function<const char*(const char* name)>& variable);

}  // namespace bitloom::train
