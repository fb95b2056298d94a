#!/usr/bin/python3
"""Writes unassigned.def: the code points that Unicode 14.0 does not assign (general category Cn), as ranges.

    python3 common/base/unassigned.py > common/base/unassigned.def

The table is pinned: whether a text is accepted must not change with the Unicode version of a library. Hence the
script runs only under a Python whose unicodedata is 14.0.0 (Python 3.11), and a test compares its output.
"""
import sys
import unicodedata


def ranges():
    first = None
    for point in range(0x110001):
        unassigned = point < 0x110000 and unicodedata.category(chr(point)) == "Cn"
        if unassigned and first is None:
            first = point
        elif not unassigned and first is not None:
            yield first, point - 1
            first = None


def main():
    if unicodedata.unidata_version != "14.0.0":
        sys.exit("needs a Python with Unicode 14.0.0, this one has " + unicodedata.unidata_version)
    print("/* Made by unassigned.py from Unicode 14.0.0: X(first, last), in order. */")
    for first, last in ranges():
        print(f"X(0x{first:X}, 0x{last:X})")


main()
