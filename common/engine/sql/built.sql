-- Was anything written after change $2 about a code below the closed code $1, or in a scheme whose authority has passed
-- through $1? Codes of registered schemes, with a colon, have nothing below them. ('.' is followed by '/' and '-' by '.' in byte order, '0' to '9' by ':'.)
with recursive walk (scheme, code) as (
    select scheme, issuer from scheme
    union all
    select 'enterprise' collate "C", 'G05' collate "C"
    union
    select walk.scheme, code.heir
    from walk join code using (code)
    where code.heir is not null
)
select (position(':' in $1::text) = 0
        and (exists (select from code_version
                     where code > $1::text || '.' and code < $1::text || '/' and sequence > $2::bigint)
             or exists (select from code_version
                        where code > $1::text || '-' and code < $1::text || '.' and sequence > $2::bigint)))
    or exists (select from walk
               where walk.code = $1::text
                 and case walk.scheme
                     when 'enterprise' then exists (select from code_version as version
                                                    where version.code >= '0' and version.code < ':' and sequence > $2::bigint)
                     else exists (select from code_version as version
                                  where version.code > walk.scheme || ':' and version.code < walk.scheme || ';'
                                    and sequence > $2::bigint)
                     end)
