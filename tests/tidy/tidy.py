#!/usr/bin/python3
"""House rules that a compiler does not check. Prints one line per check; exit code 1 when one fails.

    tests/tidy/tidy.py [--build FOLDER]

With --build, the option tables of the built programs are compared with the READMEs of their folders.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["base", "core", "codec", "shell", "engine"]
MAY_USE = {
    "base": {"base"},
    "core": {"base", "core"},
    "codec": {"base", "core", "codec"},
    "shell": {"base", "core", "codec", "shell"},
    "engine": {"base", "core", "codec", "shell", "engine"},
}
# libraries by the header that they bring, and the layers that may use them
LIBRARIES = {
    r"librdkafka/": {"shell", "engine", "program"},
    r"libpq": {"shell", "engine", "program"},
    r"microhttpd": {"shell", "program"},
    r"avro": {"codec"},
    r"jansson": {"codec", "program"},
    r"zlib": {"codec", "program"},
    r"utf8proc": {"base"},
    r"openssl/": {"base"},
}
BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|gets|system|strtok|alloca|tmpnam|mktemp|popen|strncpy|rand)\s*\("
BANNED_NUMBERS = r"\b(atoi|atol|atoll|atof)\s*\("  # no way to see a wrong number; the tests' own may
BANNED_CORE = (r"\b(malloc|calloc|realloc|free|strdup|printf|fprintf|puts|time|clock|clock_gettime|gettimeofday|"
               r"localtime|gmtime|getenv|fopen|open|read|write|time_now|time_monotonic|uuid_random|rand|random|setlocale|"
               r"log_\w+|pthread_\w+)\s*\(")
REGISTRIES = ["repo1.maven" + ".org", "repo.maven." + "apache.org", "pypi" + ".org", "files.python" + "hosted.org",
              "registry.npm" + "js.org", "crates" + ".io", "proxy.golang" + ".org", "deb.debian" + ".org", "rubygems" + ".org"]
TEXT = {".c", ".h", ".def", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".sql", ".yml", ".yaml", ".xml", ".avsc", ""}

sys.dont_write_bytecode = True
failures = 0


def report(name, problems, warnings=()):
    global failures
    for warning in warnings:
        print(f"warn  {name}: {warning}")
    for problem in problems:
        print(f"FAIL  {name}: {problem}")
    if problems:
        failures += 1
    else:
        print(f"ok    {name}")


def tracked():
    listing = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             capture_output=True)
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file() and ".run" not in p.parts
                 and "build" not in p.parts and ".git" not in p.parts]
    return [ROOT / name for name in sorted(names) if (ROOT / name).is_file()]


FILES = tracked()
SOURCES = [p for p in FILES if p.suffix in (".c", ".h", ".def")]


def relative(path):
    return str(path.relative_to(ROOT))


def layer_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "common" and len(parts) > 2 and parts[1] in LAYERS:
        return parts[1]
    return "program" if parts[0] in ("producers", "consumers") else None


def without_comments(text):
    """Comments and string literals blanked, line numbers kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1) == "<", found.group(2)


def check_arrows():
    problems = []
    for path in SOURCES:
        layer = layer_of(path)
        if not layer:
            continue
        program = path.relative_to(ROOT).parts[:2]
        for number, angled, name in includes(path):
            where = f"{relative(path)}:{number}"
            if angled:
                for library, users in LIBRARIES.items():
                    if re.match(library, name) and layer not in users:
                        problems.append(f"{where}: {layer} does not use <{name}>")
                continue
            head = name.split("/")[0]
            if layer == "program":
                if ".." in name or (head not in LAYERS and "/" in name and not (ROOT / program[0] / program[1] / name).exists()):
                    problems.append(f"{where}: a program includes common/ or its own folder, not {name}")
            elif head in LAYERS and "/" in name and head not in MAY_USE[layer]:
                problems.append(f"{where}: {layer} must not include {name}")
            elif ".." in name:
                problems.append(f"{where}: no way up in {name}")
    report("includes point downwards", problems)


def grep_code(pattern, paths, skip=()):
    for path in paths:
        text = without_comments(path.read_text(encoding="utf-8"))
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("#"):
                continue
            found = re.search(pattern, line)
            if found and found.group(1) not in skip:
                yield f"{relative(path)}:{number}: {found.group(1)}"


def check_banned():
    programs = [p for p in SOURCES if layer_of(p)]
    report("no banned calls", list(grep_code(BANNED, SOURCES)) + list(grep_code(BANNED_NUMBERS, programs)))
    core = [p for p in SOURCES if layer_of(p) == "core"]
    # registry_open and registry_close own the one struct that stands on the heap
    problems = [p for p in grep_code(BANNED_CORE, core)
                if not re.match(r"common/core/registry\w*\.c:\d+: (malloc|calloc|free)$", p)]
    report("the core has no input, output, clock, log or heap", problems)
    variable = r"[a-z_][\w ]*\*?\s+\**(\w+)(?:\[[^\]]*\])*\s*(?:=.*|;)$"
    outside = re.compile(r"^(?!typedef\b|extern\b|return\b|(?:struct|enum|union)\s+\w*\s*(?:\{|;|$))" + variable)
    inside = re.compile(r"^\s+static\s+" + variable)
    problems = []
    for path in SOURCES:
        if layer_of(path) not in ("base", "core", "codec") or path.suffix != ".c":
            continue
        depth = 0
        for number, line in enumerate(without_comments(path.read_text(encoding="utf-8")).splitlines(), 1):
            if (outside if depth == 0 else inside).match(line) and not re.search(r"\bconst\b", line):
                problems.append(f"{relative(path)}:{number}: {line.strip()}")
            depth += line.count("{") - line.count("}")
    report("no mutable globals in base, core, codec", problems)


def check_registries():
    problems = []
    for path in FILES:
        if path.suffix not in TEXT:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        problems += [f"{relative(path)} names {host}" for host in REGISTRIES if host in text]
    report("no file names a package registry's host", problems)


def check_sizes():
    long_files = []
    for path in SOURCES + [p for p in FILES if p.suffix == ".py"]:
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > 500 and path.suffix != ".def":
            long_files.append(f"{relative(path)} has {lines} lines")
    too_long = [text for text in long_files if int(text.split()[-2]) > 700]
    report("files are of a readable size", too_long, [text for text in long_files if text not in too_long])


def check_headers():
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        print("skip  headers compile alone: no compiler")
        return
    flags = []
    if shutil.which("pkg-config"):
        packages = ["rdkafka", "libpq", "jansson", "avro-c", "libmicrohttpd"]
        got = subprocess.run(["pkg-config", "--cflags", *packages], capture_output=True, text=True)
        flags = got.stdout.split()
    problems = []
    for path in SOURCES:
        if path.suffix != ".h" or layer_of(path) is None:
            continue
        run = subprocess.run([compiler, "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
                              "-fsyntax-only", "-I", str(ROOT / "common"), "-I", str(path.parent), *flags,
                              "-x", "c", "-include", str(path), "/dev/null"], capture_output=True, text=True)
        if run.returncode:
            first = [line for line in run.stderr.splitlines() if "error" in line][:1]
            problems.append(f"{relative(path)}: {first[0] if first else 'does not compile'}")
    report("each header compiles alone", problems)


def check_texts():
    problems = []
    for path in SOURCES + [p for p in FILES if p.suffix in (".py", ".cmake", ".sql")]:
        text = path.read_text(encoding="utf-8")
        if "\t" in text and path.suffix != ".def":
            problems.append(f"{relative(path)} has tabs")
        if text and not text.endswith("\n"):
            problems.append(f"{relative(path)} does not end with a newline")
        if re.search(r"[ \t]+$", text, re.M):
            problems.append(f"{relative(path)} has blanks at a line's end")
    report("no tabs, no trailing blanks", problems)


def check_folders():
    problems = [f"{name}/README.md is missing" for name in ("common", "producers", "consumers", "schemas", "deploy", "tests")
                if (ROOT / name).is_dir() and not (ROOT / name / "README.md").exists()]
    sql = [f"{relative(p)}: no SQL in C beyond BEGIN, COMMIT and the like"
           for p in SOURCES if layer_of(p) in ("engine", "program") and p.name != "migrate.c" and  # it makes the tables
           re.search(r'"\s*(select|insert|update|delete)\s+[a-z*(]', p.read_text(encoding="utf-8"))]
    report("each top folder has a README", problems)
    report("SQL stands in .sql files", sql)


def help_of(program):
    """--help, and that of each sub-command that it lists."""
    text = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
    commands = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
    for name in re.findall(r"^  (\S+)", commands.group(1), re.M) if commands else []:
        text += subprocess.run([program, name, "--help"], capture_output=True, text=True).stdout
    return text


def check_options(build):
    """Every option of --help stands in the README above the program's folder, and the tables there name no other."""
    problems = []
    found = 0
    for folder in ("producers", "consumers", "deploy"):
        all_known, all_options = "", set()
        readme = ROOT / folder / "README.md"
        text = readme.read_text(encoding="utf-8") if readme.exists() else ""
        for part in sorted((ROOT / folder).iterdir()) if (ROOT / folder).is_dir() else []:
            program = build / "bin" / f"orgcode-{part.name}"
            own = part / "README.md"
            if not program.exists():
                continue
            found += 1
            known = text + (own.read_text(encoding="utf-8") if own.exists() else "")
            help_text = help_of(program)
            all_known += known
            all_options |= set(re.findall(r"--[a-z][a-z-]+", help_text))
            for option in sorted(set(re.findall(r"--[a-z][a-z-]+", help_text))):
                if not re.search(rf"(?<![\w-]){option}(?![\w-])", known):
                    problems.append(f"{folder}: {program.name} {option} is not documented")
        tables = "\n".join(re.findall(r"^\| [^|]*--[^|]*\|", all_known, re.M))
        problems += [f"{folder}: {option} is documented, and no program has it"
                     for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", tables)) - all_options)]
    if found:
        report("options are documented", problems)
    else:
        print("skip  options are documented: no built program")


def check_golden(build):
    problems = []
    if sys.version_info[:2] == (3, 11):
        made = subprocess.run([sys.executable, str(ROOT / "common/base/unassigned.py")], capture_output=True, text=True)
        if made.stdout != (ROOT / "common/base/unassigned.def").read_text():
            problems.append("common/base/unassigned.def differs from what unassigned.py makes")
    golden = ROOT / "schemas" / "rules.golden"
    dump = build / "tests/unit/orgcode-rules-dump" if build else None
    if golden.exists() and dump and dump.exists():
        made = subprocess.run([dump], capture_output=True, text=True)
        if made.stdout != golden.read_text(encoding="utf-8"):
            problems.append("schemas/rules.golden differs from what orgcode-rules-dump prints")
    report("golden files are up to date", problems)


def check_documents():
    try:
        import asyncapi
        report("schemas/api holds together, its examples fit", asyncapi.problems() + asyncapi._module(ROOT / "schemas/api/make_json.py").problems())
    except ModuleNotFoundError as e:
        print(f"skip  schemas/api holds together, its examples fit: no module {e.name}")
    import docs
    documents = [p for p in FILES if p.suffix == ".md"]
    report("links in documents lead somewhere", docs.check_links(documents))
    report("blocks in documents have a language, acts in them fit the schema", docs.check_blocks(documents))
    report("each reason stands in a clause", docs.check_reasons())
    report("each clause of the contract is named by a test", docs.check_tested(FILES))
    report("clauses that are named exist", docs.check_clauses(FILES) + docs.check_cases(FILES))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, help="build folder with bin/")
    build = parser.parse_args().build
    check_arrows()
    check_banned()
    check_registries()
    check_sizes()
    check_headers()
    check_texts()
    check_folders()
    check_documents()
    if build:
        check_options(build)
    check_golden(build)
    return 1 if failures else 0


sys.exit(main())
