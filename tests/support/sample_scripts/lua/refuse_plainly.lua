return redis.error_reply('GG:GONE')
