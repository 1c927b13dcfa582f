"""`groupguard test-rule`: what a rule would find, before it is saved."""
