#!/usr/bin/env bash
# The fully connected networks on MNIST at 8, 4 and 2 bits: trains each in float, quantizes it after training and trains it through its
# quantization; prints the top-1 of the integer networks on all test images, and of the simulated ones where training made them. Run again, it
# goes on where it was stopped.
#
#   bench/quantize/mnist.sh DATA_DIR RUNS [NETWORK...]
#
#   DATA_DIR  holds mnist/
#   RUNS      where the networks are kept
#   NETWORK   default: all six of the Crete thesis, table 5.10
set -euo pipefail
. "$(dirname "$0")/networks.sh"
set=mnist all=(dnn-1200 dnn-800 dnn-300 dnn-30 kl-mlp-teacher kl-mlp-student)
read_arguments "$@"

# float_settings  of $network, beside recipes/mnist-mlp.yaml
float_settings() {
  echo "network.name=$network"
  case $network in kl-mlp-*) echo 'train.milestones=[8,16,24]' ;; esac
}
# int8_options  of $network, after training
int8_options() {
  case $network in
    dnn-800 | kl-mlp-teacher) echo --rounding adaround --calibration mse ;;
    dnn-30) echo --rounding adaround --correct-bias --calibration percentile ;;
    *) echo --correct-bias --calibration percentile ;;
  esac
}
# trained_settings BITS  of $network, beside recipes/mnist-mlp-lsq.yaml
trained_settings() {
  echo "quantize.weight_bits=$1 quantize.activation_bits=$1"
  case $network-$1 in
    dnn-1200-4 | kl-mlp-teacher-4) echo quantized_training.epochs=2 ;;
    dnn-800-2 | kl-mlp-student-2 | dnn-300-2) echo quantized_training.epochs=5 ;;
    dnn-30-4) echo quantized_training.epochs=10 quantized_training.learning_rate=0.002 ;;
    dnn-30-2) echo quantized_training.epochs=20 quantized_training.weight_decay=0.0003 train.average=0.9995 ;;
  esac
}

for network in "${networks[@]}"; do
  float=$(trained_float "$network" mnist-mlp $(float_settings))
  figure float top1 "$float" --backend cpu
  figure 8 after_training "$float" $(int8_options)
  figure 4 after_training "$float" --correct-bias --calibration mse --bits 4,4
  figure '4, trained' trained_through "$network-4" "$float" mnist-mlp-lsq $(trained_settings 4)
  figure '2, trained' trained_through "$network-2" "$float" mnist-mlp-lsq $(trained_settings 2)
done
