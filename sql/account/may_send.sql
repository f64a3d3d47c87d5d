-- account/may_send: whether the operator lets an account send
SELECT may_send FROM account WHERE id = $1
