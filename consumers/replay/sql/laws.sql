-- From which change on each later version of the law is in force.
select version, sequence from law order by version
