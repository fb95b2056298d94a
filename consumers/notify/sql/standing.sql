-- Where the registry stands, and which one it is.
select registry_id, epoch, sequence, receipt
from orgcode.place
