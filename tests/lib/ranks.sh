# Sourced by tests that train in several processes (bash), after expect.sh.

# free_port: a port of this machine on which nobody listens, below those that the system hands out itself.
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# start_ranks SIZE COMMAND...: starts COMMAND SIZE times as torchrun would; rank K is process pids[K] and writes to rank$K.txt. Words of
# COMMAND may hold @RANK@.
start_ranks() {
  local size=$1 rank port
  shift
  port=$(free_port)
  pids=()
  for ((rank = 0; rank < size; ++rank)); do
    RANK=$rank WORLD_SIZE=$size LOCAL_RANK=$rank LOCAL_WORLD_SIZE=$size MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
      "${@//@RANK@/$rank}" >rank$rank.txt 2>&1 </dev/null &
    pids[rank]=$!
  done
}

# expect_ends CODE...: rank K ends with the K-th CODE; where it is an error (1 or 2) with exactly one line that says so, the last.
expect_ends() {
  local rank=0 code status
  for code; do
    wait "${pids[rank]}" 2>/dev/null
    status=$?
    cases=$((cases + 1))
    [ $status -eq "$code" ] || { fail "rank $rank ended with $status, not $code:"; tail -5 rank$rank.txt; }
    if [ "$code" = 1 ] || [ "$code" = 2 ]; then
      [ "$(grep -c '^error: ' rank$rank.txt)" = 1 ] && tail -n 1 rank$rank.txt | grep -q '^error: ' ||
        { fail "rank $rank: not one error line at the end:"; cat rank$rank.txt; }
    fi
    rank=$((rank + 1))
  done
}

# until_running CONDITION...: waits for CONDITION while rank 0 lives.
until_running() { until "$@" || ! kill -0 "${pids[0]}" 2>/dev/null; do sleep 0.02; done; }
