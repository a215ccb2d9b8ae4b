# SPDX-License-Identifier: Apache-2.0
"""Writes hostile.zip: whole archives in one zip, whose tensors, pickles or code lie. Needs nothing but Python."""
import io
import os
import struct
import zipfile

CODE = """class Net(Module):
  __parameters__ = []
  __buffers__ = []
  def forward(self: __torch__.Net, x: Tensor) -> Tensor:
    return %s
"""
STATE = """class Net(Module):
  __parameters__ = []
  __buffers__ = []
  w : Tensor
  def forward(self: __torch__.Net, x: Tensor) -> Tensor:
    return torch.add(x, torch.sum(self.w))
"""
PLAIN = b"\x80\x02c__torch__\nNet\n)\x81}(ub."


def number(n):
    return b"\x8a\x08" + struct.pack("<q", n)


def numbers(*ns):
    return b"(" + b"".join(map(number, ns)) + b"t"


def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def tensor(offset, size, stride):
    """A tensor over storage 0, which holds four numbers."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + number(4) + b"tQ"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + numbers(*size) + numbers(*stride)
            + b"\x89ccollections\nOrderedDict\n)RtR")


def archive(code, constants=b"\x80\x02).", module=PLAIN):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in (("data.pkl", module), ("code/__torch__.py", code), ("constants.pkl", constants),
                           ("constants/0", struct.pack("<4f", 1, 2, 3, 4)), ("data/0", bytes(16)), ("version", "10\n")):
            z.writestr(zipfile.ZipInfo("net/" + name), data)
    return out.getvalue()


def constant(*what):
    return archive(CODE % "torch.add(x, torch.sum(CONSTANTS.c0))", b"\x80\x02(" + tensor(*what) + b"t.")


def attribute(*what):
    return archive(STATE, module=b"\x80\x02c__torch__\nNet\n)\x81}(" + text("w") + tensor(*what) + b"ub.")


files = {
    "good": constant(0, (2, 2), (2, 1)),
    "good_attribute": attribute(0, (2, 2), (2, 1)),
    "large": constant(0, (1000, 1000), (1000, 1)),
    "large_attribute": attribute(0, (1000, 1000), (1000, 1)),
    "far": constant(1 << 40, (2, 2), (2, 1)),
    "below": constant(0, (4,), (-1,)),
    "before": constant(-1, (4,), (1,)),
    "wrapped": constant(0, (1 << 62, 8), (8, 1)),
    "raises": archive(CODE % "torch.reshape(x, [-1, 7, 0])"),
    "memory": archive(CODE % "torch.zeros([1099511627776, 1024])"),
    "no_forward": archive("class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n"),
    "no_code": archive("def"),
    "empty_pickle": archive(CODE % "x", module=b""),
    "cut_pickle": archive(CODE % "x", module=PLAIN[:-4]),
    "other_object": archive(CODE % "x", module=b"\x80\x02K\x01."),
    "list_constants": archive(CODE % "CONSTANTS.c0", b"\x80\x02]."),
}
with zipfile.ZipFile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile.zip"), "w", zipfile.ZIP_DEFLATED) as z:
    for name, data in files.items():
        z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
