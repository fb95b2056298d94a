#!/usr/bin/python3
"""openapi.json and asyncapi.json beside the YAML, as orgcode-serve gives them: references to other files written out.

With --check: exit code 1 unless what is there is what would be made. The build takes the JSON and needs no Python.
"""
import json
import pathlib
import sys

import yaml

FOLDER = pathlib.Path(__file__).resolve().parent


def load(path):
    text = path.read_text(encoding="utf-8")
    return yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)


def written_out(node, path, root):
    """The node with every reference that leads to another file, or lies in one, replaced by what it points to."""
    if isinstance(node, list):
        return [written_out(item, path, root) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and (path != root or not reference.startswith("#")):
        name, _, pointer = reference.partition("#")
        other = (path.parent / name).resolve() if name else path
        found = load(other)
        for part in filter(None, pointer.split("/")):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return written_out(found, other, root)
    return {key: written_out(value, path, root) for key, value in node.items()
            if not (path != root and key in ("$defs", "$schema", "$id"))}


def made(name):
    root = (FOLDER / f"{name}.yaml").resolve()
    return json.dumps(written_out(load(root), root, root), ensure_ascii=False, indent=1) + "\n"


def problems():
    return [f"schemas/api/{name}.json differs from what make_json.py makes" for name in ("openapi", "asyncapi")
            if not (FOLDER / f"{name}.json").exists() or (FOLDER / f"{name}.json").read_text(encoding="utf-8") != made(name)]


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        found = problems()
        print("\n".join(found) or "up to date")
        sys.exit(bool(found))
    for document in ("openapi", "asyncapi"):
        (FOLDER / f"{document}.json").write_text(made(document), encoding="utf-8")
