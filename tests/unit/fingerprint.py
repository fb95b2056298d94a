#!/usr/bin/python3
"""Parsing canonical form and CRC-64-AVRO of a schema, by the text of the Avro specification alone.

    fingerprint.py schemas/avro/act.avsc             prints the fingerprint
    fingerprint.py schemas/avro/act.avsc <header>    exits 1 when the header defines another ACT_FINGERPRINT
"""
import json
import re
import sys

PRIMITIVE = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


def canonical(schema, space=None):
    if isinstance(schema, list):
        return "[" + ",".join(canonical(s, space) for s in schema) + "]"
    if isinstance(schema, str):
        name = schema if schema in PRIMITIVE or "." in schema or not space else space + "." + schema
        return '"%s"' % name
    kind = schema["type"]
    if kind in PRIMITIVE:
        return '"%s"' % kind
    if kind == "array":
        return '{"type":"array","items":%s}' % canonical(schema["items"], space)
    if kind == "map":
        return '{"type":"map","values":%s}' % canonical(schema["values"], space)
    name = schema["name"]
    space = name.rpartition(".")[0] or schema.get("namespace", space)
    full = name if "." in name or not space else space + "." + name
    head = '{"name":"%s","type":"%s"' % (full, kind)
    if kind == "enum":
        return head + ',"symbols":[%s]}' % ",".join('"%s"' % s for s in schema["symbols"])
    if kind == "fixed":
        return head + ',"size":%d}' % schema["size"]
    fields = ('{"name":"%s","type":%s}' % (f["name"], canonical(f["type"], space)) for f in schema["fields"])
    return head + ',"fields":[%s]}' % ",".join(fields)


def fingerprint(data):
    empty = 0xC15D213AA4D7A795
    crc = empty
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (empty if crc & 1 else 0)
    return crc


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        value = "%016x" % fingerprint(canonical(json.load(file)).encode())
    if len(sys.argv) == 2:
        print(value)
        return 0
    with open(sys.argv[2], encoding="utf-8") as file:
        expected = re.search(r"#define ACT_FINGERPRINT 0x([0-9a-f]{16})u", file.read()).group(1)
    if value != expected:
        print("the fingerprint of %s is %s, not %s" % (sys.argv[1], value, expected))
    return 0 if value == expected else 1


if __name__ == "__main__":
    sys.exit(main())
