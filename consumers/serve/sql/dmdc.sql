-- Open government codes of level $1 ($1 = 4: and below), behind code $2, at most $3, as the shared catalogue has them: one JSON
-- object a row, with the code itself beside it for the next page.
select code, json_strip_nulls(json_build_object(
    'MaDinhDanhCap' || least(level, 4), coalesce(legacy_code, code), 'TenDonVi', name, 'DiaChi', address, 'Email', email,
    'SoDienThoai', phone, 'Fax', fax, 'Website', website, 'QdBanHanhQdSuaDoi', decision_number,
    'NgayBanHanhQd', to_char(decision_on, 'DD/MM/YYYY'), 'CoQuanBanHanhQd', decision_by))::text
from code
where status = 1 and code > $2::text and strpos(code, ':') = 0 and code !~ '^[0-9]'
  and case when $1::integer < 4 then level = $1 else level >= 4 end
order by code
limit $3::integer
