-- upkeep/undo: what followed the rehearsal never happened
ROLLBACK TO SAVEPOINT rehearsal
