"""What a Mach-O file for macOS says of itself: its machine and its symbols."""

import struct

# CPU types of Mach-O, loader.h.
CPU_TYPES = {"aarch64": 0x0100000C, "x86_64": 0x01000007}
_MAGIC = 0xFEEDFACF
_SYMTAB, _LOAD_DYLIB, _ID_DYLIB, _REEXPORT = 0x2, 0xC, 0xD, 0x8000001F
_STAB, _TYPE, _EXTERNAL, _UNDEFINED = 0xE0, 0x0E, 0x01, 0x0
_DYNAMIC_LOOKUP = 0xFE


class MachO:
    """`cpu`; `name`, a library's install name; `needed`, those of the libraries it was linked to;
    `defined`, external symbols; `undefined`, {symbol: install name, or None: found at run time}."""

    def __init__(self, path):
        data = path.read_bytes()
        magic, self.cpu = struct.unpack_from("<II", data)
        if magic != _MAGIC:
            raise ValueError(f"{path} is no Mach-O file of 64 bits")
        self.name, self.needed, self.defined, self.undefined = None, [], set(), {}
        symbols = None
        at = 32
        for _ in range(struct.unpack_from("<I", data, 16)[0]):
            command, size = struct.unpack_from("<II", data, at)
            if command in (_LOAD_DYLIB, _ID_DYLIB, _REEXPORT):
                start = at + struct.unpack_from("<I", data, at + 8)[0]
                text = data[start : at + size].split(b"\0")[0].decode()
                if command == _ID_DYLIB:
                    self.name = text
                else:
                    self.needed.append(text)
            elif command == _SYMTAB:
                symbols = struct.unpack_from("<IIII", data, at + 8)
            at += size
        if symbols:
            self._read_symbols(data, *symbols)

    def _read_symbols(self, data, offset, count, strings, _):
        for i in range(count):
            text, kind, _, desc, _ = struct.unpack_from("<IBBHQ", data, offset + 16 * i)
            if kind & _STAB or not kind & _EXTERNAL:
                continue
            name = data[strings + text : data.index(b"\0", strings + text)].decode()
            if kind & _TYPE != _UNDEFINED:
                self.defined.add(name)
                continue
            ordinal = desc >> 8
            by_name = 0 < ordinal <= len(self.needed) and ordinal != _DYNAMIC_LOOKUP
            self.undefined[name] = self.needed[ordinal - 1] if by_name else None
