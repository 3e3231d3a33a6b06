#pragma once

#include "ir/op.h"

namespace bitloom {

/// What the reductions share, ONNX ReduceSum and its kin: y = f(the elements of x that differ along `axes` only).
/// Floats are accumulated in double and rounded once. Integers are exact: an unquantized result that leaves its type is
/// refused at run time. y has x's axes without the reduced ones, or with length 1 in their place.
class Reduction : public Op {
 public:
  std::vector<int> axes;  ///< ascending; none for a scalar only
  bool keep_dims = true;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axes.empty() || axes.front() != 0; }

 protected:
  using IntegerFunction = std::int64_t (*)(std::span<const std::int64_t> x);
  virtual double reduce(std::span<const double> x) const = 0;
  virtual IntegerFunction integer_function() const = 0;  ///< null: floats only
  virtual bool selects()
      const = 0;  ///< f is always one of its arguments, so that quantized integers keep their meaning
};

/// The reduction by `Function`, which says f by its member functions `of`: of doubles, and of integers where that is of
/// use.
template <class Function>
struct Reduce final : OpBase<Reduce<Function>, Reduction> {
  static constexpr std::string_view kName = Function::kName;

 private:
  double reduce(std::span<const double> x) const override { return Function::of(x); }
  Reduction::IntegerFunction integer_function() const override {
    if constexpr (requires(std::span<const std::int64_t> x) { Function::of(x); }) return Function::of;
    return nullptr;
  }
  bool selects() const override { return Function::kSelects; }
};

namespace reductions {

struct L1 {  // sum of |x|
  static constexpr std::string_view kName = "ReduceL1";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
};
struct L2 {  // sqrt(sum of x^2)
  static constexpr std::string_view kName = "ReduceL2";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
};
struct LogSum {  // log(sum of x)
  static constexpr std::string_view kName = "ReduceLogSum";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
};
struct LogSumExp {  // log(sum of exp(x)), computed from the largest x on, so that it does not overflow
  static constexpr std::string_view kName = "ReduceLogSumExp";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
};
struct Max {  // a NaN wins, to be seen
  static constexpr std::string_view kName = "ReduceMax";
  static constexpr bool kSelects = true;
  static double of(std::span<const double> x);
  static std::int64_t of(std::span<const std::int64_t> x);
};
struct Mean {
  static constexpr std::string_view kName = "ReduceMean";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
};
struct Min {  // a NaN wins, to be seen
  static constexpr std::string_view kName = "ReduceMin";
  static constexpr bool kSelects = true;
  static double of(std::span<const double> x);
  static std::int64_t of(std::span<const std::int64_t> x);
};
struct Prod {
  static constexpr std::string_view kName = "ReduceProd";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
  static std::int64_t of(std::span<const std::int64_t> x);
};
struct Sum {
  static constexpr std::string_view kName = "ReduceSum";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
  static std::int64_t of(std::span<const std::int64_t> x);
};
struct SumSquare {  // sum of x^2
  static constexpr std::string_view kName = "ReduceSumSquare";
  static constexpr bool kSelects = false;
  static double of(std::span<const double> x);
};

}  // namespace reductions

using ReduceL1 = Reduce<reductions::L1>;
using ReduceL2 = Reduce<reductions::L2>;
using ReduceLogSum = Reduce<reductions::LogSum>;
using ReduceLogSumExp = Reduce<reductions::LogSumExp>;
using ReduceMax = Reduce<reductions::Max>;
using ReduceMean = Reduce<reductions::Mean>;
using ReduceMin = Reduce<reductions::Min>;
using ReduceProd = Reduce<reductions::Prod>;
using ReduceSum = Reduce<reductions::Sum>;
using ReduceSumSquare = Reduce<reductions::SumSquare>;

}  // namespace bitloom
