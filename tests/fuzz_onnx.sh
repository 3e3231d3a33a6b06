#!/usr/bin/env bash
# Fuzzes the ONNX reader (tests/fuzz/README.md): opens mutated models under address and undefined-behaviour sanitizers.
#
#   tests/fuzz_onnx.sh [--corpus DIR] COUNT [JOBS]
#
#   COUNT         executions, as in 10000000, or seconds, as in 60s
#   JOBS          processes beside each other (default 1)
#   --corpus DIR  where models that reach new code are kept, with what was found (default build/fuzz/corpus). A count of executions goes on
#                 from those that the folder has seen: run it again after a break.
#
# Prints executions, coverage and findings. Exits 1 when there is a finding, 77 where clang cannot build fuzz targets.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
corpus=$root/build/fuzz/corpus
if [ "${1:-}" = --corpus ]; then
  mkdir -p "$2" && corpus=$(cd "$2" && pwd) || exit 2
  shift 2
fi
count=${1:-} jobs=${2:-1}
[[ $count =~ ^[1-9][0-9]*s?$ && $jobs =~ ^[1-9][0-9]*$ ]] || { sed -n 's/^# \?//; 2,9p' "$0" >&2; exit 2; }
data=${BITLOOM_ONNX_TESTDATA:-/usr/share/libonnx-testdata/data}
models=${BITLOOM_MODELS:-$root/../shared/models}
longest=6000  # bytes of a model; larger ones are slow to read and seldom reach more code
chunk=500000  # executions between two counts: what a break may lose
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

can_fuzz() {
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
    clang++ -x c++ -fsanitize=fuzzer,address,undefined - -o "$work/probe" 2>/dev/null
}

build() {
  (cd "$root" && cmake --preset fuzz && cmake --build build/fuzz --target onnx_fuzz onnx_fuzz_corpus) >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log"; echo "error: the fuzz target does not build"; exit 2; }
  cp "$root/build/fuzz/bin/onnx_fuzz" "$work/"  # the next build is not to change this run
}

# Seeds are made anew each time: small, and as the tools of today make them.
make_seeds() {
  local folders=() folder
  for folder in "$data" "$models"; do [ -d "$folder" ] && folders+=("$folder"); done
  [ ${#folders[@]} -gt 0 ] || { echo "skipped: no models to start from; apt-get install libonnx-testdata"; exit 77; }
  mkdir "$work/seeds"
  find "${folders[@]}" -name '*.onnx' -print0 | sort -z |
    xargs -0 -r "$root/build/fuzz/bin/onnx_fuzz_corpus" "$longest" "$work/seeds" || exit 2
}

# Models that other ones make superfluous cost time at every start.
shrink_corpus() {
  mkdir "$work/shrunk"
  "$work/onnx_fuzz" -merge=1 -max_len="$longest" "$work/shrunk" "$corpus/models" >"$work/merge.log" 2>&1 || return 0
  rm -rf "$corpus/models" && mv "$work/shrunk" "$corpus/models"
}

executions_done() { awk '{ sum += $1 } END { print sum + 0 }' "$corpus/executions"; }

# run_job NAME OPTION...  one process; its executions are added to the folder's
run_job() {
  local log=$work/$1.log status executions
  shift
  # Entropic scheduling takes more time than all else here, and comparisons say little to a mutator that knows the format.
  ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=1 \
    "$work/onnx_fuzz" -entropic=0 -use_cmp=0 -max_len="$longest" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256 \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="$corpus/findings/" "$@" "$corpus/models" "$work/seeds" >"$log" 2>&1
  status=$?
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "${executions:-0}" >>"$corpus/executions"
  [ $status -eq 0 ] || { grep -v '^#' "$log" | tail -n 60; return 1; }
}

# run_jobs OPTION...  $jobs of them beside each other
run_jobs() {
  local pids=() failed=0 job
  for ((job = 0; job < jobs; ++job)); do
    run_job "$job" "$@" &
    pids+=($!)
  done
  for job in "${pids[@]}"; do wait "$job" || failed=1; done
  sed -n 's/.*\(cov: [0-9]* ft: [0-9]* corp: [^ ]*\).*exec\/s: \([0-9]*\).*/\1 \2 executions\/s/p' "$work/0.log" | tail -n 1 >"$work/state"
  return $failed
}

can_fuzz || { echo "skipped: clang++ cannot build fuzz targets here; apt-get install clang"; exit 77; }
build
make_seeds
mkdir -p "$corpus/models" "$corpus/findings"
touch "$corpus/executions"
shrink_corpus
failed=0
if [[ $count = *s ]]; then
  run_jobs -seed=1 -max_total_time="${count%s}" || failed=1
else
  while [ $failed -eq 0 ] && [ "$(executions_done)" -lt "$count" ]; do
    run_jobs -runs=$chunk || failed=1
    printf '%s  %d of %d executions; %s\n' "$(date +%H:%M:%S)" "$(executions_done)" "$count" "$(cat "$work/state")"
  done
fi
findings=$(find "$corpus/findings" -type f | sort)
printf '%d executions, %s, %d findings\n' "$(executions_done)" "$(cat "$work/state")" "$(grep -c . <<<"$findings")"
[ -z "$findings" ] || printf 'again with: build/fuzz/bin/onnx_fuzz FILE\n%s\n' "$findings"
[ $failed -eq 0 ] && [ -z "$findings" ]
