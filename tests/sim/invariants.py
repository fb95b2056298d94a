"""The invariants INV-1 to INV-7 of schemas/law.md, over a model that has read a journal."""
import model as M


def check(model):
    """None, or what is broken."""
    days = sorted({f["on"] for f in model.facts})
    for key in model.by_key:
        state = model.fold(key)
        if state["status"] == "open":
            parent = M.parent_of(key)
            above = model.fold(parent) if parent else None
            if parent and above is None:
                return "INV-4: %s is open, its parent %s was never granted" % (key, parent)
            if parent and above["status"] == "closed" and not (M.gov_level1(parent) and above["heir"]):
                return "INV-4: %s is open, its parent %s is closed" % (key, parent)
        elif not any(f["op"] & {"CLOSE", "VOID"} for f in model.facts_of(key)):
            return "INV-3: %s is closed by no act" % key
        grants = [f for f in model.facts_of(key) if "ISSUE" in f["op"]]
        if len(grants) != 1:
            return "INV-1: %s was granted %d times" % (key, len(grants))
        closings = [f for f in model.facts_of(key) if "CLOSE" in f["op"]]
        if len(closings) > 1:
            return "INV-2: %s was closed %d times" % (key, len(closings))
        closed = None
        for day in days:
            at = model.fold(key, day)
            if at and at["status"] == "closed":
                closed = closed or at["closedOn"]
                if at["organizationId"] != state["organizationId"]:
                    return "INV-1: %s changed hands after it was closed" % key
            elif at and closed:
                return "INV-2: %s is open again" % key
    for subject in set(model.subjects):
        if model.versions[subject] != model.subjects.count(subject):
            return "INV-5: versions of %s have a hole" % subject
    return None
