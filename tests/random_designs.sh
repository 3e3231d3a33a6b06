#!/usr/bin/env bash
# Random networks with random foldings for the FPGA: each as simulated RTL, with and without stalls, against the reference, and at the pace
# of its slowest unit. Says how many were equal; exits 1 unless all were.
#
#   random_designs.sh [COUNT [FIRST]]      COUNT designs (default 200) from seed FIRST (default 1) on
#
# Runs src/fpga/eda/random_designs_test.cpp in the built binary: FPGA_TEST, or build/release/bin/fpga_test.
set -uo pipefail
count=${1:-200} first=${2:-1}
fpga_test=${FPGA_TEST:-$(dirname "$0")/../build/release/bin/fpga_test}
[ -x "$fpga_test" ] || { echo "error: $fpga_test is not there; build it: cmake --build build/release --target fpga_test" >&2; exit 2; }

equal=0
for ((seed = first; seed < first + count; ++seed)); do
  if output=$(BITLOOM_RANDOM_DESIGNS=$seed,1 "$fpga_test" --gtest_filter='RandomDesigns.*' 2>&1) &&
    grep -q '^\[  PASSED  \] 1 test' <<<"$output"; then  # a filter that finds no test ends with 0, too
    equal=$((equal + 1))
  else
    printf 'seed %d:\n%s\n' "$seed" "$output"
  fi
done
echo "$equal of $count designs equal the reference and keep their pace (seeds $first to $((first + count - 1)))"
[ "$equal" -eq "$count" ]
