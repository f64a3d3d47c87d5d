-- blob/count_orphans: how many blobs may be orphaned, $1 of them at most
SELECT count(*) AS orphans FROM (SELECT FROM blob_orphan LIMIT $1) o
