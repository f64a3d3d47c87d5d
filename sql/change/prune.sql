-- change/prune: forgets the changes of an account after state $3 up to $4. Who knows the newest state of a data type goes on
-- from it, however old it is.
WITH moved AS (
    UPDATE data_type_state SET oldest = least($4, state)
    WHERE account_id = $1 AND oldest < least($4, state)
)
DELETE FROM change WHERE account_id = $1 AND data_type = ANY ($2) AND state > $3 AND state <= $4
