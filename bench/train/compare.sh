#!/usr/bin/env bash
# Training speed: bitloom-train against the same networks in PyTorch's Python (peer.py), images/s over a whole epoch with loading and
# augmentation, after one epoch to warm up. Strictly alternating, because machines drift; prints medians and their ratios.
#
#   bench/train/compare.sh DATA_DIR [ROUNDS [THREADS [NETWORK...]]]
#
#   DATA_DIR   holds mnist/ (lenet5, dnn2fpga) and cifar10/ in its binary version (the others)
#   ROUNDS     default 3; THREADS default 2; NETWORK default: all of networks.py
#
# The peer runs as PyTorch comes (rows of channels) and with channels-last tensors, as bitloom-train has them; both with this machine's BLAS
# and as many threads. BITLOOM_PRECISION=bfloat16 compares in that. Needs python3-torch of LibTorch's version.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data_dir=${1:?usage: compare.sh DATA_DIR [ROUNDS [THREADS [NETWORK...]]]}
rounds=${2:-3} threads=${3:-2}
shift $(($# < 3 ? $# : 3))
networks=("$@")
[ ${#networks[@]} -gt 0 ] || networks=(lenet5 dnn2fpga alexnet-cifar resnet20 densenet21-hw mobilenetv2)
bin=${BITLOOM_BIN:-$here/../../build/release/bin}
precision=${BITLOOM_PRECISION:-float32}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# An epoch is to take seconds: so many of CIFAR-10's images, the first of each file.
cifar_images() {
  case $1 in densenet21-hw | mobilenetv2) echo 2500 ;; resnet20 | alexnet-cifar) echo 5000 ;; esac
}
make_data() {
  local images file
  ln -sfn "$(realpath "$data_dir")/mnist" "$scratch/mnist"
  images=$(cifar_images "$1")
  [ -n "$images" ] || return 0
  mkdir -p "$scratch/cifar10"
  find -L "$data_dir/cifar10" -name '*.bin' -o -name 'batches.meta.txt' | while read -r file; do
    case $file in
      *data_batch*) head -c $((images / 5 * 3073)) "$file" ;;
      *test_batch*) head -c $((1000 * 3073)) "$file" ;;
      *) cat "$file" ;;
    esac >"$scratch/cifar10/$(basename "$file")"
  done
}

recipe() {
  cat <<END
data: {set: $([ -n "$(cifar_images "$1")" ] && echo cifar10 || echo mnist)}
network: {name: $1}
augment: $([ -n "$(cifar_images "$1")" ] && echo '{pad: 4, flip: true}' || echo '{}')
train: {epochs: 2, batch: 128, optimizer: sgd, momentum: 0.9, learning_rate: 0.05, weight_decay: 0.0005, threads: $threads, precision: $precision}
END
}
ours() {
  "$bin/bitloom-train" --quiet train --recipe "$scratch/recipe.yaml" --data-dir "$scratch" --out "$scratch/run" --fresh
  tail -n 1 "$scratch/run/train/metrics.jsonl" | sed -E 's/.*"images_per_s":([0-9]+).*/\1/'
}
peer() {
  "$here/peer.py" "$@" --data-dir "$scratch" --threads "$threads" $([ "$precision" = float32 ] || echo --bfloat16) | tail -n 1
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

# The same network on both sides, or no comparison.
check_parameters() {
  local own theirs
  own=$("$bin/bitloom" inspect "$scratch/run/models/float.onnx" --json | sed -nE 's/.*"parameters": ?([0-9]+).*/\1/p' | tail -n 1)
  theirs=$("$here/peer.py" "$1" --data-dir "$scratch" --parameters)
  [ "$own" = "$theirs" ] || echo "note: $1 has $own numbers here and $theirs in PyTorch (BatchNorm's statistics count here)"
}

echo "$threads threads, $precision; images/s, medians of $rounds alternating rounds"
printf '%-14s %10s %10s %14s %12s %14s\n' network bitloom PyTorch channels-last "x PyTorch" "x channels-last"
for network in "${networks[@]}"; do
  rm -rf "$scratch"/*
  make_data "$network"
  recipe "$network" >"$scratch/recipe.yaml"
  for ((i = 1; i <= rounds; ++i)); do
    ours >>"$scratch/ours.txt"
    peer "$network" >>"$scratch/plain.txt"
    peer "$network" --channels-last >>"$scratch/channels_last.txt"
  done
  check_parameters "$network" >&2
  echo "$network $(median "$scratch/ours.txt") $(median "$scratch/plain.txt") $(median "$scratch/channels_last.txt")" |
    awk '{ printf "%-14s %10d %10d %14d %12.2f %14.2f\n", $1, $2, $3, $4, $2 / $3, $2 / $4 }'
done
