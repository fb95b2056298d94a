-- Every record that code $1 was given, in the order in which the directory came to know it, with the change that gave it; behind
-- ($2 sequence, $3 day), at most $4. First the columns of organization.sql.
select version.code, version.status, 0::smallint, null::text, version.version, organization_id, issued_on, closed_on, null::date,
       valid_from, version.heir, 0, 0, name, name_en, short_name, version.type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total,
       version.sequence, op is null, change.type, act_id, recorded_ms, data::json ->> 'kind', data::json ->> 'authority'
from code_version as version join change on change.sequence = version.sequence
where version.code = $1::text and (version.sequence, valid_from) > ($2::bigint, $3::date)
order by version.sequence, valid_from
limit $4::integer
