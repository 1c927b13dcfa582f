"""RuleService: keeps rules, the group registry and the bindings between them."""
