"""Writes docs/ops.md, the table of ops, as the device library tells it.

    op_table.py            writes the page
    op_table.py --check    complains when the page is not what it would be, for `make lint`

Rows, dtypes and host memory come from kernels/, what runs an op and which attributes its builder
asks for from the programs that the library builds for the cases of tests/kernels/. The library has
to be the one that Bazel built last, staged or installed; without one there is nothing to check by.
"""

import argparse
import ctypes
import filecmp
import hashlib
import json
import pathlib
import re
import site
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "ops.md"
CPU_OPS = ROOT / "docs" / "cpu_ops.json"
CHECKED = ROOT / "build" / "op_table.checked"
LIBRARIES = {
    "tf_mlc_plugin/lib/libtf_mlc_device.so": "tf_mlc_plugin/libtf_mlc_device.so",
    "tf_mlc_plugin/lib/libmlcompute.so": "mlcompute/libmlcompute.so",
}

HEADER = """\
# Ops

Written by `make ops` (`tools/op_table.py`); `make lint` complains when it is out of date. What ops
do differently from TensorFlow's CPU is in [ops_notes.md](ops_notes.md).

- **types**: of each type attribute. *Floats* are float32, float16, bfloat16 and float64; *integers*
  the eight signed and unsigned ones; *numbers* both; *all* bool too. *Clusters*: TensorFlow has a
  kernel for any device for the type, so ours serves in clusters alone.
- **known**: inputs whose contents are part of the program; a new value is a new program. They and
  those *in host* memory are not copied from the device.
- **attributes**: those that change what is computed, types aside.
- **runs as**: the operations of the op's program and what the portable backend runs each with:
  oneDNN's primitives, vector *loops*, or the plain loops of the *reference*. Where types differ in
  that, for each; what has no operation is known when the program is built, or is its input. oneDNN
  takes other types on other processors; this is one with {isa}.
- **cluster**: whether a part of a function that is compiled as a whole can hold the op. *Only* says
  that TensorFlow has a kernel for any device, and that our row serves nowhere else.

"""

VARIABLES = """
## On variables

TensorFlow lets no kernel but its own read or write a variable. These ops are placed with their
variable, and functions and eager calls replace them by a read, ops of the table above or of the
CPU, and an assignment.
"""

CPU = """
## On the CPU

What Keras's models and TensorFlow's random functions use and MLC has no kernel for.
"""

FLOATS = ["float32", "float16", "bfloat16", "float64"]
INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
GROUPS = {
    "all": {*FLOATS, *INTEGERS, "bool"},
    "numbers": {*FLOATS, *INTEGERS},
    "floats": {*FLOATS},
    "integers": {*INTEGERS},
}
ORDER = [*FLOATS, *INTEGERS, "bool"]
KINDS = {"onednn": "oneDNN", "loop": "loop", "reference": "reference"}

# Attributes that no builder has to ask for.
WITHOUT_EFFECT = {
    "N": "the number of inputs",
    "grad_a": "a hint",
    "grad_b": "a hint",
    "grad_x": "a hint",
    "grad_y": "a hint",
    "message": "for people",
    "num": "the number of outputs",
    "sorted": "they always are",
    "use_cudnn_on_gpu": "about another device",
    "validate_indices": "indices are always checked",
}


def built_library():
    """The folder of packages that holds what Bazel built last, or None."""
    folders = [ROOT / "build" / "site-packages", *map(pathlib.Path, site.getsitepackages())]
    for folder in folders:
        pairs = [(folder / ours, ROOT / "bazel-bin" / built) for ours, built in LIBRARIES.items()]
        if all(a.exists() and b.exists() and filecmp.cmp(a, b, False) for a, b in pairs):
            return folder
    return None


def fingerprint(folder):
    """Of all that the page is made of, and of the page."""
    digest = hashlib.sha256()
    files = [folder / name for name in LIBRARIES]
    files += sorted((ROOT / "tests" / "kernels").glob("*.py"))
    files += [ROOT / "tests" / "sweep" / "registry.py", pathlib.Path(__file__), CPU_OPS, PAGE]
    for file in files:
        if file.exists():
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Argument(ctypes.Structure):
    """MlcArgument of tf_mlc_plugin/device/entry.h."""

    _fields_ = [
        ("dtype", ctypes.c_int),
        ("rank", ctypes.c_int),
        ("dims", ctypes.POINTER(ctypes.c_int64)),
        ("contents", ctypes.c_void_p),
    ]


class Library:
    def __init__(self, folder):
        self.library = ctypes.CDLL(str(folder / "tf_mlc_plugin" / "lib" / "libtf_mlc_device.so"))
        for name in ("MlcOpRows", "MlcExplainNode", "MlcRuntimeInfo"):
            getattr(self.library, name).restype = ctypes.c_size_t

    def text(self, function, *arguments):
        size = function(*arguments, None, ctypes.c_size_t(0))
        buffer = ctypes.create_string_buffer(size)
        function(*arguments, buffer, ctypes.c_size_t(size))
        return buffer.value.decode()

    def instruction_set(self):
        info = self.text(self.library.MlcRuntimeInfo)
        return dict(line.split(" ", 1) for line in info.splitlines())["isa"]

    def rows(self):
        """Of each row: op, whether it is for clusters alone, {attribute: types}, static, host."""
        for line in self.text(self.library.MlcOpRows).splitlines():
            op, place, types, static, host, _ = line.split("\t")
            pairs = [t.split("=") for t in types.split(";") if t]
            yield (
                op,
                place == "cluster",
                {attr: names.split(",") for attr, names in pairs},
                [name for name in static.split(",") if name],
                [name for name in host.split(",") if name],
            )

    def explain(self, node, inputs):
        """(attributes asked for, [(operation, kind)]) of a NodeDef on these arrays."""
        import numpy as np
        import tensorflow as tf

        arrays = [np.ascontiguousarray(v).reshape(np.shape(v)) for v in inputs]
        dims = [(ctypes.c_int64 * max(a.ndim, 1))(*a.shape) for a in arrays]
        arguments = (Argument * max(len(arrays), 1))()
        for argument, array, shape in zip(arguments, arrays, dims, strict=False):
            argument.dtype = tf.as_dtype(array.dtype).as_datatype_enum
            argument.rank = array.ndim
            argument.dims = shape
            argument.contents = array.ctypes.data
        encoded = node.SerializeToString()
        lines = self.text(
            self.library.MlcExplainNode,
            encoded,
            ctypes.c_size_t(len(encoded)),
            arguments,
            ctypes.c_int(len(arrays)),
        ).splitlines()
        fields = [line.split(" ") for line in lines]
        if fields and fields[0][0] == "error":
            raise SystemExit(f"{node.op}: {lines[0]}")
        return (
            {f[1] for f in fields if f[0] == "attribute"},
            [(f[1], f[2]) for f in fields if f[0] == "step"],
        )


def node_def(op, inputs, attrs):
    """The NodeDef of an op with these inputs and attributes; defaults for the others."""
    import numpy as np
    import tensorflow as tf
    from sweep.registry import types_of
    from tensorflow.core.framework import attr_value_pb2, node_def_pb2
    from tensorflow.python.framework import op_def_registry

    op_def = op_def_registry.get(op)
    types = types_of(op, inputs, attrs)
    counts = {
        arg.number_attr: len(value)
        for arg, value in zip(op_def.input_arg, inputs, strict=True)
        if arg.number_attr
    }
    node = node_def_pb2.NodeDef(op=op, name=op)
    for attr in op_def.attr:
        value = attr_value_pb2.AttrValue()
        given = attrs.get(attr.name)
        if attr.type == "type":
            value.type = types[attr.name]
        elif attr.name in counts:
            value.i = counts[attr.name]
        elif given is None:
            value.CopyFrom(attr.default_value)
        elif attr.type == "tensor":
            value.tensor.CopyFrom(tf.make_tensor_proto(given))
        elif attr.type == "list(int)":
            value.list.i.extend(given)
        elif attr.type == "string":
            value.s = given.encode()
        elif attr.type == "bool":
            value.b = given
        elif attr.type == "int":
            value.i = given
        elif attr.type == "float":
            value.f = given
        else:
            raise SystemExit(f"{op}: attribute {attr.name} of kind {attr.type}")
        node.attr[attr.name].CopyFrom(value)
    flat = []
    for value in inputs:
        flat += list(value) if isinstance(value, list) else [value]
    node.input.extend(f"i{i}" for i in range(len(flat)))
    return node, [np.asarray(v) for v in flat]


def shape_functions():
    """(op, inputs, attrs) of the ops that have rows for clusters alone, and so no cases."""
    import numpy as np

    x, pair = np.ones((2, 1, 3), np.float32), np.array([1, 0], np.int32)
    one = np.int32(1)
    return [
        ("Const", (), {"value": x, "dtype": "float32"}),
        ("Identity", (x,), {}),
        ("StopGradient", (x,), {}),
        ("PreventGradient", (x,), {}),
        ("Reshape", (x, np.array([3, 2], np.int32)), {}),
        ("ExpandDims", (x, one), {}),
        ("Squeeze", (x,), {}),
        ("Shape", (x,), {}),
        ("ShapeN", ([x, x],), {}),
        ("Size", (x,), {}),
        ("Rank", (x,), {}),
        ("BroadcastArgs", (pair + 1, pair + 1), {}),
        ("BroadcastGradientArgs", (pair + 1, pair + 1), {}),
        ("ConcatOffset", (np.int32(0), [pair, pair]), {}),
        ("InvertPermutation", (pair,), {}),
        ("Range", (one, np.int32(4), one), {}),
    ]


def samples():
    """op: [(types, inputs, attrs)], one for each types and attributes that the cases have."""
    import numpy as np
    import tensorflow as tf
    from sweep.registry import types_of
    from test_ops import CASES

    result = {}
    cases = [(c.op, inputs, c.attrs) for c in CASES for inputs in c.runs]
    for op, inputs, attrs in cases + shape_functions():
        flat = tf.nest.flatten(list(inputs))
        if any(np.size(v) == 0 and np.ndim(v) > 1 for v in flat):
            continue  # what is empty needs nothing to run it
        types = {k: tf.as_dtype(v).name for k, v in types_of(op, inputs, attrs).items()}
        known = result.setdefault(op, {})
        key = (*sorted(types.items()), *sorted((k, str(v)) for k, v in attrs.items()))
        known.setdefault(key, (types, inputs, attrs))
    return {op: list(known.values()) for op, known in result.items()}


def type_names(names):
    """The shortest way to say these types."""
    names = set(names)
    for group, members in GROUPS.items():
        if names == members:
            return group
    within = [group for group, members in GROUPS.items() if members < names]
    if within:
        rest = [n for n in ORDER if n in names - GROUPS[within[0]]]
        return ", ".join([within[0], *rest])
    lacking = {g: m - names for g, m in GROUPS.items() if names < m and len(m) > 4}
    group = min(lacking, key=lambda g: len(lacking[g]))
    if len(lacking[group]) <= 2:
        return f"{group} but {', '.join(n for n in ORDER if n in lacking[group])}"
    return ", ".join(n for n in ORDER if n in names)


def steps_text(steps):
    """ "Square, ReduceSum, Sqrt: loop" """
    parts = []
    for operation, kind in dict.fromkeys(steps):
        if parts and parts[-1][1] == kind:
            parts[-1][0].append(operation)
        else:
            parts.append(([operation], kind))
    return "; ".join(f"{', '.join(ops)}: {KINDS[kind]}" for ops, kind in parts)


class Entry:
    """One op of the page."""

    def __init__(self, op):
        self.op = op
        self.types = {}  # attribute: types with a kernel
        self.cluster_types = {}  # attribute: types for clusters alone
        self.kernel = False
        self.static, self.host = {}, {}
        self.asked = set()
        self.ways = {}  # the first type attribute: what runs it
        self.others = {}  # and what else, with other attributes

    def add_row(self, cluster_only, types, static, host):
        self.kernel |= not cluster_only
        target = self.cluster_types if cluster_only else self.types
        for attr, names in types.items():
            target.setdefault(attr, set()).update(names)
        self.static.update(dict.fromkeys(static))
        for name in host:
            self.host.setdefault(name, []).extend(next(iter(types.values()), []))

    def add_sample(self, library, types, inputs, attrs):
        asked, steps = library.explain(*node_def(self.op, inputs, attrs))
        self.asked |= asked
        every = {**self.cluster_types, **self.types}
        first = types[next(iter(every))] if every else None
        usual = self.ways.get(first) or steps
        self.ways[first] = usual
        kinds = {kind for _, kind in steps} - {kind for _, kind in usual}
        self.others.setdefault(first, set()).update(kinds)

    def attributes(self):
        from tensorflow.python.framework import op_def_registry

        names = [a.name for a in op_def_registry.get(self.op).attr if a.type != "type"]
        silent = [n for n in names if n not in self.asked and n not in WITHOUT_EFFECT]
        for name in silent:
            print(f"{self.op}: its builder never asks for {name}", file=sys.stderr)
        return [n for n in names if n in self.asked]

    def types_text(self):
        parts = []
        for attr in {**self.types, **self.cluster_types}:
            own, others = self.types.get(attr, set()), self.cluster_types.get(attr, set())
            text = [type_names(own)] if own else []
            if others - own:
                text.append(f"clusters {type_names(others - own)}")
            parts.append(f"{attr}: {'; '.join(text)}")
        return "<br>".join(parts)

    def ways_text(self):
        groups = {}
        for first, steps in self.ways.items():
            way = steps_text(steps) or "known, or its input"
            kinds = sorted(KINDS[k] for k in self.others[first])
            if kinds:
                way += f" ({' or '.join(kinds)} with some attributes)"
            groups.setdefault(way, []).append(first)
        if len(groups) == 1:
            return next(iter(groups))
        return "<br>".join(f"{type_names(types)}: {way}" for way, types in groups.items())

    def cluster_text(self):
        from tensorflow.python.framework import op_def_registry

        if op_def_registry.get(self.op).is_stateful:
            return "no"
        return "yes" if self.kernel else "only"

    def line(self):
        whole = next(iter(self.types.values()), set())
        hosts = [
            f"{n} in host" + ("" if set(types) >= whole else f" for {type_names(types)}")
            for n, types in self.host.items()
        ]
        known = ", ".join([*self.static, *hosts])
        cells = [
            f"`{self.op}`",
            self.types_text(),
            known,
            ", ".join(self.attributes()),
            self.cluster_text(),
            self.ways_text(),
        ]
        return f"| {' | '.join(cells)} |"


def on_the_cpu(entries):
    """The ops of docs/cpu_ops.json, and gradients of gradients; none of them may have a kernel."""
    from sweep.registry import GRADIENT_ON_CPU

    known = json.loads(CPU_OPS.read_text())
    for gradient in dict.fromkeys(GRADIENT_ON_CPU.values()):
        where = "gradient of " + ", ".join(o for o, g in GRADIENT_ON_CPU.items() if g == gradient)
        known.append({"op": gradient, "types": "", "where": where, "reason": "not written yet"})
    lines = ["| op | types | where | why |", "|---|---|---|---|"]
    for row in known:
        types = {"float": "float32"}.get(row["types"], row["types"])
        own = entries[row["op"]].types.values() if row["op"] in entries else []
        if {types} & set().union(*own) or (types == "any" and own):
            raise SystemExit(f"{CPU_OPS.name} says that {row['op']} has no kernel for {types}")
        lines.append(f"| `{row['op']}` | {types} | {row['where']} | {row['reason']} |")
    return "\n".join(lines)


def on_variables():
    """The ops that have kernels for the sake of their place."""
    from sweep.registry import variable_ops

    return textwrap.fill(", ".join(f"`{op}`" for op in variable_ops()) + ".", 100)


def page(folder):
    sys.path[:0] = [str(folder), str(ROOT / "tests"), str(ROOT / "tests" / "kernels")]
    import tensorflow as tf

    if not tf.config.list_physical_devices("MLC"):
        raise SystemExit(f"TensorFlow finds no MLC device in {folder}")
    library = Library(folder)
    entries = {}
    for op, *row in library.rows():
        if op.startswith(("_", "Mlc")):
            continue
        entries.setdefault(op, Entry(op)).add_row(*row)
    tried = samples()
    for op, entry in entries.items():
        if op not in tried:
            raise SystemExit(f"{op} has no case in tests/kernels")
        for sample in tried[op]:
            entry.add_sample(library, *sample)
    kernels = sum(entry.kernel for entry in entries.values())
    lines = [
        f"{kernels} ops with kernels, {len(entries) - kernels} for clusters alone.",
        "",
        "| op | types | known | attributes | cluster | runs as |",
        "|---|---|---|---|---|---|",
        *(entries[op].line() for op in sorted(entries)),
    ]
    header = HEADER.format(isa=library.instruction_set())
    return "\n".join(
        [header + "\n".join(lines), VARIABLES, on_variables(), CPU, on_the_cpu(entries), ""]
    )


def same(old, new):
    """Whether two pages are equal; of pages for different processors, all but the last column."""

    def processor(text):
        return re.search(r"this is one with (\w+)", text)[1]

    if processor(old) != processor(new):
        old, new = (re.sub(r"with \w+\.$|[^|\n]*\|$", "", t, flags=re.M) for t in (old, new))
    return old == new


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    folder = built_library()
    if folder is None:
        print("docs/ops.md cannot be told without what Bazel built: `make stage` first")
        return not check
    if check and CHECKED.exists() and CHECKED.read_text() == fingerprint(folder):
        return 0
    text = page(folder)
    if not check:
        PAGE.write_text(text)
    elif not PAGE.exists() or not same(PAGE.read_text(), text):
        print("docs/ops.md is out of date: `make ops` writes it")
        return 1
    CHECKED.parent.mkdir(exist_ok=True)
    CHECKED.write_text(fingerprint(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
