-- reverification/forget: what nobody asks about any more
DELETE FROM reverification WHERE begun_at < $1
