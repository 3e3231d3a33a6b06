#!/usr/bin/env bash
# How far the cost model (src/fpga/cost) is from what the tools count: every block over a sweep of parameters, for each family one table
# and its errors, and the coefficients of a fresh fit as src/fpga/cost/coefficients.cpp wants them. Minutes a family.
#
#   bench/fpga_cost/run.sh [FAMILY...]      FAMILY: xcup, xc7, ice40; all of them by default
#
# Tables are left in build/fpga_cost/FAMILY.tsv; the summary and the fit go to the terminal.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
families=("$@")
[ ${#families[@]} -gt 0 ] || families=(xcup xc7 ice40)
cmake --build "$root/build/release" --target fpga_cost_sweep
for family in "${families[@]}"; do
  work=$root/build/fpga_cost/$family
  mkdir -p "$work"
  "$root/build/release/bin/fpga_cost_sweep" "$family" "$work" >"$work.tsv"
  printf '\n%s\n' "$family"
  grep -v -P '\t' "$work.tsv"
done
