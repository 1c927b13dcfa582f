"""`groupguard statistics`: what rules did."""
