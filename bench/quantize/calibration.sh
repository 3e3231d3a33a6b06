#!/usr/bin/env bash
# What calibrating costs over evaluating: processor time of `bitloom quantize` with each calibration and of `bitloom eval` on the engine, on as many
# images, one thread, strictly alternating, because machines drift; prints the median of each ratio and the highest.
#
#   bench/quantize/calibration.sh MODEL SET [ROUNDS [OPTION...]]
#   bench/quantize/calibration.sh resnet8.onnx cifar10 5 --data-dir DIR --range 0 255
#
#   MODEL   float
#   ROUNDS  default 5
#   OPTION  of both commands; --images is 1000
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -ge 2 ] || { sed -n '5,6s/^# *//p' "$0" >&2; exit 2; }
model=$1 set=$2 rounds=${3:-5}
shift $(($# < 3 ? $# : 3))
bitloom=${BITLOOM_BIN:-$root/build/release/bin}/bitloom
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BITLOOM_THREADS=1

# seconds COMMAND...  of the processor, in user mode
seconds() {
  local TIMEFORMAT=%U
  { time "$@" >"$work/out.txt" 2>"$work/err.txt"; } 2>&1 || { cat "$work/err.txt" >&2; exit 1; }
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

calibrations=(min-max moving-average percentile mse entropy)
for ((round = 1; round <= rounds; ++round)); do
  for calibration in "${calibrations[@]}"; do
    evaluating=$(seconds "$bitloom" --quiet eval "$model" --data "$set:train" --backend cpu --images 1000 "$@")
    calibrating=$(seconds "$bitloom" --quiet quantize "$model" --data "$set" --calibration "$calibration" --images 1000 --out "$work/q.onnx" "$@")
    awk "BEGIN { printf \"%.3f\n\", $calibrating / $evaluating }" >>"$work/$calibration"
  done
done
printf '%-16s %8s %8s\n' calibration median highest
for calibration in "${calibrations[@]}"; do
  printf '%-16s %8s %8s\n' "$calibration" "$(median "$work/$calibration")" "$(sort -n "$work/$calibration" | tail -n 1)"
done
