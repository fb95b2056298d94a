-- Is there a schema $1?
select to_regnamespace(quote_ident($1::text)) is not null
