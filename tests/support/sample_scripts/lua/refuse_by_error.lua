error('GG:RAISED {"limit": 3}', 0)
