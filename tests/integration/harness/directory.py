"""The directory as a reader without snapshots gets it, and what follows from its records by brute force."""

import re
import unicodedata


def key_of(record):
    return record["code"] if record["scheme"] in ("gov", "enterprise") else f"{record['scheme']}:{record['code']}"


def searched(record):
    """What a search looks through, plain."""
    text = " | ".join([record["info"].get(k, "") for k in ("name", "shortName", "nameEn")] + [key_of(record), record["info"].get("legacyCode", "")])
    apart = unicodedata.normalize("NFD", text).lower().replace("đ", "d")
    return "".join(c for c in apart if not unicodedata.combining(c))


def holds(text, words):
    """Each word as one of the text's, the last as the beginning of one."""
    there = re.split(r"[^a-z0-9.:]+", text)
    return not words or all(word in there for word in words[:-1]) and any(word.startswith(words[-1]) for word in there)


class Directory:
    """All records of the directory by snapshotless means (the list), and what follows from them by brute force."""

    def __init__(self, serve):
        self.serve, self.records = serve, {}
        cursor = {}
        while True:
            page = serve.ask("/v1/organizations", limit=200, **cursor)
            for record in page["organizations"]:
                assert key_of(record) not in self.records
                self.records[key_of(record)] = record
            if "next" not in page:
                return
            cursor = {"cursor": page["next"]}

    def edges(self):
        return [(code, s["code"], s["on"], s["continues"]) for code, r in self.records.items() for s in r["successors"]]

    def heir(self, code):
        record = self.records[code]
        last = [s["code"] for s in record["successors"] if s["on"] == record.get("closedOn")]
        return last[0] if record["status"] == "closed" and len(last) == 1 else None

    def children(self, code, status):
        homes, found = {code}, True
        while found:
            found = {c for c in self.records if c not in homes and self.heir(c) in homes}
            homes |= found
        return {c: r["parent"] for c, r in self.records.items() if r.get("parent") in homes and status in (r["status"], "all")}

    def authority(self, code):
        record = self.records[code]
        first = code.partition(".")[0] if record["scheme"] == "gov" else {"enterprise": "G05", "dang": "H26"}[record["scheme"]]
        while first is not None and self.records[first]["status"] == "closed":
            first = self.heir(first)
        return first

    def resolve(self, code, back):
        """(codes at the ends, edges walked, spin-offs)"""
        seen, todo, walked, aside, ends = {code}, [code], set(), set(), set()
        while todo:
            now = todo.pop()
            record, leads = self.records[now], []
            if back:
                leads = [e for e in self.edges() if e[1] == now]
            else:
                for edge in (e for e in self.edges() if e[0] == now):
                    (leads.append if record["status"] == "closed" and edge[2] == record.get("closedOn") else aside.add)(edge)
            walked |= set(leads)
            if not leads:
                ends.add(now)
            for edge in leads:
                other = edge[0] if back else edge[1]
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return ends, walked, aside
