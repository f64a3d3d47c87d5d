-- outgoing/next_due: when the next message is due
SELECT due_at FROM outgoing ORDER BY due_at LIMIT 1
