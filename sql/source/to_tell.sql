-- source/to_tell: whose verdicts are to be told of a source that is leased
SELECT tell FROM source WHERE id = $1 AND lease = $2
