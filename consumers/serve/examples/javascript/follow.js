// Keeps a local copy of the directory: the snapshot, then the changes, as server-sent events.
//
//     node follow.js http://localhost:8080 copy.json [LAST-ID-TO-STOP-AT]
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { CloudEvent } from "cloudevents";
import { EventSource } from "eventsource";

const [base, path, last] = process.argv.slice(2);

const key = (r) => (["gov", "enterprise"].includes(r.scheme) ? r.code : `${r.scheme}:${r.code}`);

async function snapshot() {
  const answer = await fetch(`${base}/v1/snapshots/latest`, { headers: { Accept: "application/x-ndjson" } });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  const [head, ...records] = (await answer.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  return { id: head.asOf.id, records: Object.fromEntries(records.map((r) => [key(r), r])) };
}

// Records and place together: after a crash neither is ahead of the other.
function save(copy) {
  writeFileSync(`${path}.new`, JSON.stringify(copy));
  renameSync(`${path}.new`, path);
}

let copy = existsSync(path) ? JSON.parse(readFileSync(path)) : await snapshot();
save(copy);

function follow() {
  // The library comes again by itself, with Last-Event-ID.
  const source = new EventSource(`${base}/v1/changes/stream?after=${copy.id}`);
  const end = () => {
    if (last && copy.id >= last) source.close();
  };
  source.addEventListener("change", (message) => {
    const event = new CloudEvent(JSON.parse(message.data));
    if (event.id <= copy.id) return; // known: a repeat changes nothing
    if (event.data.record && !event.subject.startsWith("scheme:")) copy.records[event.subject] = event.data.record;
    copy.id = event.id;
    save(copy);
    end();
  });
  source.addEventListener("bookmark", end);
  source.addEventListener("reset", async () => { // another epoch: begin again
    source.close();
    copy = await snapshot();
    follow();
  });
}
follow();
