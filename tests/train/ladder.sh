#!/usr/bin/env bash
# The ladder on MNIST, short: a run whose second rung is good enough, one whose third is, one that finds which layers to leave in float; and bits of
# layers under a budget.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"
data=${BITLOOM_TEST_DATA:-$BITLOOM_SOURCE_DIR/../shared/data}
[ -s "$data/mnist/train-images-idx3-ubyte.gz" ] || { echo "skipped: no mnist below $data"; exit 77; }
recipe=$BITLOOM_SOURCE_DIR/recipes/mnist-ladder.yaml

# Of a summary's rungs: a line each, "NAME|taken or not|passed or not|kept or not".
rungs() {
  tr -d '\n' <"$1" | sed -E 's/.*"ladder": \{(.*)"max_drop".*/\1/' | grep -oE '\{[^{}]*"kept"[^{}]*\}' |
    sed -E 's/.*"kept": (true|false).*"name": "([^"]*)".*"passed": (true|false).*"top1": ([^,]*),.*/\2|\4|\3|\1/; s/\|[0-9.]+\|/|taken|/'
}
# expect_rungs FOLDER LINE...
expect_rungs() {
  cases=$((cases + 1))
  diff <(rungs "$1/summary.json") <(printf '%s\n' "${@:2}") >difference.txt || { fail "the rungs of $1 are not as expected:"; cat difference.txt; }
}

expect_success "$BITLOOM" run "$recipe" --data-dir "$data" --out second --set train.epochs=1
expect_rungs second "everything quantized|taken|false|false" "part in float: 1 of 5 layers|taken|false|false" \
  "part in float: 2 of 5 layers|taken|true|true"
expect_text second/report.html "good enough"
expect_text err.txt "node 'conv2' (Conv2d): stays in float, because its weights are float"
expect_success "$BITLOOM" eval second/models/int8.onnx --data mnist --data-dir "$data" --backend cpu --integer --images 100
expect_text err.txt "node 'conv2' (Conv2d): stays in float, because its weights are float"
expect_text err.txt "(cpu, integers and floats)"
expect_error 2 "stays in float" none "$BITLOOM" compile second/models/int8.onnx --target stream:xczu3eg --out none

from_float=(--data-dir "$data" --set network.name= --set network.model=second/models/float.onnx --set train.epochs=0)
expect_success "$BITLOOM" run "$recipe" "${from_float[@]}" --out third --set ladder.float_layers=convolutions --set quantized_training.epochs=1
expect_rungs third "everything quantized|taken|false|false" "part in float: 2 of 5 layers|taken|false|false" "trained|taken|true|true"
expect_success "$BITLOOM" run "$recipe" "${from_float[@]}" --out first --set quantize.weight_bits=8 --set quantize.activation_bits=8
expect_rungs first "everything quantized|taken|true|true"

expect_error 2 "bits are given for the layer 'conv3', which is no Conv2d or Gemm" none "$BITLOOM" run "$recipe" --data-dir "$data" --out none \
  --set quantize.layers.conv3=float
expect_error 2 "bits are given for the layer 'conv3', which is no Conv2d or Gemm" none "$BITLOOM" train "$recipe" --data-dir "$data" --out none \
  --set quantize.layers.conv3=float

# Half of what 8 bits cost: no layer keeps all, some keep more than 4, and the trainer takes the same widths.
expect_success "$BITLOOM" run "$recipe" "${from_float[@]}" --out mixed --set ladder.climb=false --set 'mixed_precision.bits=[2,3,4,6,8]' \
  --set mixed_precision.budget=0.5 --set precisions=true --set quantize.activation_bits=8 --set quantize.weight_bits=8 --set quantized_training.epochs=1
expect_text mixed/report.html "8 bits everywhere"
expect_text mixed/quantized/../recipe.yaml "fc1: {weights:"
for key in float64 float16 bfloat16 post_training; do
  cases=$((cases + 1))
  grep -qE "\"${key}_top1\": 9[5-9]" mixed/summary.json || fail "${key}_top1 is not as it should be: $(grep "$key" mixed/summary.json)"
done
expect_error 2 "the reference backend keeps tensors in float32; use --backend torch" "" "$BITLOOM" eval second/models/float.onnx --data mnist --precision float64
expect_error 2 "the network is quantized; give the float network" "" "$BITLOOM" eval mixed/models/int8.onnx --data mnist --data-dir "$data" --precision float16
bytes() { sed -nE 's/^ *"int_bytes": ([0-9]+),?$/\1/p' "$1/summary.json"; }
cases=$((cases + 1))
[ "$(bytes mixed)" -lt $((($(bytes first) * 60) / 100)) ] || fail "half of the bits take $(bytes mixed) bytes, 8 bits $(bytes first)"
expect_error 2 "the narrowest widths cost 0.250 of 8 bits, and the budget is 0.2" "" "$BITLOOM" run "$recipe" "${from_float[@]}" --out tight \
  --set 'mixed_precision.bits=[2,4]' --set mixed_precision.budget=0.2

expect_success "$BITLOOM" sensitivity second/models/float.onnx --data mnist --data-dir "$data" --images 100 --bits 2,8 --json
expect_text out.txt '"decibels"'
quantize=("$BITLOOM" quantize second/models/float.onnx --data mnist --data-dir "$data" --images 100 --out)
expect_success "${quantize[@]}" half.onnx --mixed 2,4,8 --budget 0.6 --cost mac-bits --layer fc3=8,8 --layer conv1=float
expect_text err.txt "of what 8 bits cost in bit operations"
expect_success "$BITLOOM" eval half.onnx --data mnist --data-dir "$data" --integer --backend cpu --images 1000 --json
expect_error 2 "bits are given for the layer 'conv9', which is no Conv2d or Gemm; did you mean 'conv" none.onnx "${quantize[@]}" none.onnx --layer conv9=4,4
expect_error 2 "is neither NAME=WEIGHTS,ACTIVATIONS nor NAME=float" none.onnx "${quantize[@]}" none.onnx --layer conv1=4
finish
