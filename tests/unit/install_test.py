#!/usr/bin/python3
"""`cmake --install` puts programs, man pages, schemas, tables and documents where a distribution would.

    install_test.py <build folder>    exit code 1 when something is missing, or is where it should not be
"""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ["orgcode-publish", "orgcode-validate", "orgcode-apply", "orgcode-notify", "orgcode-replay", "orgcode-serve", "orgcode-topics"]
WANTED = [
    *(f"bin/{name}" for name in PROGRAMS), *(f"share/man/man1/{name}.1" for name in PROGRAMS),
    "share/orgcode/avro/act.avsc", "share/orgcode/json/act.schema.json", "share/orgcode/json/change.schema.json",
    "share/orgcode/json/receipt.schema.json", "share/orgcode/api/asyncapi.yaml", "share/orgcode/samples/expected.json",
    *(f"share/orgcode/sql/{p.name}" for p in (ROOT / "schemas/sql").glob("*.sql")),
    *(f"share/doc/orgcode/{name}" for name in ("README.md", "CHANGELOG.md", "LICENSE", "producers/README.md", "consumers/README.md",
                                               "deploy/README.md")),
    *(f"lib/systemd/system/{name}" for name in ("orgcode-validate@.service", "orgcode-apply.service", "orgcode-notify.service", "orgcode-serve.service", "orgcode.target")),
    "share/orgcode/tls/tls", "share/orgcode/tls/ca.cnf", "share/orgcode/postgres/accounts.sql",
    *(f"share/doc/orgcode/schemas/{name}" for name in ("law.md", "acts.md", "contract.md", "rules.golden")),
]
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"]


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                                                                                         "MANPAGER": "cat", "MANWIDTH": "120"})


def problems(build, prefix):
    done = run("cmake", "--install", build, "--prefix", prefix)
    if done.returncode:
        return [done.stderr or done.stdout]
    files = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if p.is_file()}
    found = [f"{name} is missing" for name in WANTED if name not in files]
    found += [f"{name} should not be there" for name in sorted(files) if name.endswith((".py", ".o", ".a", ".h", ".txt", ".c"))
              or name.split("/")[0] not in ("bin", "share", "lib")]
    for name in PROGRAMS:
        version = run(prefix / "bin" / name, "--version")
        if version.returncode or name not in version.stdout:
            found.append(f"{name} --version: {version.stdout}{version.stderr}")
        page = prefix / "share/man/man1" / f"{name}.1"
        shown = run("man", "--warnings", "-l", page)
        headings = [line for line in shown.stdout.splitlines() if line and not line[0].isspace()]
        if shown.returncode or shown.stderr or [h for h in SECTIONS if h not in headings]:
            found.append(f"man -l {page.name}: {shown.stderr}, headings {headings}")
        if "whatis parse" in run("lexgrog", page).stdout or run("lexgrog", page).returncode:
            found.append(f"{page.name}: its NAME cannot be indexed")
    return found


def main():
    with tempfile.TemporaryDirectory() as folder:
        found = problems(pathlib.Path(sys.argv[1]), pathlib.Path(folder))
    print("\n".join(found) or "installed as it should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
