"""What can be said of codes, dates and acts without a registry: the words that the model is written in."""
import datetime
import hashlib
import json
import re
import unicodedata

RULES = ("ACCOUNT FORM IDEMPOTENT GRAMMAR SCHEME ENTERPRISE INFO DECISION ORDER ACTREF ROOT AUTHORITY UNKNOWN CLOSED "
         "UNIQUE PARENT CHILDREN SAMENAME ACYCLIC FULL").split()
# Slugs begin with the rule's name in lower case, but for these.
SLUG_RULES = {"conflict": "IDEMPOTENT", "grammar-code": "GRAMMAR"}
INFO_FIELDS = "name nameEn shortName type address email phone fax website legacyCode".split()
CONTACT = "address email phone fax website".split()
LIMITS = {"email": 254, "phone": 50, "fax": 50, "website": 2000}
DAY = 86400000
KINDS = ("established contact_updated renamed recoded merged split dissolved closed corrected annulled "
         "scheme_registered").split()
FIXED_KINDS = ("corrected", "annulled", "scheme_registered")
HELD_MAX = 10000
CODES_MAX = 10000
EDGES_MAX = 20000
# Of what needs the registry, what refuses an announced act at once, beside ROOT and ACTREF.
REFUSED_BEFORE = ("unique-granted", "unique-twice", "closed-regrant", "closed-code", "full-codes")


def slug_rule(slug):
    return SLUG_RULES.get(slug) or slug.split("-")[0].upper()


def parse_time(text):
    moment = datetime.datetime.fromisoformat(text)
    delta = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return delta // datetime.timedelta(milliseconds=1)


def date_at(instant):
    """The day (ISO text, which sorts) at +07:00."""
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=(instant + 7 * 3600000) // DAY)).isoformat()


def date_start(day):
    return (datetime.date.fromisoformat(day) - datetime.date(1970, 1, 1)).days * DAY - 7 * 3600000


def days_between(later, earlier):
    return (datetime.date.fromisoformat(later) - datetime.date.fromisoformat(earlier)).days


# ---- codes, as text

def gov_valid(code):
    return len(code) <= 35 and re.fullmatch(r"[A-Z][0-9]{2}(\.[A-Z0-9]+)*", code) is not None


def is_level1(code):
    return re.fullmatch(r"[A-Z][0-9]{2}", code) is not None


def enterprise_fault(code):
    if re.fullmatch(r"[0-9]{12}", code):
        return "enterprise-personal"
    match = re.fullmatch(r"([0-9]{10})(?:-([0-9]{3}))?", code)
    if not match:
        return "enterprise-form"
    head, branch = match.groups()
    if head[2:9] == "0000000":
        return "enterprise-sequence"
    value = 10 - sum(w * int(d) for w, d in zip((31, 29, 23, 19, 17, 13, 7, 5, 3), head)) % 11
    if value == 10:
        return "enterprise-none"
    if value != int(head[9]):
        return "enterprise-check"
    return "enterprise-branch" if branch == "000" else None


def grammar_match(items, code):
    if len(code) > 35:
        return False
    pattern = ""
    for item in items:
        if "literal" in item:
            pattern += re.escape(item["literal"])
        else:
            pattern += "[" + item["class"] + "]{%d,%d}" % (item["min"], item["max"])
    return re.fullmatch(pattern, code) is not None


def key_of(scheme, code):
    return code if scheme in ("gov", "enterprise") else scheme + ":" + code


def scheme_of(key):
    if ":" in key:
        return key.split(":")[0]
    return "enterprise" if key[:1].isdigit() else "gov"


def parent_of(key):
    scheme = scheme_of(key)
    if scheme == "gov":
        return key.rpartition(".")[0] or None
    if scheme == "enterprise":
        return key[:10] if "-" in key else None
    return None


def below(key, above):
    parent = parent_of(key)
    while parent is not None:
        if parent == above:
            return True
        parent = parent_of(parent)
    return False


def level1_of(key):
    return key.split(".")[0]


def gov_level1(key):
    return scheme_of(key) == "gov" and is_level1(key)


# ---- acts, as data

def normalized(value):
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [normalized(v) for v in value]
    if isinstance(value, dict):
        return {k: normalized(v) for k, v in value.items()}
    return value


def full_form(act):
    """The act with every default filled in: what its digest is taken over."""
    act = normalized(act)
    act.pop("publishedAt", None)
    act["actId"] = act["actId"].lower()
    act.setdefault("scheme", "gov")
    act.setdefault("happenedOn", act["effectiveOn"])
    body = act["body"]
    kind = act["kind"]
    for field in {"renamed": ["newBody"], "merged": ["newBody"], "split": ["newBody", "continues"],
                  "dissolved": ["withUnits", "continues"], "closed": ["withUnits"],
                  "scheme_registered": ["amends"]}.get(kind, []):
        body.setdefault(field, False)
    if kind in ("contact_updated", "corrected"):
        body["clear"] = sorted(body.get("clear", []), key=INFO_FIELDS.index)
        body.setdefault("set", {})
    return act


def digest(act):
    return hashlib.sha256(json.dumps(act, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def unit_items(body):
    units = body.get("units")
    return units if isinstance(units, list) else []


def unit_code(unit):
    return unit.get("close") or unit["from"]


def each_code(act):
    """(code, granted) of every code that the act names, in field order, units last."""
    body, kind = act["body"], act["kind"]
    if kind in ("established",):
        yield body["code"], True
    elif kind in ("contact_updated", "closed", "corrected"):
        yield body["code"], False
    elif kind == "renamed":
        yield body["code"], False
        if body.get("newCode") is not None:
            yield body["newCode"], True
    elif kind == "recoded":
        for pair in body["codes"]:
            yield pair["from"], False
            yield pair["to"], True
    elif kind == "merged":
        for code in body["sources"]:
            yield code, False
        yield body["into"]["code"], False
    elif kind == "split":
        yield body["source"], False
        for result in body["results"]:
            yield result["code"], True
    elif kind == "dissolved":
        yield body["code"], False
        for code in body["successors"]:
            yield code, False
    elif kind == "scheme_registered":
        yield body["issuer"], False
    for unit in unit_items(body):
        yield unit_code(unit), False
        if "to" in unit:
            yield unit["to"], True
        if "successor" in unit:
            yield unit["successor"], False


class Faults(list):
    def add(self, slug, code=None):
        self.append((slug, code))

    def rule(self):
        rules = [slug_rule(s) for s, _ in self]
        return min(rules, key=RULES.index) if rules else ""

    def slugs(self):
        return [s for s, _ in sorted(self, key=lambda f: RULES.index(slug_rule(f[0])))]


class Plan:
    """What an act does: for each affected code one entry, in the order of the changes."""

    def __init__(self):
        self.effects = {}  # key -> {"op": set, "org", "given": {}, "clear": set, "heir"}
        self.links = []    # (from, to, continues)
        self.order = []    # keys
        self.types = {}

    def effect(self, key, kind, op=None, **more):
        entry = self.effects.setdefault(key, {"op": set(), "given": {}, "clear": set(), "org": None, "heir": None})
        if key not in self.types:
            self.order.append(key)
            self.types[key] = kind
        if op:
            entry["op"].add(op)
        entry["given"].update(more.get("given", {}))
        if "org" in more:
            entry["org"] = more["org"]
        if "heir" in more:
            entry["heir"] = more["heir"]
