#!/usr/bin/env bash
# How long `bitloom inspect` takes to load and clean a float ResNet-50 of 102 MB, and how much memory, beside a bitloom that loads nothing:
# the median of five runs, with the weights in the model's file and in one beside it.
#
#   bench/onnx_load/run.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$root/build/release/bin
cmake --build "$root/build/release" --target bitloom onnx_load_model onnx_load_measure >&2
work=$root/build/onnx_load
mkdir -p "$work"
"$bin/onnx_load_model" "$work/inside.onnx"
"$bin/onnx_load_model" "$work/beside.onnx" beside.weights

# median COMMAND...   "seconds MB" of the run with the median time
median() { for _ in 1 2 3 4 5; do "$bin/onnx_load_measure" "$@"; done | sort -n | sed -n 3p; }

read -r idle_seconds idle_mb <<<"$(median "$bin/bitloom" --help)"
printf 'bitloom --help: %s s, %s MB\n' "$idle_seconds" "$idle_mb"
for model in inside beside; do
  bytes=$(cat "$work/$model".* | wc -c)
  read -r seconds mb <<<"$(median "$bin/bitloom" inspect "$work/$model.onnx")"
  awk -v model="$model" -v bytes="$bytes" -v s="$seconds" -v mb="$mb" -v idle="$idle_mb" \
    'BEGIN { printf "weights %s: %.1f MB of files, %s s, peak %.1f MB more, %.2f times the files\n", model, bytes / 1e6, s, mb - idle, (mb - idle) / (bytes / 1e6) }'
done
