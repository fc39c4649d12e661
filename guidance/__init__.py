"""How a model is adapted to a domain: phases, routes, rules and formulae as data, and their planner."""
