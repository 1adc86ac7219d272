"""Which ops of a function run where, as TensorFlow executes it.

The graphs are those that TensorFlow hands out of its executors, after placement and its own
optimizations; the plugin's clusters are opened.
"""

import collections

import tensorflow as tf
from tensorflow.core.framework import graph_pb2, types_pb2
from tensorflow.python.eager import context
from tensorflow.python.framework import op_def_registry

# What may run on the CPU beside MLC: iterators and data sets, strings and summaries, and what
# computes nothing but goes where the ops that it serves are.
ALLOWED_PREFIXES = ("Iterator", "Dataset", "Optional", "String", "WriteSummary")
ALLOWED_OPS = {
    "_Arg",
    "_HostRecv",
    "_HostSend",
    "_Recv",
    "_Retval",
    "_Send",
    "AnonymousIteratorV3",
    "AsString",
    "DeleteIterator",
    "MultiDeviceIteratorGetNextFromShard",
    "NoOp",
    "PlaceholderWithDefault",
    "PrintV2",
    "Assert",
    "Const",
    "Enter",
    "Exit",
    "Identity",
    "Merge",
    "NextIteration",
    "Switch",
}


def type_of(node):
    """The node's type attributes as text: "float32", "float32,int32", "" where it has none."""
    op_def = op_def_registry.get(node.op)
    if op_def is None:
        return ""
    names = [attr.name for attr in op_def.attr if attr.type == "type" and attr.name in node.attr]
    return ",".join(types_pb2.DataType.Name(node.attr[n].type)[3:].lower() for n in names)


def is_allowed(node):
    return (
        node.op in ALLOWED_OPS
        or node.op.startswith(ALLOWED_PREFIXES)
        or "string" in type_of(node).split(",")
    )


def nodes_by_device(function):
    """{device type: Counter of (op, types)} of every graph that `function()` runs."""
    context.enable_run_metadata()
    try:
        context.export_run_metadata()  # what ran before goes
        function()
        graphs = context.export_run_metadata().function_graphs
    finally:
        context.disable_run_metadata()
    nodes = collections.defaultdict(collections.Counter)
    for graph in graphs:
        for part in graph.partition_graphs:
            bodies = [part.node, *(f.node_def for f in part.library.function)]
            for node in [n for body in bodies for n in body]:
                device = tf.DeviceSpec.from_string(node.device).device_type or "unplaced"
                nodes[device][node.op, type_of(node)] += 1
                if node.op == "_MlcCluster":
                    inside = graph_pb2.GraphDef.FromString(node.attr["nodes"].s)
                    nodes["clusters"].update((n.op, type_of(n)) for n in inside.node)
                elif device not in ("MLC", "unplaced") and not is_allowed(node):
                    nodes["hidden"][node.op, type_of(node)] += 1
    return nodes
