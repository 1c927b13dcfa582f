"""Run as `python -m api_reference IMAGE PAGE`: IMAGE is what `buf build` makes of the protos, with their comments."""

import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from api_reference.page import page

if __name__ == "__main__":
    image, target = map(Path, sys.argv[1:])
    target.write_text(page(FileDescriptorSet.FromString(image.read_bytes())), "utf-8")
