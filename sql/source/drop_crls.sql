-- source/drop_crls: CRLs of a URL that say nothing which a newer one does not say
DELETE FROM revocation_evidence WHERE digest = ANY ($1) AND source = $2
