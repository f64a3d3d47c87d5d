-- vapid/read: the key by which push services know this server
SELECT private_key FROM vapid_key
