local function over_limit(limit, asked)
  return refuse('LIMIT', {limit = limit, asked = asked, note = 'two\nlines'})
end
