-- Registered schemes, or the one of id $1: columns of engine/read.h's read_scheme.
select scheme, issuer, grammar, description, version, act from scheme where $1::text is null or scheme = $1 order by scheme
