-- vacation/forget: who was answered before $2 may be answered again
DELETE FROM vacation_reply WHERE account_id = $1 AND replied_at <= $2
