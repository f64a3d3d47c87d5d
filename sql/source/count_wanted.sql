-- source/count_wanted: how many sources the verdict of a signer wants
SELECT count(*) AS wanted FROM signer_source WHERE signer_id = $1
