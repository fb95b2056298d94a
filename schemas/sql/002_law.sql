-- Which version of the law is in force from where on. Version 1 is in force from the beginning and has no row; a control
-- record that puts a later one in force makes one. A change is of the version with the greatest sequence <= its own, a receipt
-- likewise: the version names the form in which they are written.
create table law (
    version  integer primary key,
    record   bigint not null,   -- journal record
    sequence bigint not null,   -- the first change under it, made or to come
    receipt  bigint not null    -- the first receipt
);

-- Rights of the roles.
grant select on law to orgcode_writer, orgcode_notifier, orgcode_reader, orgcode_operator;
grant insert on law to orgcode_writer;
