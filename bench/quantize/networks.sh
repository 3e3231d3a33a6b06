# What mnist.sh and cifar10.sh share: networks trained once and kept under $runs, quantized, and evaluated on all test images of $set.
shopt -s inherit_errexit
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bitloom=${BITLOOM_BIN:-$root/build/release/bin}/bitloom

# read_arguments DATA_DIR RUNS [NETWORK...]  into data_dir, runs and networks, by default those of $all
read_arguments() {
  [ $# -ge 2 ] || { sed -n 's/^#   \(bench\)/\1/p' "$0" >&2; exit 2; }
  data_dir=$1 runs=$2
  shift 2
  [ $# -gt 0 ] && networks=("$@") || networks=("${all[@]}")
}
# trained RUN RECIPE KEY=VALUE...  with one thread, so that several networks may be trained beside each other
trained() {
  local out=$runs/$1 recipe=$root/recipes/$2.yaml
  shift 2
  "$bitloom" --quiet train "$recipe" --data-dir "$data_dir" --out "$out" --set train.threads=1 "${@/#/--set=}" >&2
}
# trained_float NETWORK RECIPE KEY=VALUE...  prints its file
trained_float() {
  trained "$@" && echo "$runs/$1/models/float.onnx"
}
# top1 FILE OPTION...  of all test images, in percent
top1() {
  local file=$1
  shift
  "$bitloom" --quiet eval "$file" --data "$set:test" --data-dir "$data_dir" --json "$@" | awk '/"top1"/ { printf "%.2f\n", $2 }'
}
integer_top1() { top1 "$1" --backend cpu --integer; }
# after_training FLOAT OPTION...  top-1 of the integer network that `bitloom quantize` makes with these options of 1,000 training images
after_training() {
  local float=$1 file=$runs/after-training.$$.onnx
  shift
  "$bitloom" --quiet quantize "$float" --data "$set" --data-dir "$data_dir" --images 1000 --out "$file" "$@" >&2
  integer_top1 "$file"
  rm -f "$file"
}
# trained_through RUN FLOAT RECIPE KEY=VALUE...  top-1 of the integer network trained through its quantization, and of the simulated one
trained_through() {
  local run=$1 float=$2 recipe=$3
  shift 3
  trained "$run" "$recipe" "network.model=$float" "$@"
  local file=$runs/$run/quantized/models/quantized.onnx
  echo "$(integer_top1 "$file") ($(top1 "$file" --backend torch))"
}
# figure WHAT COMMAND...  a line of $network as soon as it is known: some figures take an hour
figure() {
  local percent
  percent=$("${@:2}")
  printf '%-16s %-34s %s\n' "$network" "$1" "$percent"
}
