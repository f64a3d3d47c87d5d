-- address/add: an address leads to an account from now on
INSERT INTO address (address, account_id) VALUES ($1, $2) ON CONFLICT (address, account_id) DO NOTHING
