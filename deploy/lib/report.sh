# What the quick start prints at its end: read from PostgreSQL and from the topics, as anybody could.
# shellcheck shell=bash

report_sql() { psql -XAtq -v ON_ERROR_STOP=1 -F $'\t' -d "$ORGCODE_PG" "$@"; }
report_topic_end() { kcat -Q -b "$ORGCODE_BOOTSTRAP" -t "$ORGCODE_PREFIX.$1:0:-1" 2>/dev/null | sed 's/.*offset //'; }

# Is everything in the journal decided, and is every change sent?
report_settled()
{
    local next sequence
    IFS=$'\t' read -r next sequence < <(report_sql -c 'select next_offset, sequence from orgcode.place')
    [ "$next" -ge "$(report_topic_end journal)" ] &&
        [ "$(report_last_sent sequence)" = "$sequence" ]
}
report_last_sent()
{
    kcat -C -q -e -b "$ORGCODE_BOOTSTRAP" -t "$ORGCODE_PREFIX.notify.place" -p 0 -o beginning -f '%s\n' 2>/dev/null |
        tail -1 | grep -o "\"$1\":[0-9]*" | cut -d: -f2
}
report_wait() { wait_for 60 report_settled || die "the registry does not catch up" "See deploy/quickstart status and $ORGCODE_HOME/log."; }

# The three things that a second run leaves as they were.
report_place()
{
    report_sql <<'END' | sed 's/^/    /'
select 'feed head          ' || lpad(epoch::text, 2, '0') || '-' || lpad(sequence::text, 20, '0') from orgcode.place;
select 'digest of changes  ' || encode(change_head, 'hex') from orgcode.place;
select 'digest of receipts ' || encode(receipt_head, 'hex') from orgcode.place;
END
    echo "    journal end        $(report_topic_end journal)"
}

report_heading() { printf '\n%s\n' "$1"; }

report_verdicts()
{
    report_heading "What became of the acts (all receipts, by verdict and rule):"
    report_sql <<'END' | awk -F '\t' '{ printf "    %6d  %s%s\n", $3, $1, $2 == "" ? "" : " by rule " $2 }'
select data::json->>'verdict', coalesce(data::json->>'rule', ''), count(*)
from orgcode.receipt group by 1, 2 order by min(verdict), 3 desc, 2
END
}

# One change of each of these types, the last: headers, then the beginning of the value.
report_changes()
{
    report_heading "A few changes as they stand on $ORGCODE_PREFIX.changes (headers, then the beginning of the JSON value):"
    kcat -C -q -e -b "$ORGCODE_BOOTSTRAP" -t "$ORGCODE_PREFIX.changes" -p 0 -o beginning -f 'key %k\t%h\t%s\n' 2>/dev/null |
        awk -F '\t' '
            match($2, /ce_type=[^,]*/) {
                type = substr($2, RSTART + 8, RLENGTH - 8)
                if (type ~ /merged|took_over|closed|recoded/) last[type] = $0
            }
            END {
                for (type in last) {
                    split(last[type], part, "\t")
                    gsub(/,/, ", ", part[2])
                    printf "    %s: %s\n        %s...\n", part[1], part[2], substr(part[3], 1, 300)
                }
            }'
}

# Hà Giang (H22) was merged into Tuyên Quang (H60) on 1 July 2025.
report_closed()
{
    report_heading "What became of the province H22, which was closed:"
    report_sql <<'END' | sed 's/^/    /'
select c.code || ' ' || c.name || ': open from ' || c.issued_on || ', closed on ' || c.closed_on
from orgcode.code c where c.code = 'H22';
select '  became ' || s.to_code || ' ' || c.name || ' on ' || s.on_date
from orgcode.succession s join orgcode.code c on c.code = s.to_code
where s.from_code = 'H22' and s.undone_sequence is null order by s.to_code;
select '  its unit ' || s.from_code || ' goes on as ' || s.to_code || ' ' || c.name || ' from ' || s.on_date
from orgcode.succession s join orgcode.code c on c.code = s.to_code
where s.from_code like 'H22.%' and s.undone_sequence is null order by s.from_code collate "C";
END
}

report_next()
{
    report_heading "How to go on:"
    cat <<END
    $(serve_url)/                            the directory: open it in a browser
    curl $(serve_url)/v1/organizations/H60   the same for programs
    eval "\$(deploy/quickstart env)"                    addresses and programs for this shell
    orgcode-publish --help                             publish acts of your own; schemas/acts.md has their form,
                                                       schemas/samples/ has examples
    orgcode-topics H05                                 topics for one more authority
    kcat -C -b "\$ORGCODE_BOOTSTRAP" -t $ORGCODE_PREFIX.changes       follow the changes
    psql "\$ORGCODE_PG"                                 the directory: tables in schema orgcode
    deploy/quickstart status | stop | start | clean    logs are in $ORGCODE_HOME/log
END
}

report()
{
    report_verdicts
    report_changes
    report_closed
    report_heading "Where the registry stands:"
    report_place
    report_next
}
