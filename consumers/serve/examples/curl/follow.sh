#!/usr/bin/env bash
# Keeps a local copy of the directory in a folder, with curl and jq alone: the snapshot, then polls that wait for changes.
#
#     follow.sh http://localhost:8080 FOLDER [LAST-ID-TO-STOP-AT]
#
# FOLDER/records/KEY.json is the record of one code; FOLDER/id is how far the copy has come.
set -euo pipefail
base=$1 folder=$2 last=${3:-}
mkdir -p "$folder/records"

put() # a JSON line {"key", "record"} on each line of the input
{
    local line name
    while IFS= read -r line; do
        name=$(jq -r '.key | @uri' <<<"$line")
        jq -cS .record <<<"$line" >"$folder/new" && mv "$folder/new" "$folder/records/$name.json"
    done
}

if [ ! -s "$folder/id" ]; then
    curl -sSf --compressed "$base/v1/snapshots/latest?format=ndjson" >"$folder/snapshot"
    tail -n +2 "$folder/snapshot" |
        jq -c '{key: (if .scheme == "gov" or .scheme == "enterprise" then .code else "\(.scheme):\(.code)" end), record: .}' | put
    head -n 1 "$folder/snapshot" | jq -r .asOf.id >"$folder/id"
fi
while [ -z "$last" ] || [[ $(<"$folder/id") < $last ]]; do
    # a page again after a crash puts the same records: nothing is lost and nothing doubled
    if ! next=$(curl -sSf -D - -o "$folder/page" -H 'Accept: application/x-ndjson' \
        "$base/v1/changes?after=$(<"$folder/id")&limit=1000&wait=25" | tr -d '\r' | sed -n 's/^[Ff]eed-[Nn]ext: //p'); then
        sleep 1
        continue
    fi
    jq -c 'select(.data.record != null and (.subject | startswith("scheme:") | not)) | {key: .subject, record: .data.record}' "$folder/page" | put
    echo "$next" >"$folder/id.new" && mv "$folder/id.new" "$folder/id"
done
