-- upkeep/standing: when the walk of each task came to its end last
SELECT task, finished_at FROM upkeep_task ORDER BY task
