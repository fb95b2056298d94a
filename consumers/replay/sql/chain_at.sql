-- The hashes of a change and of a receipt: the heads that the chains had behind them. NULL: there is none.
select (select data::json ->> 'hash' from orgcode.change where sequence = $1),
       (select data::json ->> 'hash' from orgcode.receipt where number = $2)
