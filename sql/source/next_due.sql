-- source/next_due: when a source that nobody has is due next
SELECT min(due_at) AS due_at FROM source WHERE leased_until IS NULL OR leased_until <= $1
