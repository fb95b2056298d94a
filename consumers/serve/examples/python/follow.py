#!/usr/bin/env python3
"""Keeps a local copy of the directory: the snapshot, then the changes, as server-sent events.

    follow.py http://localhost:8080 copy.json [LAST-ID-TO-STOP-AT]
"""
import json
import os
import sys
import time

import requests
import sseclient
from cloudevents.http import from_dict


def load(base, path):
    """The copy as it was left, or a snapshot."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    answer = requests.get(f"{base}/v1/snapshots/latest", headers={"Accept": "application/x-ndjson"}, timeout=600)
    answer.raise_for_status()
    head, *records = map(json.loads, answer.content.splitlines())
    return {"id": head["asOf"]["id"], "records": {key(r): r for r in records}}


def key(record):
    return record["code"] if record["scheme"] in ("gov", "enterprise") else f"{record['scheme']}:{record['code']}"


def save(copy, path):
    """Records and place together: after a crash neither is ahead of the other."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(copy, file, ensure_ascii=False)
    os.replace(path + ".new", path)


def take(copy, event):
    if event["id"] <= copy["id"]:
        return  # known: a repeat changes nothing
    if event.data["record"] is not None and not event["subject"].startswith("scheme:"):
        copy["records"][event["subject"]] = event.data["record"]
    copy["id"] = event["id"]


def main(base, path, last=None):
    copy = load(base, path)
    while last is None or copy["id"] < last:
        try:
            stream = requests.get(f"{base}/v1/changes/stream", stream=True, timeout=60,
                                  headers={"Accept": "text/event-stream", "Last-Event-ID": copy["id"]})
            stream.raise_for_status()
            for message in sseclient.SSEClient(stream).events():
                if message.event == "change":
                    take(copy, from_dict(json.loads(message.data)))
                    save(copy, path)
                elif message.event == "reset":  # another epoch: begin again
                    os.path.exists(path) and os.remove(path)
                    copy = load(base, path)
                    break
                if last is not None and copy["id"] >= last:
                    break
        except requests.RequestException as error:
            print(f"{error}; again in a second", file=sys.stderr)
            time.sleep(1)
    save(copy, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
