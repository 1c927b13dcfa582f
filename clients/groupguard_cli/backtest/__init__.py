"""`groupguard backtest`: what a rule would have done."""
