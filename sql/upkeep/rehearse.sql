-- upkeep/rehearse: what follows can be undone
SAVEPOINT rehearsal
