"""BlacklistService: keeps the customers that a corp, or one of its members, does not want in any customer group."""
