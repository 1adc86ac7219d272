"""Writes the headers of mlcompute/framework/MLCompute from tables of facts.

tests/facts/mlcompute_declarations.json has the declarations (collected from bindings that others
published of the framework), tests/facts/mlcompute_enums.json the enumerations' values. With --check
the files are compared instead of written. clang-format-16 is needed.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "mlcompute/framework/MLCompute"

SUMMARIES = {
    "MLCDevice": "where graphs run. Here every device computes on the CPU",
    "MLCPlatform": "what the whole process has: the seed of random numbers",
    "MLCTensorDescriptor": "element type and shape. Shapes are row-major, outermost axis first; "
    "strides are in bytes. nil for more than 4 axes or empty ones",
    "MLCTensorData": "somebody else's bytes, which must outlive their use",
    "MLCTensorOptimizerDeviceData": "an optimizer's state on a device; opaque",
    "MLCTensor": "a value of graphs: an input or result without data, a parameter with",
    "MLCTensorParameter": "a tensor that an optimizer may update, and whether it does",
    "MLCGraph": "layers applied to tensors. A node that cannot be made is nil",
    "MLCInferenceGraph": "graphs made ready to run forward",
    "MLCTrainingGraph": "graphs made ready to be trained; to be compiled before an inference graph "
    "of the same layers",
    "MLCActivationDescriptor": "an elementwise function and its parameters",
    "MLCConvolutionDescriptor": "how a convolution moves. Arrays are [y, x] or one number",
    "MLCPoolingDescriptor": "how a pooling window moves. Arrays are [y, x] or one number",
    "MLCEmbeddingDescriptor": "size and bounds of a table of rows",
    "MLCLSTMDescriptor": "sizes and results of an LSTM",
    "MLCMatMulDescriptor": "scale and transposes of a product. A copy loses the transposes",
    "MLCMultiheadAttentionDescriptor": "sizes of an attention",
    "MLCLossDescriptor": "a loss and its parameters",
    "MLCYOLOLossDescriptor": "anchor boxes and scales of a detector's loss. A copy has the default "
    "scales",
    "MLCOptimizerDescriptor": "what optimizers have in common",
    "MLCLayer": "a function of tensors, with its parameters. It belongs to one graph",
    "MLCActivationLayer": "x to f(x), elementwise",
    "MLCArithmeticLayer": "elementwise functions of one source or two",
    "MLCBatchNormalizationLayer": "per channel of [N, C, H, W]; all tensors [1, C, 1, 1], else the "
    "layer is empty and makes no node",
    "MLCComparisonLayer": "elementwise; the result is Boolean",
    "MLCConcatenationLayer": "sources one after the other along a dimension, by default 1",
    "MLCConvolutionLayer": "[N, I, H, W] to [N, O, H', W']. Weights [1, O * I / groups, height, "
    "width], biases [1, O, 1, 1], else the layer is empty and makes no node",
    "MLCDropoutLayer": "zeros with probability rate while training",
    "MLCEmbeddingLayer": "rows of a table; first in a graph, on the CPU only",
    "MLCFullyConnectedLayer": "[..., I] or [N, I, 1, 1] to O features. Weights [1, O * I, 1, 1], "
    "in memory [O, I]",
    "MLCGatherLayer": "elements picked along a dimension; sources x and indices",
    "MLCGramMatrixLayer": "[N, C, H, W] to the products of channels, [N, 1, C, C]",
    "MLCGroupNormalizationLayer": "per sample and group of channels of [N, C, H, W]",
    "MLCInstanceNormalizationLayer": "per sample and channel of [N, C, H, W]",
    "MLCLayerNormalizationLayer": "over the last axes; beta and gamma have one axis",
    "MLCLossLayer": "how far predictions are from labels of their shape",
    "MLCYOLOLossLayer": "the loss of an object detector; one number for each sample",
    "MLCLSTMLayer": "long short-term memory over [N, T, C]. Gates: input, forget, cell, output",
    "MLCMatMulLayer": "products of the last two axes",
    "MLCMultiheadAttentionLayer": "attention of several heads over [N, T, C]. Weights: query, "
    "key, value, output",
    "MLCPaddingLayer": "rows and columns around [N, C, H, W]. One amount; or left and right; or "
    "top, bottom, left, right",
    "MLCPoolingLayer": "one number for each window of [N, C, H, W]",
    "MLCReductionLayer": "one number of many; reduced axes have size 1",
    "MLCReshapeLayer": "the same elements in another shape",
    "MLCScatterLayer": "elements written along a dimension; sources x, indices, what to copy",
    "MLCSelectionLayer": "condition ? x : y; sources condition, x, y",
    "MLCSliceLayer": "from start to before end in steps of stride",
    "MLCSoftmaxLayer": "along a dimension, by default 1",
    "MLCSplitLayer": "parts along a dimension",
    "MLCTransposeLayer": "axes in another order; axis 0 stays",
    "MLCUpsampleLayer": "[N, C, H, W] with another [H, W]",
    "MLCOptimizer": "how training changes parameters",
    "MLCSGDOptimizer": "stochastic gradient descent, with momentum perhaps",
    "MLCAdamOptimizer": "adaptive moments",
    "MLCAdamWOptimizer": "Adam with decoupled weight decay: the descriptor's regularization scale",
    "MLCRMSPropOptimizer": "gradients divided by their recent magnitude",
}

# Classes whose state is the implementation's; the others keep a variable for each property.
OPAQUE = {
    "MLCTensor",
    "MLCTensorParameter",
    "MLCGraph",
    "MLCTensorOptimizerDeviceData",
}
HAS_OBJECT = OPAQUE | {"MLCTensorDescriptor", "MLCLayer", "MLCOptimizer"}
WITHOUT_VARIABLES = OPAQUE | {"MLCInferenceGraph", "MLCTrainingGraph"}
# What the implementation keeps beside them.
EXTRA = {
    "MLCTensorData": ["void (^_deallocator)(void *bytes, NSUInteger length);"],
    "MLCTensorParameter": ["MLCTensor *_tensor;"],
}

UNDERLYING = {
    "LSTMResultMode": ("NS_ENUM", "uint64_t"),
    "GraphCompilationOptions": ("NS_OPTIONS", "uint64_t"),
    "ExecutionOptions": ("NS_OPTIONS", "uint64_t"),
}

# PyObjC leaves out how many there are: one more than the largest value.
COUNTED = (
    "ActivationType ArithmeticOperation ComparisonOperation DataType DeviceType LossType "
    "PoolingType RandomInitializerType ReductionType"
).split()

DESCRIBED = (
    "ActivationType ArithmeticOperation ComparisonOperation ConvolutionType GradientClippingType "
    "LSTMResultMode LossType PaddingPolicy PaddingType PoolingType ReductionType SampleMode "
    "SoftmaxOperation"
).split()

NOTICE = "// Written by tools/framework_headers.py."


def facts(name):
    return json.loads((ROOT / f"tests/facts/mlcompute_{name}.json").read_text())


def file_text(name, comment, imports, body, bounds=True):
    lines = [f"// {name}.h: {comment}.", NOTICE, "#pragma once", "", *imports, ""]
    inside = ["NS_ASSUME_NONNULL_BEGIN", "", *body, "", "NS_ASSUME_NONNULL_END"]
    return "\n".join(lines + (inside if bounds else body)) + "\n"


def types_header():
    body = ["@class MLCTensor;", ""]
    for name, members in facts("enums")["enums"].items():
        macro, base = UNDERLYING.get(name, ("NS_ENUM", "int32_t"))
        body.append(f"typedef {macro}({base}, MLC{name}) {{")
        body += [f"  MLC{name}{member} = {value}," for member, value in members.items()]
        if name in COUNTED:
            body.append(f"  MLC{name}Count = {max(members.values()) + 1},")
        body += ["};", ""]
    body += [
        "// Called once for each execution that was accepted: with the loss or the last node's",
        "// result, or with an error. executionTime, in seconds, is measured when profiling is",
        "// asked for.",
        "typedef void (^MLCGraphCompletionHandler)(",
        "    MLCTensor *__autoreleasing _Nullable resultTensor, NSError *_Nullable error,",
        "    NSTimeInterval executionTime);",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
    ]
    body += [f"NSString *MLC{name}DebugDescription(MLC{name} value);" for name in DESCRIBED]
    body += ["#ifdef __cplusplus", "}", "#endif"]
    return file_text(
        "MLCTypes",
        "enumerations, and what handlers are called with",
        ["#import <Foundation/Foundation.h>", "#import <MLCompute/MLCDefines.h>"],
        body,
    )


def versions(macos):
    number = {"11.0": "14.0", "11.3": "14.5", "12.0": "15.0"}[macos]
    return f"macos({macos}), ios({number}), tvos({number})"


def variable(declaration):
    """An instance variable for a property."""
    kind, name = re.fullmatch(r"@property \([^)]*\) (.*?)(\w+);", declaration).groups()
    return f"{kind}_{name};"


def class_header(name, row):
    text = json.dumps(row)
    names = sorted(set(re.findall(r"\bMLC\w+", text)) & set(SUMMARIES) - {name, row["superclass"]})
    imports = ["#import <Foundation/Foundation.h>"]
    imports.append(
        f"#import <MLCompute/{row['superclass']}.h>"
        if row["superclass"] != "NSObject"
        else "#import <MLCompute/MLCTypes.h>"
    )
    body = [f"@class {', '.join(names)};"] if names else []
    if "MTLDevice" in text:
        body.append("@protocol MTLDevice;")
    protocols = f" <{', '.join(row['protocols'])}>" if row["protocols"] else ""
    variables = ["void *_object;"] if name in HAS_OBJECT else []
    if name not in WITHOUT_VARIABLES:
        variables += [variable(p["declaration"]) for p in row["properties"] if not p["of_class"]]
    variables += EXTRA.get(name, [])
    body += [
        "",
        f"MLCOMPUTE_CLASS_AVAILABLE_STARTING({versions(row['macos'])})",
        f"@interface {name} : {row['superclass']}{protocols}" + (" {" if variables else ""),
    ]
    if variables:
        body += [" @package", *variables, "}"]
    for member in row["properties"] + row["methods"]:
        later = member.get("macos", row["macos"])
        if later == row["macos"]:
            body.append(member["declaration"])
        else:
            body.append(
                f"{member['declaration'][:-1]} MLCOMPUTE_AVAILABLE_STARTING({versions(later)});"
            )
    for member in row["unavailable"]:
        body.append(f"{member[0]} (instancetype){member[1:]} MLCOMPUTE_UNAVAILABLE;")
    body.append("@end")
    return file_text(name, SUMMARIES[name], imports, body)


DEFINES = file_text(
    "MLCDefines",
    "since when something is there",
    ["#ifdef __APPLE__", "#import <os/availability.h>", "#endif"],
    """\
#if defined(__APPLE__) && !defined(MLCOMPUTE_HIDE_AVAILABILITY)
#define MLCOMPUTE_CLASS_AVAILABLE_STARTING(...) API_AVAILABLE(__VA_ARGS__)
#define MLCOMPUTE_AVAILABLE_STARTING(...) API_AVAILABLE(__VA_ARGS__)
#else
#define MLCOMPUTE_CLASS_AVAILABLE_STARTING(...)
#define MLCOMPUTE_AVAILABLE_STARTING(...)
#endif

// GNUstep's NS_UNAVAILABLE is nothing, and its other two may be missing.
#define MLCOMPUTE_UNAVAILABLE __attribute__((unavailable))
#ifndef NS_ASSUME_NONNULL_BEGIN
#define NS_ASSUME_NONNULL_BEGIN _Pragma("clang assume_nonnull begin")
#define NS_ASSUME_NONNULL_END _Pragma("clang assume_nonnull end")
#endif""".splitlines(),
    bounds=False,
)


def formatted(text, name):
    return subprocess.run(
        ["clang-format-16", f"--assume-filename={FOLDER / name}"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def headers():
    classes = facts("declarations")["classes"]
    found = {f"{name}.h": class_header(name, row) for name, row in classes.items()}
    found["MLCTypes.h"] = types_header()
    found["MLCDefines.h"] = DEFINES
    found["MLCompute.h"] = file_text(
        "MLCompute",
        "all of the framework",
        [],
        [f"#import <MLCompute/{name}>" for name in sorted(found)],
        bounds=False,
    )
    return {name: formatted(text, name) for name, text in found.items()}


def main():
    different = 0
    for name, text in headers().items():
        file = FOLDER / name
        if file.exists() and file.read_text() == text:
            continue
        different = 1
        if "--check" in sys.argv:
            print(f"{file.relative_to(ROOT)} is not what tools/framework_headers.py writes")
        else:
            file.write_text(text)
    return different if "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
