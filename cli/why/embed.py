#!/usr/bin/env python3
"""Makes a C array of a file: embed.py IN OUT NAME"""
import sys

source, out, name = sys.argv[1:]
with open(source, "rb") as f:
    data = f.read() + b"\0"
rows = [", ".join(str(b) for b in data[i:i + 20]) for i in range(0, len(data), 20)]
with open(out, "w") as f:
    f.write(f"static const char {name}[] = {{\n\t" + ",\n\t".join(rows) + "\n};\n")
