-- Registered schemes by id ($1).
select scheme, issuer, grammar, description, version, act from scheme where scheme = any ($1::text[])
