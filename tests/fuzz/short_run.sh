#!/usr/bin/env bash
# A minute of fuzzing from the seeds alone, the same each time: what `ctest -R onnx/fuzz` runs.
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
"$(dirname "$0")/../fuzz_onnx.sh" --corpus "$corpus" 60s
