#!/usr/bin/env bash
# The whole way, short: one epoch of the digits recipe to a bitstream, run twice, and its gate when too much is asked of it.
. "$BITLOOM_SOURCE_DIR/tests/lib/expect.sh"
recipe=$BITLOOM_SOURCE_DIR/recipes/digits.yaml
short=(--set train.epochs=1 --set verify.images=10 --set verify.icarus_images=1)

number() { sed -nE "s/^ *\"$1\": ([0-9.]+),?$/\1/p" "$2" | head -n 1; }

expect_success "$BITLOOM" run "$recipe" --out run "${short[@]}"
for file in recipe.yaml summary.json report.html models/float.onnx models/int8.onnx train/metrics.jsonl hardware/README.md \
  hardware/design.json hardware/sources.f hardware/verify.json hardware/synth.json; do
  cases=$((cases + 1))
  [ -s run/$file ] || fail "run/$file is missing"
done
expect_text run/summary.json '"mismatches": 0'
expect_text run/summary.json '"icarus_mismatches": 0'
expect_text run/summary.json '"fits": true'
cases=$((cases + 3))
[ -n "$(find run/hardware -name '*.bin' -size +1k)" ] || fail "no bitstream"
fmax=$(number fmax_mhz run/hardware/synth.json)
awk "BEGIN { exit !(${fmax:-0} >= 24) }" || fail "fmax ${fmax:-none} MHz is below the oscillator's 24"
top1=$(number int_top1 run/summary.json)
awk "BEGIN { exit !(${top1:-0} >= 80) }" || fail "int_top1 ${top1:-none} % after one epoch: it has not learnt"

# Again: the training is not repeated, the answers are the same.
cp run/models/int8.onnx before.onnx
expect_success "$BITLOOM" run "$recipe" --out run "${short[@]}" --set synth=false
cases=$((cases + 1))
cmp -s before.onnx run/models/int8.onnx || fail "the second run gave another model"

# What stands alone: verify, synth and eval on what the run left.
expect_success "$BITLOOM" verify run/hardware --images 3 --icarus-images 0 --json
expect_text out.txt '"mismatches": 0'
expect_success "$BITLOOM" eval run/models/int8.onnx --data digits --images 500 --integer --json
expect_text out.txt '"images": 500'
grep -v seconds out.txt >reference.txt
expect_success "$BITLOOM" eval run/models/int8.onnx --data digits --images 500 --integer --backend cpu --json
cases=$((cases + 1))
grep -v seconds out.txt | cmp -s - reference.txt || fail "the engine answers otherwise than the reference"
expect_error 2 "LibTorch does not run integer networks; use --backend cpu" "" "$BITLOOM" eval run/models/int8.onnx --data digits --integer --backend torch
expect_success "$BITLOOM" inspect run/models/int8.onnx --target cpu --json
expect_text out.txt '"kernel": "conv2d s16"'

# Repairs after training, all of them: three-bit weights that keep more than rounding to the nearest, and the notes say what changed.
narrow=(run/models/float.onnx --data digits --images 200 --bits 3,8)
expect_success "$BITLOOM" quantize "${narrow[@]}" --out nearest.onnx
expect_success "$BITLOOM" quantize "${narrow[@]}" --absorb-bias --correct-bias --rounding adaround --rounding-steps 200 --out repaired.onnx
expect_text err.txt "weights not rounded to the nearest, squared error of the output"
expect_text err.txt "biases corrected by up to"
for model in nearest repaired; do
  expect_success "$BITLOOM" eval $model.onnx --data digits:test --images 1000 --integer --backend cpu --json
  cp out.txt $model.json
done
cases=$((cases + 1))
awk "BEGIN { exit !($(number top1 repaired.json) >= $(number top1 nearest.json) + 1) }" ||
  fail "repairs give $(number top1 repaired.json) %, rounding to the nearest $(number top1 nearest.json) %"
expect_error 2 "--rounding: stochastic not in" "" "$BITLOOM" quantize "${narrow[@]}" --rounding stochastic --out none.onnx

# The gate: ranges that hold only half of the values lose more than a tenth of a point; the run says so, and its report is written all the same.
expect_error 1 "points below float" "" "$BITLOOM" run "$recipe" --out gate "${short[@]}" --set quantize.calibration=percentile \
  --set quantize.percentile=50 --set quantize.max_drop=0.1
expect_text gate/report.html "points below float"
expect_success "$BITLOOM" run "$recipe" --out repaired "${short[@]}" --set hardware.target= --set quantize.rounding=adaround \
  --set quantize.rounding_steps=100 --set quantize.correct_bias=true
expect_text repaired/report.html "weights not rounded to the nearest"
finish
