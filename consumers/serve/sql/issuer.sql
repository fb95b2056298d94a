-- Who issues the codes of scheme $1.
select issuer from scheme where scheme = $1::text
