#!/usr/bin/env bash
# Bad input: one clear line, exit 2 (1 where the work was understood and its result is not good enough), nothing written, nothing lost.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"
. "$BITLOOM_SOURCE_DIR/tests/lib/noise_set.sh"
. "$BITLOOM_SOURCE_DIR/tests/lib/onnx_bytes.sh"

write_noise_set data 300 100
cat >noise.yaml <<'Y'
data: {set: mnist}
network: {name: dnn2fpga}
train: {epochs: 1, batch: 50}
quantize: {max_drop: 100}
Y
run=("$BITLOOM" run noise.yaml --data-dir data)

# Recipes.
printf 'data: {set: mnist}\nnetwork:\n  name: dnn2fpga\ntrain:\n  epoch: 3\n' >typo.yaml
expect_error 2 "typo.yaml:5: unknown key 'epoch' in 'train'; did you mean 'epochs'?" runs "$BITLOOM" run typo.yaml
expect_error 2 "--set train.epoch=3: unknown key 'epoch' in 'train'; did you mean 'epochs'?" runs "${run[@]}" --set train.epoch=3
expect_error 2 "did you mean 'dnn2fpga'?" runs "${run[@]}" --set network.name=dnn2fgpa
expect_error 2 "did you mean 'mnist'?" runs "${run[@]}" --set data.set=mnits
expect_error 2 "did you mean 'xczu3eg'?" runs "${run[@]}" --set hardware.target=stream:xczu3ge
expect_error 2 "stream:" runs "${run[@]}" --set hardware.target=gpu:h100
expect_error 2 "unknown part 'nosuchpart'" out "$BITLOOM" compile noise.onnx --target stream:nosuchpart --out out

# IDX files.
mkdir -p short/mnist wrong/mnist labels/mnist
cp data/mnist/* short/mnist/
head -c 5000 data/mnist/train-images-idx3-ubyte >short/mnist/train-images-idx3-ubyte
expect_error 2 "train-images-idx3-ubyte" runs "$BITLOOM" run noise.yaml --data-dir short
expect_text err.txt "truncated"
cp data/mnist/* wrong/mnist/
cp data/mnist/train-labels-idx1-ubyte wrong/mnist/train-images-idx3-ubyte
expect_error 2 "train-images-idx3-ubyte" runs "$BITLOOM" run noise.yaml --data-dir wrong
expect_text err.txt "magic"
cp data/mnist/* labels/mnist/
cp data/mnist/t10k-labels-idx1-ubyte labels/mnist/train-labels-idx1-ubyte
expect_error 2 "train-labels-idx1-ubyte" runs "$BITLOOM" run noise.yaml --data-dir labels
expect_error 2 "train-images-idx3-ubyte" runs "$BITLOOM" run noise.yaml --data-dir nowhere

# ONNX files. src/onnx/refuse_onnx_test.cpp has the long list; these go the whole way to the exit code.
onnx_file good.onnx "$(image x 1 3 8 8)" "$(node Relu y x)" "$(output y)"
expect_success "$BITLOOM" inspect good.onnx
onnx_file cycle.onnx "$(image x 1 3 8 8)" "$(node Add a x b)" "$(node Relu b a)" "$(output b)"
expect_error 2 "cycle.onnx: node 'a' (Add): input 'b' is not computed before it" "" "$BITLOOM" inspect cycle.onnx
onnx_file twice.onnx "$(image x 1 3 8 8)" "$(node Relu y x)" "$(node Tanh y x)" "$(output y)"
expect_error 2 "twice.onnx: node 'y' (Tanh): its output 'y' is already the name of another tensor" "" "$BITLOOM" inspect twice.onnx
onnx_file huge.onnx "$(image x 1 $((1 << 40)) $((1 << 40)) 8)" "$(node Relu y x)" "$(output y)"
expect_error 2 "huge.onnx: input 'x': impossible dimensions 1x1099511627776x1099511627776x8" "" "$BITLOOM" inspect huge.onnx
onnx_file many.onnx "$(image x 1 3 8 8)" "$(node Relu y x x)" "$(output y)"
expect_error 2 "many.onnx: node 'y' (Relu): 2 inputs, where it takes 1 to 1" "" "$BITLOOM" inspect many.onnx
mkdir models && head -c 12 /dev/zero >secret.bin
onnx_file models/slip.onnx "$(image x 1 3)" "$(weights ../secret.bin w 3)" "$(node Add y x w)" "$(output y)"
expect_error 2 "models/slip.onnx: initializer 'w': its data lie in '../secret.bin', outside the model's folder" "" "$BITLOOM" inspect models/slip.onnx
onnx_file beside.onnx "$(image x 1 3)" "$(weights secret.bin w 3)" "$(node Add y x w)" "$(output y)"
expect_success "$BITLOOM" inspect beside.onnx
onnx_file gone.onnx "$(image x 1 3)" "$(weights gone.bin w 3)" "$(node Add y x w)" "$(output y)"
expect_error 2 "gone.onnx: initializer 'w': its data file 'gone.bin' cannot be read" "" "$BITLOOM" inspect gone.onnx

# Quantization.
printf '\xff\xff\x7f\x7f%.0s' $(seq 7840) >huge.bin && head -c 31360 /dev/zero >zero.bin
onnx_file float.onnx "$(image x 1 1 28 28)" "$(weights zero.bin w 10 1 28 28)" "$(node Conv y x w)" "$(output y)"
onnx_file infinite.onnx "$(image x 1 1 28 28)" "$(weights huge.bin w 10 1 28 28)" "$(node Conv y x w)" "$(output y)"
quantize=("$BITLOOM" quantize float.onnx --data digits --images 2 --out q.onnx)
expect_error 2 "--bits: Value 0 not in range 1 to 16" q.onnx "${quantize[@]}" --bits 0,8
expect_error 2 "--bits: Value 17 not in range 1 to 16" q.onnx "${quantize[@]}" --bits 8,17
expect_error 2 "--first-last-bits: Value 17 not in range 1 to 16" q.onnx "${quantize[@]}" --first-last-bits 17
expect_error 2 "--group: Value 0 not in range 1 to 1000000" q.onnx "${quantize[@]}" --group 0
expect_error 2 "--images: Value 0 not in range 1 to 1000000" q.onnx "${quantize[@]}" --images 0
expect_error 2 "--budget requires --mixed" q.onnx "${quantize[@]}" --budget 0.5
expect_error 2 "--first-last-bits excludes --mixed" q.onnx "${quantize[@]}" --mixed 2,4 --first-last-bits 8
expect_error 2 "--percentile: is of one calibration, and --calibration is min-max; add" q.onnx "${quantize[@]}" --percentile 99
expect_error 2 "--rounding-steps: are AdaRound's, and --rounding is nearest; add" q.onnx "${quantize[@]}" --rounding-steps 100
expect_error 2 "bits are given for the layer 'nosuch', which is no Conv2d or Gemm" q.onnx "${quantize[@]}" --mixed 2,4 --layer nosuch=8,8
expect_error 2 "the narrowest widths cost 0.500 of 8 bits, and the budget is 0.3" q.onnx "${quantize[@]}" --mixed 4,8 --budget 0.3
expect_error 2 "range, mean and std must be finite numbers" q.onnx "$BITLOOM" quantize float.onnx --dynamic --out q.onnx --mean nan
layer=$("$BITLOOM" inspect float.onnx | awk '$2 == "Conv2d" { print $1; exit }')
expect_error 2 "--layer $layer=2,2: gives this layer bits a second time; leave one of them out" q.onnx "${quantize[@]}" --layer $layer=8,8 --layer $layer=2,2
expect_error 2 "is neither NAME=WEIGHTS,ACTIVATIONS nor NAME=float" q.onnx "${quantize[@]}" --layer $layer=4294967300,4
expect_error 2 "quantize: group = 2 without per_channel" q.onnx "${quantize[@]}" --group 2 --per-tensor
expect_error 2 "asymmetric weights of one bit, which are signs and have no zero point" q.onnx "${quantize[@]}" --asymmetric-weights --bits 1,8
expect_error 2 "no --data to find the ranges of activations on; give it, or --dynamic" q.onnx "$BITLOOM" quantize float.onnx --out q.onnx
expect_error 2 "infinite.onnx: node 'y' (Conv2d): is inf on calibration image 0" q.onnx \
  "$BITLOOM" quantize infinite.onnx --data digits --images 2 --out q.onnx
expect_success "${quantize[@]}" # of weights and activations that are all 0
expect_success "${quantize[@]}" --asymmetric-weights --rounding adaround
for bits in 1,1 3,5 8,8 12,12; do
  expect_success "$BITLOOM" quantize float.onnx --data digits --images 2 --bits $bits --out zeros.onnx
  expect_success "$BITLOOM" eval zeros.onnx --data digits --images 2 --integer --backend cpu
done
dynamic=("$BITLOOM" quantize float.onnx --dynamic --out d.onnx)
expect_error 2 "--dynamic excludes --calibration" d.onnx "${dynamic[@]}" --calibration mse
expect_error 2 "mean and std take one number a channel, 1 for this network" d.onnx "${dynamic[@]}" --mean 0.1,0.2
expect_error 2 "--dynamic takes no --data" d.onnx "${dynamic[@]}" --data digits
expect_error 2 "dynamic ranges: other widths than 8 bits" d.onnx "${dynamic[@]}" --bits 4,8
expect_error 2 "dynamic ranges: power-of-two scales" d.onnx "${dynamic[@]}" --power-of-two
expect_error 2 "dynamic ranges: a repair that looks at images" d.onnx "${dynamic[@]}" --correct-bias
expect_success "${dynamic[@]}"
expect_success "$BITLOOM" eval d.onnx --data digits --images 2 --backend cpu
expect_error 2 "(DynamicQuantize): has no integer form: its range is found anew for each image" "" \
  "$BITLOOM" eval d.onnx --data digits --images 2 --integer
expect_error 2 "(DynamicQuantize): has no integer form" hw "$BITLOOM" compile d.onnx --target stream:xczu3eg --out hw

# Downloads. src/get has the tests against a server.
expect_error 2 "no data set 'mnits' can be downloaded; did you mean 'mnist'?" got "$BITLOOM" data get mnits --data-dir got
expect_error 2 "mnist: no data folder is given; pass --data-dir DIR or set BITLOOM_DATA" "" env -u BITLOOM_DATA "$BITLOOM" data get mnist
expect_error 2 "--from ftp://mirror/: is no http or https address" got "$BITLOOM" data get mnist --data-dir got --from ftp://mirror/
expect_error 2 "http://127.0.0.1:1/train-images-idx3-ubyte.gz: " got/mnist env no_proxy=127.0.0.1 \
  "$BITLOOM" data get mnist --data-dir got --from http://127.0.0.1:1 --retries 0
expect_error 2 "data/mnist/train-images-idx3-ubyte: would be read instead of train-images-idx3-ubyte.gz" "" \
  "$BITLOOM" data get mnist --data-dir data
mkdir -p zipped/mnist && gzip -c data/mnist/train-images-idx3-ubyte >zipped/mnist/train-images-idx3-ubyte.gz
expect_error 2 "zipped/mnist/train-images-idx3-ubyte.gz: is not the published file: its SHA-256 is " "" \
  "$BITLOOM" data get mnist --data-dir zipped
expect_error 2 "download it with \`bitloom data get cifar10\`" "" "$BITLOOM" data show cifar10 --data-dir nowhere

# A class folder with one image that is none.
mkdir -p photos/cat photos/dog
for i in 1 2 3 4; do
  expect_success "$BITLOOM" data show digits --columns $i --out photos/cat/$i.png
  expect_success "$BITLOOM" data show digits --columns $((i + 4)) --out photos/dog/$i.png
done
printf '\377\330\377\340 no more than the first bytes of a JPEG' >photos/dog/broken.jpg
printf 'data: {set: "dir:photos", height: 28, width: 28}\nnetwork: {name: linear}\n' >photos.yaml
expect_error 2 "photos/dog/broken.jpg" runs "$BITLOOM" run photos.yaml
expect_error 2 "photos/dog/broken.jpg" "" "$BITLOOM" data show dir:photos --height 28 --width 28
expect_success "$BITLOOM" data show dir:photos --height 28 --width 28 --skip-corrupt
expect_text err.txt "note: skipped 1 of 9 images, which are corrupt"
expect_text err.txt "note: skipped photos/dog/broken.jpg: "
if [ -x "$(dirname "$BITLOOM")/bitloom-train" ]; then
  expect_success "$BITLOOM" train photos.yaml --skip-corrupt --set train.epochs=1 --set train.batch=2 --out learnt
  expect_text err.txt "note: skipped 1 of 9 images"
  for backend in cpu torch; do
    expect_error 2 "photos/dog/broken.jpg" "" "$BITLOOM" eval learnt/models/float.onnx --data dir:photos --backend $backend
    expect_success "$BITLOOM" eval learnt/models/float.onnx --data dir:photos --backend $backend --skip-corrupt
    expect_text err.txt "note: skipped photos/dog/broken.jpg: "
  done
  expect_success "$BITLOOM" run photos.yaml --skip-corrupt --set train.epochs=1 --set train.batch=2 --set quantize.max_drop=100 --out whole
  told=$(grep -c "note: skipped 1 of 9" err.txt)
  [ "$told" = 1 ] || fail "bitloom run says $told times what it skipped"
fi

# A network too big for its part: found out before the training; says by how much.
expect_error 1 "does not fit" runs "${run[@]}" --set hardware.target=stream:ice40up5k
expect_text err.txt "too many"

# Tools that are not installed.
mkdir empty
expect_error 2 "verilator" runs env PATH="$scratch/empty" "${run[@]}" --set hardware.target=stream:xczu3eg

# Output folders. Root may write everywhere, so a read-only and a full file system are mounted, where this may be done.
mkdir mine && echo precious >mine/file
expect_error 2 "mine: exists and holds no run of bitloom; choose another --out" "" "${run[@]}" --out mine
expect_text mine/file precious
mkdir full readonly
if unshare -m true 2>/dev/null; then
  on_mount() { unshare -m bash -c 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"' - "$@"; }
  expect_error 2 "No space left on device" "" on_mount size=32k full "${run[@]}" --out full/run
  expect_error 2 "Read-only file system" "" on_mount ro readonly "${run[@]}" --out readonly/run
else
  echo "SKIPPED: full and read-only file systems (this user may not mount)"
fi

finish
