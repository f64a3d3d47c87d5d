-- weakness/accepted: before when what is weak is accepted
SELECT name, accepted_before FROM weak_algorithm
