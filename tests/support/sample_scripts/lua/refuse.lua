return over_limit(1000, tonumber(ARGV[1]))
