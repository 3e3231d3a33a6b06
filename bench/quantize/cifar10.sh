#!/usr/bin/env bash
# ResNet-20, DenseNet-21 and MobileNetV2 of width 0.5 on CIFAR-10 at 8, 4 and 2 bits: trains each in float, quantizes it after training and
# trains it through its quantization; prints the top-1 of the integer networks on all test images, and of the simulated ones where training
# made them. Run again, it goes on where it was stopped: hours on one thread.
#
#   bench/quantize/cifar10.sh DATA_DIR RUNS [NETWORK...]
#
#   DATA_DIR  holds cifar10/
#   RUNS      where the networks are kept
#   NETWORK   resnet20, densenet21, mobilenetv2; default: all three
set -euo pipefail
. "$(dirname "$0")/networks.sh"
set=cifar10 all=(resnet20 densenet21 mobilenetv2)
read_arguments "$@"

# trained_settings BITS  of $network, beside recipes/cifar10-resnet20-lsq.yaml
trained_settings() {
  case $network-$1 in
    resnet20-4) echo quantized_training.{epochs=2,freeze_scales=1,freeze_batch_norm=1} ;;
    densenet21-4) echo quantized_training.{epochs=2,freeze_scales=0,freeze_batch_norm=0} ;;
    resnet20-2) echo augment.pad=0 quantized_training.{epochs=6,freeze_scales=5,freeze_batch_norm=0,learning_rate=0.03} ;;
    densenet21-2) echo augment.pad=0 quantized_training.{epochs=8,freeze_scales=7,freeze_batch_norm=0,learning_rate=0.03} ;;
  esac
  echo "quantize.weight_bits=$1 quantize.activation_bits=$1"
}

for network in "${networks[@]}"; do
  case $network in
    resnet20) float=$(trained_float resnet20 cifar10-resnet20) ;;
    densenet21) float=$(trained_float densenet21 cifar10-densenet21) ;;
    mobilenetv2) float=$(trained_float mobilenetv2 cifar10-densenet21 network.name=mobilenetv2 network.width_multiplier=0.5 train.weight_decay=0.0002) ;;
    *) echo "no network '$network' here" >&2; exit 2 ;;
  esac
  figure float top1 "$float" --backend cpu
  figure 8 after_training "$float"
  if [ "$network" = mobilenetv2 ]; then
    figure '8, powers of two a layer' after_training "$float" --per-tensor --power-of-two
    figure '8, powers of two, --equalize' after_training "$float" --per-tensor --power-of-two --equalize
    figure '8, powers of two, both repairs' after_training "$float" --per-tensor --power-of-two --equalize --correct-bias
    continue
  fi
  figure '4, trained' trained_through "$network-4" "$float" cifar10-resnet20-lsq $(trained_settings 4)
  figure '2, trained' trained_through "$network-2" "$float" cifar10-resnet20-lsq $(trained_settings 2)
done
