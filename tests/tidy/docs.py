"""What is checked of the documents: links, named clauses, fenced blocks, acts in them. Used by tidy.py and tests/quickstart."""
import ast
import importlib.util
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAW = [ROOT / "schemas" / name for name in ("law.md", "acts.md", "contract.md")]
FENCE = re.compile(r"^([ ]*)```(\w*)[ ]*$")
SKIP = re.compile(r"<!-- not run: *(.*?) *-->")
WRITE = re.compile(r"<!-- file: *(\S+) *-->")


class Block:
    """A fenced block: language, text without the indentation of its fence, and what the comment above it says.

    `<!-- not run: REASON -->` above an sh or sql block leaves it out of the test that runs all others; `<!-- file: NAME -->`
    above another block says that the sh blocks find its text in the file NAME.
    """

    def __init__(self, path, line, language, text, comment):
        self.path, self.line, self.language, self.text = path, line, language, text
        skip, write = SKIP.fullmatch(comment), WRITE.fullmatch(comment)
        self.skip = skip.group(1) if skip else None
        self.file = write.group(1) if write else None

    @property
    def script(self):
        """Shell lines that run it; None when it is not to be run."""
        if self.skip is not None or self.language not in ("sh", "sql"):
            return None
        text = self.text if self.language == "sh" else f"psql -v ON_ERROR_STOP=1 \"$ORGCODE_PG\" <<'END_OF_SQL'\n{self.text}END_OF_SQL\n"
        return f"echo '--- {self.where}'\n{text}"

    @property
    def where(self):
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def blocks(path):
    found, open_at, before = [], None, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence and open_at is None:
            open_at, indent, language, text = number, fence.group(1), fence.group(2), []
        elif fence:
            found.append(Block(path, open_at, language, "".join(f"{t}\n" for t in text), before))
            open_at, before = None, ""
        elif open_at is not None:
            text.append(line.removeprefix(indent))
        else:
            before = line.strip()
    return found


def check_blocks(documents):
    found = []
    spec = importlib.util.spec_from_file_location("json_schema_test", ROOT / "tests/unit/json_schema_test.py")
    schemas = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(schemas)
    schema = schemas.Schema(str(ROOT / "schemas/json/act.schema.json"))
    for path in documents:
        for block in blocks(path):
            if block.language not in ("sh", "sql", "text", "json", "jsonl", "python"):
                found.append(f"{block.where}: a block is sh, sql, text, json, jsonl or python")
            if block.skip is not None and (block.language not in ("sh", "sql") or len(block.skip) < 10):
                found.append(f"{block.where}: `not run` is for sh and sql blocks, and says why")
            if block.language in ("json", "jsonl"):
                texts = [block.text] if block.language == "json" else block.text.splitlines()
                for value in map(json.loads, texts):
                    found += [f"{block.where}: {f}" for f in schema.faults(value)] if "kind" in value else []
    return found


def check_links(documents):
    found = []
    for path in documents:
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in target and not (path.parent / target).exists():
                found.append(f"{path.relative_to(ROOT)}: {target} is not there")
    return found


def clauses():
    """{clause: file}, and what is wrong with their numbering: a head has 1, 2, 3... in one file."""
    found, problems, last = {}, [], {}
    for path in LAW:
        text = path.read_text(encoding="utf-8")
        for name, number in re.findall(r"^(?:- |#+ )([A-Z][A-Z0-9]*)-([0-9]+)\b", text, re.M):
            clause = f"{name}-{number}"
            if clause in found:
                problems.append(f"{path.name}: {clause} stands twice")
            elif int(number) != last.get(name, 0) + 1:
                problems.append(f"{path.name}: {clause} comes behind {name}-{last.get(name, 0)}")
            found[clause] = path
            last[name] = int(number)
    return found, problems


def check_clauses(files):
    """Every clause that a document, a test or a comment names is one."""
    found, problems = clauses()
    heads = "|".join(sorted({clause.rpartition("-")[0] for clause in found}, key=len, reverse=True))
    naming = re.compile(rf"(?<![\w.\[/-])((?:{heads})-[0-9]+)\b(?![\w-])")
    for path in files:
        if path.suffix not in (".md", ".case", ".c", ".h", ".def", ".py", ".sql", ".yaml", ".golden"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for clause in naming.findall(line):
                if clause not in found:
                    problems.append(f"{path.relative_to(ROOT)}:{number} names {clause}, which is no clause")
    return problems


def check_tested(files):
    """Every clause of the contract is named by a test: in a test's function, not in the head of its file."""
    found, _ = clauses()
    named = set()
    for path in files:
        if path.suffix != ".py" or "tests" not in path.relative_to(ROOT).parts:
            continue
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named.update(re.findall(r"\bC-[0-9]+\b", "\n".join(lines[node.lineno - 1:node.end_lineno])))
    return [f"{clause} is named by no test" for clause, path in found.items() if path.name == "contract.md" and clause not in named]


def check_cases(files):
    """Each case begins with the clause, or the rule, that it tries."""
    found, _ = clauses()
    heads = {clause.rpartition("-")[0] for clause in found}
    problems = []
    for path in files:
        if path.suffix != ".case":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            case = re.match(r"case ([^:]*):", line)
            if case and case.group(1) not in found and case.group(1) not in heads:
                problems.append(f"{path.relative_to(ROOT)}:{number}: {case.group(1)} is no clause")
    return problems


def check_reasons():
    """Each reason of the programs stands in a clause, by its slug."""
    text = "".join(path.read_text(encoding="utf-8") for path in LAW)
    slugs = re.findall(r'^X\(\w+, RULE_\w+, "([^"]+)"', (ROOT / "common/core/reason.def").read_text(encoding="utf-8"), re.M)
    return [f"no clause names the reason {slug}" for slug in slugs if f"`{slug}`" not in text] + ([] if slugs else ["no reasons found"])
