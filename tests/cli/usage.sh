#!/usr/bin/env bash
# The command line itself: help, version, misspelt words, and that starting bitloom does not load LibTorch or libcurl.
. "${BITLOOM_SOURCE_DIR:?}/tests/lib/expect.sh"

expect_success "$BITLOOM" --help
for command in run train quantize sensitivity eval inspect compile verify synth data recipe serve; do
  expect_text out.txt "$command"
  expect_success "$BITLOOM" $command --help
  expect_success "$BITLOOM" --help
done
expect_success "$BITLOOM" --version
expect_text out.txt "bitloom 0."
for command in list get show; do
  expect_success "$BITLOOM" data --help
  expect_text out.txt "$command"
  expect_success "$BITLOOM" data $command --help
done
expect_success "$BITLOOM" recipe
expect_text out.txt "learning_rate"

expect_error 2 "unknown command 'inpsect'; did you mean 'inspect'?" "" "$BITLOOM" inpsect model.onnx
expect_error 2 "unknown option '--jsno'; did you mean '--json'?" "" "$BITLOOM" inspect model.onnx --jsno
expect_error 2 "MODEL is required" "" "$BITLOOM" inspect
expect_error 2 "missing.onnx: cannot read: No such file or directory" "" "$BITLOOM" inspect missing.onnx
expect_error 2 "missing.yaml" runs "$BITLOOM" run missing.yaml

cases=$((cases + 1))
if ldd "$BITLOOM" | grep -qE 'libtorch|libc10|libcurl|libarchive'; then fail "bitloom links what only its helpers need"; fi
finish
