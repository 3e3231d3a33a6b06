#!/usr/bin/env bash
# The engine against the operators' references and LibTorch, whole evaluations in alternation: bench/engine/compare.sh MODEL SET [ROUNDS [OPTION...]]
#   bench/engine/compare.sh resnet8.onnx dir:CIFAR:test 3 --range 0,255 --images 2000
# Prints the median images/s of each backend, reading the images included, and how many times the reference's it is. A QDQ model runs as
# integers, too (LibTorch then as the file says).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -ge 2 ] || { sed -n '2,5s/^# \?//p' "$0" >&2; exit 2; }
model=$1 set=$2 rounds=${3:-3}
shift $(($# < 3 ? $# : 3))
bitloom=$root/build/release/bin/bitloom
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

integer=()
if "$bitloom" inspect "$model" --json | grep -q '"form": "integer"'; then integer=(--integer); fi

# rate BACKEND OPTION...  images/s of one evaluation
rate() {
  local backend=$1
  shift
  "$bitloom" eval "$model" --data "$set" --backend "$backend" --json "$@" 2>/dev/null |
    awk -F'[:,]' '/"images"/ { images = $2 } /"seconds"/ { seconds = $2 } END { printf "%.1f\n", images / seconds }'
}

for ((round = 1; round <= rounds; ++round)); do
  rate reference "${integer[@]}" "$@" >>"$work/reference"
  rate cpu "${integer[@]}" "$@" >>"$work/cpu"
  rate torch "$@" >>"$work/torch"
done
median() { sort -n "$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
base=$(median "$work/reference")
for backend in reference cpu torch; do
  median "$work/$backend" | awk -v name=$backend -v base="$base" '{ printf "%-10s %10.1f images/s  %6.2f times the reference\n", name, $1, $1 / base }'
done
