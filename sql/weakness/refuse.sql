-- weakness/refuse: what is weak is accepted at no time
DELETE FROM weak_algorithm WHERE name = $1
